"""Ask the content factory for items, and watch."""

import asyncpg

from lms.ai import asking, recall
from lms.ai.model import Budget, Job
from lms.ai.recall_store import Use
from lms.ids import is_uuid7
from server.problems import Refusal
from server.rest import factory_shapes, pages
from server.rest.call import PREFIX, Answer, Call
from server.rest.idempotency import once


def _shown(job: Job) -> factory_shapes.Generation:
    return factory_shapes.Generation(
        id=job.job_id,
        course_id=job.course_id,
        brief=job.brief,
        state=job.state,
        reason=job.reason,
        wanted=job.wanted,
        made=job.made,
        passed=job.passed,
        dropped=job.dropped,
        accepted=job.accepted,
        rejected=job.rejected,
        ingested=job.ingested,
        dropped_by=dict(job.dropped_by),
        tier=job.tier,
        tokens=job.tokens,
        cost_micros=job.cost_micros,
        created_at=job.created_at,
        updated_at=job.updated_at,
        done_at=job.done_at,
        recalled_at=job.recalled_at,
        served_from=job.served_from,
    )


def budget_of(budget: Budget) -> factory_shapes.Budget:
    """What the models may cost, as it is told."""
    return factory_shapes.Budget(
        month=f"{budget.month:%Y-%m}",
        tokens_limit=budget.tokens_limit,
        tokens_used=budget.tokens_used,
        tokens_held=budget.tokens_held,
        cost_micros=budget.cost_micros,
    )


async def ask_generation(call: Call[factory_shapes.NewGeneration]) -> Answer:
    """Ask for items."""
    body, who, moment = call.body, call.principal, call.deps.desk()
    wanted = asking.Wanted(
        course_id=body.course_id, brief=body.brief, source=body.source, upload_id=body.upload_id
    )
    desk = asking.Desk(
        tenant_id=who.tenant_id, user_id=who.user_id, now=moment.now, new_id=moment.new_id
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        job = await asking.ask(connection, who, wanted, desk)
        place = f"{PREFIX}/generation-jobs/{job.job_id}"
        return Answer(status=202, body=_shown(job), headers={"Location": place})

    return await once(call, effect)


async def list_generations(call: Call[None]) -> Answer:
    """The jobs of a course, the newest first."""
    asked, course_id = pages.span(call, str), call.query.get("course_id")
    if course_id is not None and not is_uuid7(course_id):
        raise Refusal("bad_query", "course_id is the id of a course.")
    after = None if asked.after is None else asked.after[1]
    async with call.read() as connection:
        found = await asking.page(connection, call.principal, course_id, after, asked.fetch)
    return pages.answer(call, asked, found, lambda one: ("", one.job_id), _shown)


async def get_generation(call: Call[None]) -> Answer:
    """How far a job is."""
    async with call.read() as connection:
        job = await asking.get(connection, call.principal, call.params["job_id"])
    return Answer(body=_shown(job))


async def cancel_generation(call: Call[None]) -> Answer:
    """Let it make no more."""
    now = call.deps.desk().now

    async def effect(connection: asyncpg.Connection) -> Answer:
        job = await asking.cancel(connection, call.principal, call.params["job_id"], now)
        return Answer(body=_shown(job))

    return await once(call, effect)


async def recall_generation(call: Call[factory_shapes.RecallBody]) -> Answer:
    """Take a batch out of use."""
    desk = call.deps.desk()

    async def effect(connection: asyncpg.Connection) -> Answer:
        job = await recall.ask(
            connection, call.principal, call.params["job_id"], call.body.reason, desk
        )
        return Answer(status=202, body=_shown(job))

    answer = await once(call, effect)
    await call.deps.tutor.withdrawn.tell()
    return answer


async def get_recall(call: Call[None]) -> Answer:
    """What a recall touched."""
    async with call.read() as connection:
        found = await recall.get(connection, call.principal, call.params["job_id"])
    return Answer(
        body=factory_shapes.Recalled(
            job_id=found.job_id,
            reason=found.reason,
            asked_at=found.asked_at,
            done_at=found.done_at,
            items=found.items,
            attempts=found.attempts,
            learners=found.learners,
            practices=found.practices,
        )
    )


async def list_recall_uses(call: Call[None]) -> Answer:
    """Attempts and lessons that a recall touched, by the names of their learners."""
    asked, job_id = pages.span(call, str), call.params["job_id"]
    async with call.read() as connection:
        found = await recall.uses(connection, call.principal, job_id, asked.after, asked.fetch)
    return pages.answer(call, asked, found, lambda one: (one.name, one.source_id), _use)


def _use(one: Use) -> factory_shapes.RecalledUse:
    return factory_shapes.RecalledUse(
        source=one.source,
        source_id=one.source_id,
        user_id=one.user_id,
        name=one.name,
        assessment_id=one.assessment_id,
        title=one.title,
        before_milli=one.before_milli,
        after_milli=one.after_milli,
    )


async def get_budget(call: Call[None]) -> Answer:
    """What the models may cost."""
    now = call.deps.desk().now
    async with call.read() as connection:
        return Answer(body=budget_of(await asking.get_budget(connection, call.principal, now)))


async def change_budget(call: Call[factory_shapes.BudgetChange]) -> Answer:
    """Set what the models may cost."""
    tokens, now = call.body.tokens_limit, call.deps.desk().now

    async def effect(connection: asyncpg.Connection) -> Answer:
        found = await asking.change_budget(connection, call.principal, tokens, now)
        return Answer(body=budget_of(found))

    return await once(call, effect)
