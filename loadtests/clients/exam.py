"""Learners of an exam as bytes: their tokens, their starts, and answer after answer."""

import itertools
from dataclasses import dataclass, field

import msgspec

from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from loadtests.clients.http import request
from server.auth.keys import KeyRing
from server.auth.revocations import Revocations
from server.auth.tokens import Tokens
from server.clock import SystemClock
from server.storage.channels import ShardedChannels
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from tests.support.exams import Exam, new_id

# What an answer is like, by the kind of its item; the peer is sent the same.
VALUES: dict[str, object] = {
    "single_choice": "b",
    "multiple_choice": ["a", "c"],
    "true_false": True,
    "short_text": "a short answer of some words",
    "numeric": {"number": "3.20", "unit": "m"},
    "matching": {"l1": "r1", "l2": "r2"},
    "ordering": ["c", "a", "b", "d"],
    "cloze": {"g1": "words", "g2": "x"},
    "essay": "An essay that is being typed. " * 20,
    "file_upload": ["019b0000-0000-7000-8000-000000000000"],
}


@dataclass(kw_only=True)
class Learner:
    """One learner with a token; `items` are known after the start."""

    token: str
    attempt_id: str = ""
    items: list[tuple[str, bytes]] = field(default_factory=list)
    seqs: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def start(self, assessment_id: str) -> bytes:
        """The request that starts the exam."""
        return request("POST", f"/api/v1/assessments/{assessment_id}/attempts", self.token, b"{}")

    def started(self, body: bytes) -> None:
        """Take in what the exam asks."""
        paper = msgspec.json.decode(body)
        self.attempt_id = paper["id"]
        self.items = [
            (item["id"], msgspec.json.encode(VALUES[item["kind"]])) for item in paper["items"]
        ]

    def answer(self) -> bytes:
        """The next answer, to one item after the other."""
        seq = next(self.seqs)
        item, value = self.items[seq % len(self.items)]
        path = f"/api/v1/attempts/{self.attempt_id}/answers/{item}"
        body = b'{"opening":1,"seq":%d,"value":%s}' % (seq, value)
        return request("PUT", path, self.token, body)


async def signed_in(database: Database, redis_url: str, exam: Exam) -> list[Learner]:
    """Every learner of the exam with a token, as a sign-in gives it; thousands of passwords would be a bench of Argon2."""
    clock = SystemClock()
    channels = ShardedChannels(redis_url, PrometheusMeters())
    async with KeyRing(database, clock).running() as keys:
        tokens = Tokens(keys, Revocations(database, channels, clock), clock)
        return [Learner(token=tokens.access(_who(exam, user))) for user in exam.learners]


def _who(exam: Exam, user: str) -> Principal:
    return Principal(
        tenant_id=TenantId(exam.tenant_id),
        user_id=UserId(user),
        session_id=SessionId(new_id()),
        roles=frozenset({"student"}),
    )
