"""The job that looks after the items of a school: how they do in use, and what they mean."""

import contextlib
from collections.abc import Mapping, Sequence

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
    """All items of a school that were answered since, batch by batch."""
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            desk = Desk(now=bench.means.now(), new_id=bench.means.new_id)
            done = await measuring.batch(connection, job.tenant_id, after, desk)
        bench.means.meters.count("items_measured_total", by=done.items)
        bench.means.meters.count("items_held_total", by=len(done.held))
        await _lists_anew(bench, job.tenant_id, done.held)
        if done.after is None:
            break
        after = done.after
    await _vectors(bench, job)


async def _lists_anew(bench: Bench, tenant_id: str, held: Sequence[tuple[str, str]]) -> None:
    """What waits for learners asks them no more. With Redis away that comes of itself: what was held is refused where it is answered."""
    for course_id in sorted({course_id for course_id, _ in held}):
        ids = [question_id for course, question_id in held if course == course_id]
        with contextlib.suppress(PlaylistsAwayError):
            await lists.anew(bench, (tenant_id, course_id), ids)


async def _vectors(bench: Bench, job: Leased) -> None:
    """Items that lack one get a vector of n-grams, which costs no tokens; those of a model come with the jobs that pay for them."""
    embeds = Ngrams()
    async with bench.transaction() as connection:
        courses = await vector_store.behind(connection, job.tenant_id, embeds.space, COURSES_MOST)
    for course_id in courses:
        place = Place(tenant_id=job.tenant_id, course_id=course_id, space=embeds.space)
        after: str | None = None
        while True:
            now = bench.means.now()
            caught = await vectoring.catch_up(bench.transaction, embeds, place, now, after)
            bench.means.meters.count("item_vectors_total", by=caught.items)
            after = caught.after
            if after is None:
                break


MEASURE_HANDLERS: Mapping[str, Handler] = {"quality.measure": measure}
