"""The job that looks after the items of a school: how they do in use, and what they mean."""

import contextlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from lms.ai import measuring, vector_store, vectoring
from lms.ai.vector_store import Place
from lms.ai.vectors import Ngrams
from lms.attempts.model import Desk
from lms.jobs import Leased
from server.storage.playlists import PlaylistsAwayError
from workers import lists
from workers.jobs import Bench, Handler

# Of one school in one job.
COURSES_MOST = 100


async def measure(bench: Bench, job: Leased) -> None:
    """The items of a school that were used or changed since, batch by batch; now and then all."""
    async with bench.transaction() as connection:
        scan = await measuring.begin(connection, job.tenant_id, bench.means.now())
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            ids = await measuring.next_ids(connection, scan, after)
        for first in range(0, len(ids), measuring.AT_ONCE):
            await _measure(bench, job.tenant_id, ids[first : first + measuring.AT_ONCE])
        if len(ids) < measuring.LOOKED_AT:
            break
        after = ids[-1]
    if await _vectors(bench, job, scan.since):
        async with bench.transaction() as connection:
            await measuring.finish(connection, scan)


async def _measure(bench: Bench, tenant_id: str, ids: Sequence[str]) -> None:
    async with bench.transaction() as connection:
        desk = Desk(now=bench.means.now(), new_id=bench.means.new_id)
        done = await measuring.batch(connection, tenant_id, ids, desk)
    bench.means.meters.count("items_measured_total", by=done.items)
    bench.means.meters.count("items_held_total", by=len(done.held))
    await _lists_anew(bench, tenant_id, done.held)


async def _lists_anew(bench: Bench, tenant_id: str, held: Sequence[tuple[str, str]]) -> None:
    """What waits for learners asks them no more. With Redis away that comes of itself: what was held is refused where it is answered."""
    for course_id in sorted({course_id for course_id, _ in held}):
        ids = [question_id for course, question_id in held if course == course_id]
        with contextlib.suppress(PlaylistsAwayError):
            await lists.anew(bench, (tenant_id, course_id), ids)


async def _vectors(bench: Bench, job: Leased, since: datetime | None) -> bool:
    """Items that lack one, of those changed since, get a vector of n-grams, which costs no tokens; those of a model come with the jobs that pay for them.

    False when there may be more courses with such items.
    """
    embeds = Ngrams()
    async with bench.transaction() as connection:
        place = (job.tenant_id, embeds.space)
        courses = await vector_store.behind(connection, place, since, COURSES_MOST)
    for course_id in courses:
        where = Place(tenant_id=job.tenant_id, course_id=course_id, space=embeds.space)
        after: str | None = None
        while True:
            now = bench.means.now()
            caught = await vectoring.catch_up(bench.transaction, embeds, where, now, after)
            bench.means.meters.count("item_vectors_total", by=caught.items)
            after = caught.after
            if after is None:
                break
    return len(courses) < COURSES_MOST


MEASURE_HANDLERS: Mapping[str, Handler] = {"quality.measure": measure}
