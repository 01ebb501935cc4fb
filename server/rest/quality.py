"""Items of the factory after use: cards, stock, figures."""

from typing import get_args

import asyncpg

from lms.ai import cards, dashboard, likeness, measuring, stocking
from lms.ai.dashboard import Figures
from lms.ai.ingest_store import Kept
from lms.ai.quality import FaultCode
from lms.ai.quality_store import Line as Did
from lms.ai.stock import Mark
from lms.ai.stock_store import Line
from lms.questions.model import Filter, Listed
from server.clock import moment
from server.problems import Refusal
from server.rest import factory_shapes, pages
from server.rest.call import Answer, Call
from server.rest.generation import budget_of
from server.rest.idempotency import once

# Of which the dashboard tells unless it is asked for others.
DAYS = 30
LEVELS = frozenset(map(str, range(1, 11)))


async def get_card(call: Call[None]) -> Answer:
    """Where an item comes from."""
    async with call.read() as connection:
        found = await cards.get(connection, call.principal, call.params["question_id"])
    return Answer(body=_card(found))


def _card(kept: Kept) -> factory_shapes.ProvenanceCard:
    card = kept.card
    return factory_shapes.ProvenanceCard(
        question_id=kept.question_id,
        job_id=kept.job_id,
        tier=card.tier,
        provider=card.provider,
        model=card.model,
        prompts=dict(card.prompts),
        quote=card.quote,
        gates=list(card.gates),
        reviewers=list(card.reviewers),
        edited=card.edited,
        tokens=card.tokens,
        cost_micros=card.cost_micros,
        generated_at=moment(card.generated_at_ms),
        accepted_at=moment(card.accepted_at_ms),
        ingested_at=kept.ingested_at,
        recalled_at=kept.recalled_at,
    )


async def list_stock(call: Call[None]) -> Answer:
    """How many items there are of each skill and level."""
    asked, place = pages.span(call, str), (call.principal, call.params["course_id"])
    async with call.read() as connection:
        found = await stocking.page(connection, place, asked.after, asked.fetch)
    return pages.answer(call, asked, found, lambda one: (one.skill, one.place), _stock)


def _stock(one: Line) -> factory_shapes.StockLine:
    return factory_shapes.StockLine(
        skill=one.skill,
        level=one.level,
        language=one.language,
        items=one.items,
        low=one.low,
        batch=one.batch,
        job_id=one.job_id,
    )


async def set_stock(call: Call[factory_shapes.StockMark]) -> Answer:
    """Say how many there should be."""
    body, desk = call.body, call.deps.desk()
    mark = Mark(
        course_id=call.params["course_id"],
        skill=body.skill,
        level=body.level,
        language=body.language,
        low=body.low,
        batch=body.batch,
        kinds=tuple(body.kinds),
        source=body.source,
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        return Answer(body=_stock(await stocking.set_mark(connection, call.principal, mark, desk)))

    return await once(call, effect)


async def list_quality(call: Call[None]) -> Answer:
    """How the items of a course did, by title; `faults` is a code, or `any`."""
    asked, place = pages.span(call, str), (call.principal, call.params["course_id"])
    fault = call.query.get("faults")
    if fault not in (None, "any", *get_args(FaultCode)):
        raise Refusal("bad_query", "faults is any, or one of the codes of faults.")
    async with call.read() as connection:
        found = await measuring.page(connection, place, fault, asked.after, asked.fetch)
    return pages.answer(call, asked, found, lambda one: (one.title, one.question_id), _quality)


def _quality(one: Did) -> factory_shapes.QualityLine:
    return factory_shapes.QualityLine(
        question_id=one.question_id,
        version=one.version,
        title=one.title,
        kind=one.kind,
        state=one.state,
        answered=one.answered,
        mean_share=one.mean_share,
        point_biserial=one.point_biserial,
        dead_options=list(one.dead_options),
        faults=list(one.faults),
        generated=one.generated,
    )


async def list_similar(call: Call[None]) -> Answer:
    """Items of the bank that are like this one, of a level or language if one is given."""
    level = call.query.get("level")
    if level is not None and level not in LEVELS:
        raise Refusal("bad_query", "level is a number from 1 to 10.")
    wanted = Filter(
        level=None if level is None else int(level), language=call.query.get("language")
    )
    # Vectors are for the roles of the factory and its reviewers: the role that serves learners has none.
    async with call.deps.review.transaction(call.principal.tenant_id) as connection:
        found = await likeness.similar(
            connection, call.principal, call.params["question_id"], wanted
        )
    return Answer(body=factory_shapes.Similar(items=[_similar(*one) for one in found]))


def _similar(listed: Listed, cosine: float) -> factory_shapes.SimilarLine:
    labels = listed.labels
    return factory_shapes.SimilarLine(
        question_id=listed.question_id,
        title=labels.title,
        kind=listed.kind,
        state=labels.state,
        level=labels.level,
        language=labels.language,
        likeness=round(cosine, 4),
    )


async def release_item(call: Call[None]) -> Answer:
    """Put a held item back to use."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        question_id = call.params["question_id"]
        await measuring.release(connection, call.principal, question_id, call.deps.desk())
        return Answer(status=204)

    return await once(call, effect)


async def get_dashboard(call: Call[None]) -> Answer:
    """How the factory does."""
    days = _days(call)
    async with call.deps.review.transaction(call.principal.tenant_id) as connection:
        found = await dashboard.figures(connection, call.principal, days, call.deps.desk().now)
    return Answer(body=_dashboard(days, found))


def _days(call: Call[None]) -> int:
    asked = call.query.get("days", str(DAYS))
    if not asked.isascii() or not asked.isdigit() or len(asked) > 3 or not 1 <= int(asked) <= 366:
        raise Refusal("bad_query", "days is a number from 1 to 366.")
    return int(asked)


def _dashboard(days: int, found: Figures) -> factory_shapes.FactoryDashboard:
    return factory_shapes.FactoryDashboard(
        days=days,
        jobs=found.made.jobs,
        drafts=found.made.drafts,
        passed=found.made.passed,
        accepted=found.reviewed.accepted,
        waiting=found.waiting,
        rates=factory_shapes.Rates(
            schema_pass=found.schema_pass,
            gates_pass=found.gates_pass,
            accept=found.accept,
            edit=found.edit,
            agreement=found.agreement,
            seeded_missed=found.seeded_missed,
            escapes=found.escaped,
        ),
        tokens=found.made.tokens,
        cost_micros=found.made.cost_micros,
        tokens_per_accepted=found.tokens_per_accepted,
        cost_micros_per_accepted=found.cost_micros_per_accepted,
        dropped_by=dict(found.made.dropped_by),
        rejected_for=dict(found.reviewed.rejected_for),
        reviewers=[
            factory_shapes.ReviewerLine(
                user_id=one.user_id,
                name=one.name,
                decisions=one.decisions,
                seeded=one.seeded,
                missed=one.missed,
                median_ms=one.median_ms,
            )
            for one in found.reviewers
        ],
        budget=budget_of(found.budget),
    )
