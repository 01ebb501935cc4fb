"""The reviewers' queue: accept, edit, reject. All of it by the pool whose role sees the staging."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import asyncpg

from lms.ai import deciding, review
from lms.ai.deciding import Outcome, Seen, Verdict
from lms.ai.model import CandidateState
from lms.ai.review_store import Look, Waiting, Wanted
from lms.ai.staging_store import Staged
from lms.ids import is_uuid7
from lms.questions import links
from lms.questions.model import New
from server.problems import Refusal
from server.rest import factory_shapes, pages, pictures
from server.rest.call import Answer, Call
from server.rest.idempotency import once

Told = Literal["second", "accepted", "rejected", "kept", "retired"]

TOLD: Mapping[CandidateState, Told] = {
    "second": "second",
    "accepted": "accepted",
    "ingested": "accepted",
    "recalled": "accepted",
    "rejected": "rejected",
    "withdrawn": "rejected",
}
TOLD_OF_REPORTED: Mapping[CandidateState, Told] = {"accepted": "kept", "rejected": "retired"}
ORIGINS: Mapping[str | None, bool | None] = {None: None, "generated": False, "reported": True}


def _line(one: Waiting) -> factory_shapes.ReviewLine:
    labels = one.labels
    return factory_shapes.ReviewLine(
        id=one.candidate_id,
        course_id=one.course_id,
        course=one.course,
        # A bad one that was mixed in looks like any other.
        origin="reported" if one.origin == "reported" else "generated",
        kind=one.kind,
        title=labels.title,
        skill=labels.skills[0] if labels.skills else "",
        level=labels.level,
        language=labels.language,
        risk=one.risk,
        second=one.state == "second",
        reports=one.reports,
        created_at=one.created_at,
    )


async def _shown(call: Call[Any], seen: Seen) -> factory_shapes.Review:
    item, card = seen.staged.candidate.item, seen.staged.candidate.card
    place = review.place_of(card.quote, seen.source)
    texts = links.texts(item.content, item.key)
    return factory_shapes.Review(
        line=_line(seen.line),
        version=seen.staged.version,
        content=item.content,
        key=item.key,
        skills=list(item.labels.skills),
        difficulty=item.labels.difficulty,
        source=seen.source,
        quote=None if place is None else list(place),
        gates=list(card.gates),
        brief=seen.brief,
        tier=card.tier if seen.brief is not None else None,
        model=card.model,
        reports=[
            factory_shapes.ReportLine(reason=one.reason, note=one.note, created_at=one.created_at)
            for one in seen.reports
        ],
        faults=list(seen.faults),
        first=None if seen.first is None else _first(seen.first, item),
        pictures=dict(await pictures.addresses(call, texts)),
    )


def _first(look: Look, item: New) -> factory_shapes.FirstLook:
    was = review.undone(item, look.changes)
    before = factory_shapes.ReviewEdit(
        title=was.labels.title,
        content=was.content,
        key=was.key,
        difficulty=was.labels.difficulty,
        skills=list(was.labels.skills),
        level=was.labels.level,
    )
    return factory_shapes.FirstLook(
        name=look.name,
        decision=look.decision,
        before=before if look.changes else None,
        decided_at=look.at,
    )


def _told(outcome: Outcome) -> factory_shapes.Reviewed:
    one = outcome.staged
    reported = TOLD_OF_REPORTED if one.candidate.origin == "reported" else {}
    return factory_shapes.Reviewed(
        id=one.candidate.candidate_id,
        state=reported.get(one.state, TOLD[one.state]),
        next=outcome.next_id,
        waiting=outcome.waiting,
    )


async def list_reviews(call: Call[None]) -> Answer:
    """What waits, the riskiest first."""
    origin = call.query.get("origin")
    if origin not in ORIGINS:
        raise Refusal("bad_query", "origin is one of generated, reported.")
    wanted = Wanted(course_id=_course(call), reported=ORIGINS[origin])
    asked = pages.span(call, int)
    async with call.deps.review.transaction(call.principal.tenant_id) as connection:
        found = await deciding.queue(
            connection, call.principal, wanted, (asked.after, asked.fetch), call.deps.desk()
        )
    return pages.answer(call, asked, found, lambda one: (one.risk, one.candidate_id), _line)


def _course(call: Call[None]) -> str | None:
    course_id = call.query.get("course_id")
    if course_id is not None and not is_uuid7(course_id):
        raise Refusal("bad_query", "course_id is the id of a course.")
    return course_id


async def get_review(call: Call[None]) -> Answer:
    """One staged item with its source; for some minutes nobody else is given it."""
    async with call.deps.review.transaction(call.principal.tenant_id) as connection:
        seen = await deciding.take(
            connection, call.principal, call.params["candidate_id"], call.deps.desk()
        )
    return Answer(body=await _shown(call, seen))


async def get_standing(call: Call[None]) -> Answer:
    """Whether there are reviewers enough."""
    async with call.deps.review.transaction(call.principal.tenant_id) as connection:
        found = await deciding.standing(connection, call.principal)
    return Answer(
        body=factory_shapes.ReviewStanding(
            needed=found.needed, reviewers=found.reviewers, for_another=found.for_another
        )
    )


async def decide_review(call: Call[factory_shapes.ReviewBody]) -> Answer:
    """Decide about a staged item."""
    candidate_id = call.params["candidate_id"]

    async def effect(connection: asyncpg.Connection) -> Answer:
        staged = await deciding.find(connection, call.principal, candidate_id)
        verdict = _verdict(call.body, staged)
        outcome = await deciding.decide(
            connection, call.principal, candidate_id, verdict, call.deps.desk()
        )
        if verdict.edit is not None:
            texts = links.texts(verdict.edit.content, verdict.edit.key)
            await pictures.use(
                connection, call.principal, outcome.staged.candidate.course_id, texts
            )
        return Answer(body=_told(outcome))

    return await once(call, effect, call.deps.review)


def _verdict(body: factory_shapes.ReviewBody, staged: Staged) -> Verdict:
    return Verdict(
        version=body.version,
        decision=body.decision,
        reasons=tuple(dict.fromkeys(body.reasons)),
        note=body.note,
        edit=None if body.edit is None else _edited(body.edit, staged.candidate.item),
        took_ms=body.took_ms,
    )


def _edited(edit: factory_shapes.ReviewEdit, item: New) -> New:
    """The item as the reviewer would have it; its kind, language and tags are not theirs to change."""
    labels = replace(
        item.labels,
        title=edit.title,
        skills=tuple(edit.skills),
        level=edit.level,
        difficulty=edit.difficulty,
    )
    return replace(item, labels=labels, content=edit.content, key=edit.key)
