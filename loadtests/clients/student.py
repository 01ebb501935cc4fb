"""Students of the tutor as bytes: their tokens, and the request for the next lesson."""

from dataclasses import dataclass

from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from server.auth.keys import KeyRing
from server.auth.revocations import Revocations
from server.auth.tokens import Tokens
from server.clock import SystemClock
from server.storage.channels import ShardedChannels
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from tests.support.exams import Exam, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    """One student with a token."""

    user_id: str
    course_id: str
    token: str

    def next(self) -> bytes:
        """The request, as a browser sends it."""
        return (
            f"POST /api/v1/courses/{self.course_id}/next HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {self.token}\r\nAccept: application/json\r\nContent-Length: 0\r\n\r\n"
        ).encode()


async def students_of(database: Database, redis_url: str, school: Exam) -> list[Student]:
    """Every learner with a token, as a sign-in gives it; thousands of passwords would be a bench of Argon2."""
    clock = SystemClock()
    channels = ShardedChannels(redis_url, PrometheusMeters())
    async with KeyRing(database, clock).running() as keys:
        tokens = Tokens(keys, Revocations(database, channels, clock), clock)
        return [
            Student(
                user_id=user,
                course_id=school.course_id,
                token=tokens.access(_who(school, user)),
            )
            for user in school.learners
        ]


def _who(school: Exam, user: str) -> Principal:
    return Principal(
        tenant_id=TenantId(school.tenant_id),
        user_id=UserId(user),
        session_id=SessionId(new_id()),
        roles=frozenset({"student"}),
    )
