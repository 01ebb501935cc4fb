"""What each kind of job does. A handler may be run again from its start: what it did before it finds done."""

from lms.attempts import materialise
from lms.attempts.model import Desk
from lms.errors import Conflict, NotFound
from lms.grading import regrades
from lms.jobs import Leased
from workers.jobs import Bench, Handler


async def _materialise(bench: Bench, job: Leased) -> None:
    """Make the attempts of one learner, or of everybody in batches."""
    user_id = job.data.get("user_id")
    if user_id is not None:
        try:
            async with bench.transaction() as connection:
                await materialise.for_learner(
                    *(connection, job.tenant_id, str(user_id), job.subject_id, _desk(bench))
                )
        except (Conflict, NotFound):
            pass  # the learner has left, or has used up what there was: nothing is to be made
        return
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            after = await materialise.batch(
                *(connection, job.tenant_id, job.subject_id, after, _desk(bench))
            )
        if after is None:
            return


async def _regrade(bench: Bench, job: Leased) -> None:
    """Carry a regrade out, batch by batch."""
    after: str | None = None
    while True:
        async with bench.transaction() as connection:
            after = await regrades.apply_batch(
                *(connection, job.tenant_id, job.subject_id, after, bench.means.now())
            )
        if after is None:
            return


def _desk(bench: Bench) -> Desk:
    return Desk(now=bench.means.now(), new_id=bench.means.new_id)


HANDLERS: dict[str, Handler] = {
    "assessment.materialise": _materialise,
    "regrade.apply": _regrade,
}
