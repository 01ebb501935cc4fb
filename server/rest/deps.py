"""What the REST API is given by the composition root: everything it touches, and nothing it makes itself."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lms.attempts.model import Desk
from lms.ids import RANDOM_BYTES, uuid7
from server.auth.keys import KeyRing
from server.auth.passwords import Passwords
from server.auth.revocations import Kind, Revocation, Revocations
from server.auth.tokens import Tokens
from server.clock import moment
from server.limits.limiter import Limiter
from server.rest.curriculum import Curriculum
from server.rest.exams import Exams
from server.rest.shapes import IceServer
from server.rest.tutor import Tutor
from server.storage.objects import Objects
from server.storage.playlists import Playlists
from sfu import commands
from signaling.classroom.files import Announce
from signaling.classroom.quizzes import Tell
from signaling.context import Clock, Database, JoinClaims, SwiftMeters


class ClassGateway(Protocol):
    """What REST asks of the live classes; signaling.hub.Hub is one."""

    async def epoch(self, tenant_id: str, class_id: str) -> int:
        """The epoch under which the class runs now (0 before its first owner)."""

    async def close(self, tenant_id: str, class_id: str, by: str) -> None:
        """Tell the owner that the class is over; everyone in it hears so and is cut. Harmless when it is over already."""

    async def announce(self, tenant_id: str, class_id: str, by: str, file: Announce) -> None:
        """Tell the class of a file of this person, once however often it is asked; SignalingError when it cannot be."""

    async def tell_quiz(self, tenant_id: str, class_id: str, by: str, tell: Tell) -> None:
        """Tell the class of a quiz or of its key, once however often it is asked; SignalingError when it cannot be."""

    async def ask_media(self, claims: JoinClaims, request: commands.Request) -> commands.Reply:
        """Pass a request to the SFU of the class in the name of the token's person; SignalingError when it cannot be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deps:
    """One instance a process, made in server/app.py."""

    database: Database
    # A small pool of its own, whose role sees the staged items: reviewers alone are served by it.
    review: Database
    keys: KeyRing
    tokens: Tokens
    revocations: Revocations
    passwords: Passwords
    limiter: Limiter
    objects: Objects
    classes: ClassGateway
    exams: Exams
    tutor: Tutor
    curriculum: Curriculum
    playlists: Playlists
    meters: SwiftMeters
    clock: Clock
    trusted_proxies: Sequence[str] = ()
    ice_servers: Sequence[IceServer] = ()
    socket_path: str = "/socket.io/"

    def now(self) -> datetime:
        """The time, in UTC, to the millisecond."""
        return moment(self.clock.wall_ms())

    def desk(self) -> Desk:
        """What a step of an exam is given: its time is that of exams, never the wall's, and so is the time in its ids."""
        return Desk(now=self.exams.clock.now(), new_id=self._exam_id)

    def revocation(
        self, kind: Kind, tenant_id: str, subject_id: str, class_id: str | None = None
    ) -> Revocation:
        """That this session, person or person's place in a class counts no more from now on; to be noted and announced."""
        return Revocation(
            revocation_id=self.new_id(),
            kind=kind,
            tenant_id=tenant_id,
            subject_id=subject_id,
            class_id=class_id,
            noted_ms=self.clock.wall_ms(),
        )

    def new_id(self) -> str:
        """A new UUIDv7."""
        return uuid7(self.clock.wall_ms(), os.urandom(RANDOM_BYTES))

    def _exam_id(self) -> str:
        """As partitions are by the clock of exams: an id of another year would have none."""
        at_ms = int(self.exams.clock.seconds() * 1000)
        return uuid7(at_ms, os.urandom(RANDOM_BYTES))
