"""What exams run on: their clock, the group commits of answers and of refused tries, and the beats of their pages."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from lms import audit
from lms.attempts import answering
from server.exam_clock import ExamClock
from server.rest.refused import REFUSED_MAX, RefusedTries
from server.storage.beats import Beats
from server.storage.commit import GroupCommit
from server.storage.postgres import Database
from server.storage.redis import Client
from signaling.context import Meters


@dataclass(frozen=True, slots=True, kw_only=True)
class Exams:
    """One a process."""

    clock: ExamClock
    answers: GroupCommit[answering.Row, answering.Outcome]
    refused: RefusedTries
    beats: Beats


@contextlib.asynccontextmanager
async def running(
    database: Database, redis: Client, steady: Callable[[], float], meters: Meters
) -> AsyncIterator[Exams]:
    """Until the block ends; then what still waits is committed."""
    clock = ExamClock(database, meters, steady)
    answers = GroupCommit(database, answering.flush, meters=meters)
    tries: GroupCommit[audit.Refused, None] = GroupCommit(
        database, audit.append_refused, meters=meters, max_waiting=REFUSED_MAX
    )
    async with clock.running(), tries.running(), answers.running():
        yield Exams(
            clock=clock,
            answers=answers,
            refused=RefusedTries(tries, meters),
            beats=Beats(redis),
        )
