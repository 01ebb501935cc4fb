"""What the tutor serves with: lessons that wait, the bytes of items, the group commit of answers, and the asks for more."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from lms.practice import answering
from lms.practice.model import Practice
from server.auth.keys import KeyRing
from server.rest.items import Items
from server.rest.refills import Refills
from server.rest.withdrawn import Withdrawn
from server.storage.channels import ShardedChannels
from server.storage.commit import GroupCommit
from server.storage.lessons import Lessons
from server.storage.postgres import Database
from server.storage.shelf import Shelf
from signaling.context import Clock, SwiftMeters

# Lessons that are being answered in this process.
PLANS_MAX = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tutor:
    """One a process; `plans` are lessons as they were made: whose, and what is asked."""

    lessons: Lessons
    items: Items
    plans: Shelf[Practice]
    answers: GroupCommit[answering.Row, answering.Outcome]
    refills: Refills
    withdrawn: Withdrawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What it is made of."""

    database: Database
    channels: ShardedChannels
    keys: KeyRing
    clock: Clock
    meters: SwiftMeters
    # A lesson waits for its learner so long.
    lists_kept: timedelta = timedelta(days=7)


@contextlib.asynccontextmanager
async def running(means: Means) -> AsyncIterator[Tutor]:
    """Until the block ends; then what still waits is committed."""
    answers: GroupCommit[answering.Row, answering.Outcome] = GroupCommit(
        means.database, answering.flush, meters=means.meters
    )
    refills = Refills(means.database, means.meters)
    withdrawn = Withdrawn(means.database, means.channels, means.clock, lists_kept=means.lists_kept)
    items = Items(withdrawn, means.database, means.keys, means.clock, means.meters)
    async with answers.running(), refills.running(), withdrawn.running():
        yield Tutor(
            lessons=Lessons(means.channels, means.meters),
            items=items,
            plans=Shelf("plans", means.meters, most=PLANS_MAX),
            answers=answers,
            refills=refills,
            withdrawn=withdrawn,
        )
