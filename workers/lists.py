"""Lessons that wait for learners and ask an item that is out of use are dropped, and others are chosen."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg

from lms.adaptive import store as adaptive
from lms.adaptive.model import Ask
from lms.enrolment import store as enrolment
from server.storage.playlists import Playlists
from workers.jobs import Bench

# Learners whose lists are looked at in one transaction.
LEARNERS = 200


async def anew(bench: Bench, place: tuple[str, str], question_ids: Sequence[str]) -> None:
    """Every list of (tenant, course) in which one of these waits; PlaylistsAwayError."""
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            learners = await enrolment.learners_after(connection, place, after, LEARNERS)
        stale = await _stale(bench.means.playlists, place, learners, question_ids)
        async with bench.transaction() as connection:
            await _ask(connection, place, stale, bench.means.now())
        await bench.means.playlists.drop([(*place, user_id) for user_id in stale])
        if len(learners) < LEARNERS:
            return
        after = learners[-1]


async def _stale(
    playlists: Playlists,
    place: tuple[str, str],
    learners: Sequence[str],
    question_ids: Sequence[str],
) -> list[str]:
    """Those in whose list one of the items waits: a list names its items by their ids."""
    ids = [one.encode() for one in question_ids]
    waiting = await playlists.waiting([(*place, user_id) for user_id in learners])
    return [
        user_id
        for user_id, lessons in zip(learners, waiting, strict=True)
        if any(one in lesson for lesson in lessons for one in ids)
    ]


async def _ask(
    connection: asyncpg.Connection, place: tuple[str, str], learners: list[str], now: datetime
) -> None:
    tenant_id, course_id = place
    asks = [Ask(course_id=course_id, user_id=user_id, urgent=True, at=now) for user_id in learners]
    await adaptive.ask(connection, tenant_id, asks)
