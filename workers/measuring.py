"""The job that measures how items do in use."""

from collections.abc import Mapping

from lms.ai import measuring
from lms.attempts.model import Desk
from lms.jobs import Leased
from workers.jobs import Bench, Handler


async def measure(bench: Bench, job: Leased) -> None:
    """All items of a school that were answered since, batch by batch."""
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            desk = Desk(now=bench.means.now(), new_id=bench.means.new_id)
            done = await measuring.batch(connection, job.tenant_id, after, desk)
        bench.means.meters.count("items_measured_total", by=done.items)
        bench.means.meters.count("items_held_total", by=len(done.held))
        if done.after is None:
            return
        after = done.after


MEASURE_HANDLERS: Mapping[str, Handler] = {"quality.measure": measure}
