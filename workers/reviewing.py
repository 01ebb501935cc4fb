"""What happens to items after the factory and their reviewers: into the bank, and out of use. On connections that see the staging."""

import contextlib
from collections.abc import Mapping

from lms.ai import ingest, recall, stocking
from lms.ai.recall import Taken
from lms.attempts.model import Desk
from lms.jobs import Leased
from lms.tenants import store as tenants
from server.failpoints import reach
from server.storage.playlists import PlaylistsAwayError
from server.storage.postgres import Database
from workers import lists
from workers.jobs import Bench, Handler


async def bring_in(bench: Bench, job: Leased) -> None:
    """The accepted items of a school into its banks, batch by batch."""
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            done = await ingest.batch(connection, job.tenant_id, after, _desk(bench))
            reach("ingest.before_commit")
        bench.means.meters.count("items_ingested_total", by=done.items)
        if done.after is None:
            return
        after = done.after


async def ingest_every_school(database: Database, desk: Desk) -> int:
    """By hand: the same without a job; how many items came in."""
    async with database.transaction(None) as connection:
        schools = await tenants.every(connection)
    items = 0
    for school in schools:
        after: str | None = None
        while True:
            async with database.transaction(school.tenant_id) as connection:
                done = await ingest.batch(connection, school.tenant_id, after, desk)
            items, after = items + done.items, done.after
            if after is None:
                break
    return items


async def take_back(bench: Bench, job: Leased) -> None:
    """A batch out of use: its items, then the grades of attempts that asked them, then what waits for learners."""
    async with bench.transaction() as connection:
        taken = await recall.take_out(connection, job.tenant_id, job.subject_id, _desk(bench))
    if taken is None:
        return
    with contextlib.suppress(PlaylistsAwayError):
        await lists.anew(bench, (job.tenant_id, taken.course_id), taken.question_ids)
    for assessment_id in taken.assessment_ids:
        await _revise(bench, job.tenant_id, taken, assessment_id)
    # Once more: a list that was being written while the items went out of use is there by now.
    await lists.anew(bench, (job.tenant_id, taken.course_id), taken.question_ids)
    async with bench.transaction() as connection:
        await recall.finish(connection, job.tenant_id, taken, _desk(bench))
        reach("recall.before_commit")


async def _revise(bench: Bench, tenant_id: str, taken: Taken, assessment_id: str) -> None:
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            page = (assessment_id, after)
            after = await recall.score_batch(connection, tenant_id, taken, page, _desk(bench))
            reach("recall.batch")
        if after is None:
            return


def _desk(bench: Bench) -> Desk:
    return Desk(now=bench.means.now(), new_id=bench.means.new_id)


async def stock_up(bench: Bench, job: Leased) -> None:
    """Ask the factory for what a school has too few of."""
    async with bench.transaction() as connection:
        asked = await stocking.scan(connection, job.tenant_id, _desk(bench))
    bench.means.meters.count("stock_asked_total", by=asked)


REVIEW_HANDLERS: Mapping[str, Handler] = {
    "items.ingest": bring_in,
    "items.recall": take_back,
    "items.stock": stock_up,
}
