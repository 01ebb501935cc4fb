"""Practice: the next lesson, answers checked at once, the end of a lesson, reports of items."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from lms.adaptive import store as adaptive
from lms.adaptive.model import Chosen, Reason
from lms.attempts.model import VALUE_TYPES, Value
from lms.attempts.values import kept
from lms.errors import Invalid, NotFound
from lms.events import PracticeAnswered
from lms.grading import scorers
from lms.identity import Principal
from lms.practice import answering, practices, store, wire
from lms.practice.checking import Checked, checked, firsts, is_right, streak, value_of
from lms.practice.model import POSSIBLE_MILLI, Given, Practice
from lms.questions.model import Kind
from server.rest import practice_shapes as shapes
from server.rest.call import Answer, Asked, Call, Quick
from server.rest.deps import Deps
from server.rest.idempotency import once
from server.rest.items import Item
from server.rest.tutor import Tutor
from server.storage.lessons import Popped, Then
from server.storage.playlists import Place

WARM = {"Lectern-Path": "warm"}
WARM_AGAIN = {**WARM, "Idempotent-Replayed": "true"}
COLD = {"Lectern-Path": "cold"}


def _place(who: Principal, params: Mapping[str, str]) -> Place:
    return who.tenant_id, params["course_id"], who.user_id


def begin_next(deps: Deps, asked: Asked, then: Then) -> None:
    """Ask for the lesson that waits."""
    deps.tutor.lessons.begin(_place(asked.who, asked.params), asked.key, then)


def answer_next(deps: Deps, asked: Asked, popped: Popped | None) -> Answer | None:
    """The lesson that waited, if all that its items say is at hand."""
    if popped is None:
        return None
    batch, tutor = popped.batch, deps.tutor
    tails = tutor.items.tails_here(asked.who.tenant_id, batch.versions)
    if tails is None:
        return None
    headers = _headers(tutor, _place(asked.who, asked.params), asked.arrived_at, popped)
    return Answer(body=wire.body(batch, tails), headers=headers)


async def rest_next(call: Call[None], popped: Popped | None) -> Answer:
    """The lesson that waited, with items that have to be read; or one by rule, also where all of it went out of use."""
    batch = None if popped is None else _in_use(call, popped.batch)
    if popped is None or batch is None or not batch.versions:
        return await _found_now(call)
    place = _place(call.principal, call.params)
    headers = _headers(call.deps.tutor, place, call.arrived_at, popped)
    return Answer(body=await _composed(call, batch), headers=headers)


def _headers(tutor: Tutor, place: Place, at: datetime, popped: Popped) -> Mapping[str, str]:
    """The headers of a lesson that waited; more are asked for when it was the last."""
    if not (popped.batch.left or popped.again):
        tutor.refills.ask(place, at)
    return WARM_AGAIN if popped.again else WARM


def _in_use(call: Call[None], batch: wire.Batch) -> wire.Batch:
    """Without what went out of use since it was chosen."""
    gone = call.deps.tutor.withdrawn.of(call.principal.tenant_id)
    left = [
        (version, head)
        for version, head in zip(batch.versions, batch.heads, strict=True)
        if wire.parts_of(version)[0] not in gone
    ]
    return msgspec.structs.replace(
        batch, versions=[version for version, _ in left], heads=[head for _, head in left]
    )


async def next_lesson(call: Call[None]) -> Answer:
    """The learner's next items, made ahead where there are some."""
    who, key = call.principal, call.idempotency_key
    popped = await call.deps.tutor.lessons.pop(_place(who, call.params), key)
    asked = Asked(who, call.params, "", key, b"", call.arrived_at)
    return answer_next(call.deps, asked, popped) or await rest_next(call, popped)


NEXT = Quick(begin=begin_next, answer=answer_next, rest=rest_next)


async def _composed(call: Call[None], batch: wire.Batch) -> bytes:
    """With items that have to be read, or pictures that need addresses; what the bank knows no more is left out."""
    tenant_id, items = call.principal.tenant_id, call.deps.tutor.items
    found = await items.all(tenant_id, batch.versions)
    there = [(head, one) for head, one in zip(batch.heads, found, strict=True) if one is not None]
    whole = msgspec.structs.replace(batch, heads=[head for head, _ in there])
    return wire.body(whole, [items.tail(tenant_id, one) for _, one in there])


async def _found_now(call: Call[None]) -> Answer:
    """By rule, in one transaction with the ask for lessons made ahead; under the caller's key, the lesson that was found the first time.

    What the items say is read when that transaction is over: who holds a connection never waits for another.
    """
    who, course_id, desk = call.principal, call.params["course_id"], call.deps.desk()

    async def effect(connection: asyncpg.Connection) -> Answer:
        practice = await practices.find_now(connection, who, course_id, desk)
        await adaptive.ask_refill(
            connection, who.tenant_id, course_id, who.user_id, urgent=False, now=desk.now
        )
        return Answer(body=wire.packed(practice.practice_id, practice.items), headers=COLD)

    found = await once(call, effect)
    assert isinstance(found.body, bytes)
    batch = _in_use(call, wire.unpacked(found.body))
    return msgspec.structs.replace(found, body=await _composed(call, batch))


async def _plan(call: Call[shapes.PracticeAnswer]) -> Practice:
    """The lesson as it was made; whose it is and what it asks never changes."""
    who, practice_id = call.principal, call.params["practice_id"]

    async def make(names: Sequence[str]) -> Mapping[str, Practice]:
        async with call.read() as connection:
            found = await store.get(connection, who.tenant_id, who.user_id, practice_id)
        return {name: found for name in names if found is not None}

    # Whoever asks under the same id is another one's failure: each has a name of their own.
    plan = await call.deps.tutor.plans.one(who.tenant_id, f"{practice_id}.{who.user_id}", make)
    if plan is None:
        raise answering.refusal("not_found")
    return plan


async def _item(call: Call[shapes.PracticeAnswer], chosen: Chosen) -> Item:
    version = wire.version_of(chosen.question_id, chosen.version)
    [item] = await call.deps.tutor.items.all(call.principal.tenant_id, [version])
    if item is None:
        raise answering.refusal("item_withdrawn")
    return item


async def answer_practice(call: Call[shapes.PracticeAnswer]) -> Answer:
    """Check one answer."""
    plan = await _plan(call)
    chosen = plan.item(call.params["item_id"])
    if chosen is None:
        raise NotFound("This lesson asks no such item.", code="wrong_item")
    item = await _item(call, chosen)
    value = fitting(item.sheet.kind, call.body.value)
    found = checked(item.sheet, call.body.value)
    row = answering.Row(
        call.principal.tenant_id,
        call.body.seq,
        value,
        scorers.CURRENT,
        found.earned_milli,
        call.arrived_at,
        _event(plan, chosen, found),
    )
    outcome = await call.deps.tutor.answers.submit(row)
    if outcome.code != "saved":
        raise answering.refusal(outcome.code)
    pictures = call.deps.tutor.items.addresses(call.principal.tenant_id, item.pictures_told)
    body = _verdict(found, pictures, (outcome.answered, outcome.asked, streak(outcome.went)))
    return Answer(body=body)


def fitting(kind: Kind, value: Value) -> str:
    """The value as it is kept; Invalid where it is none for this kind of item."""
    mine, text = kept(value)
    # A map whose only keys are `number` and `unit` may still be one.
    if VALUE_TYPES[kind] not in (mine, "m" if mine == "n" else mine):
        raise Invalid(
            "The value does not fit this kind of item.", pointer="/value", code="wrong_value"
        )
    return text


def _event(plan: Practice, chosen: Chosen, found: Checked) -> PracticeAnswered:
    return PracticeAnswered(
        user_id=plan.user_id,
        course_id=plan.course_id,
        source_id=plan.practice_id,
        item_id=chosen.item_id,
        question_id=chosen.question_id,
        version=chosen.version,
        skills=list(chosen.skills),
        difficulty=chosen.difficulty,
        share_milli=found.earned_milli * 1000 // POSSIBLE_MILLI,
    )


def _verdict(
    found: Checked, pictures: dict[str, str], stands: tuple[int, int, int]
) -> shapes.Verdict:
    answered, asked, run = stands
    return shapes.Verdict(
        correct=found.correct,
        earned_milli=found.earned_milli,
        possible_milli=POSSIBLE_MILLI,
        reason=found.reason,
        feedback=found.feedback,
        key=found.key,
        answered=answered,
        asked=asked,
        streak=run,
        pictures=pictures,
    )


async def get_practice(call: Call[None]) -> Answer:
    """A lesson as it stands, without what is out of use by now and was not answered."""
    who, items = call.principal, call.deps.tutor.items
    async with call.read() as connection:
        practice = await practices.mine(connection, who, call.params["practice_id"])
        counted = firsts(await practices.told(connection, who, practice))
        gone = await store.withdrawn(connection, who.tenant_id, practice) - counted.keys()
    versions = [wire.version_of(one.question_id, one.version) for one in practice.items]
    found = await items.all(who.tenant_id, versions)
    asked = [
        (chosen, item)
        for chosen, item in zip(practice.items, found, strict=True)
        if item is not None and chosen.item_id not in gone
    ]
    by_id = {chosen.item_id: item for chosen, item in asked}
    given = [one for one in counted.values() if one.item_id in by_id]
    stands = (len(given), len(practice.items), streak([is_right(one) for one in given]))
    body = shapes.Practice(
        practice_id=practice.practice_id,
        course_id=practice.course_id,
        items=[
            shown(call, item, (chosen.item_id, chosen.skills, chosen.reason))
            for chosen, item in asked
        ],
        answers=[_given(call, one, by_id[one.item_id], stands) for one in given],
        finished=practice.finished_at is not None or len(given) == len(asked),
    )
    return Answer(body=body)


def shown(
    call: Call[Any], item: Item, about: tuple[str, Sequence[str], Reason]
) -> shapes.PracticeItem:
    """The item as its learner sees it; `about` is (the id it is asked under, its skills, why)."""
    item_id, skills, reason = about
    return shapes.PracticeItem(
        id=item_id,
        kind=item.sheet.kind,
        content=item.sheet.shown.content,
        skills=list(skills),
        reason=reason,
        pictures=call.deps.tutor.items.addresses(call.principal.tenant_id, item.pictures),
    )


def _given(
    call: Call[None], given: Given, item: Item, stands: tuple[int, int, int]
) -> shapes.AnsweredItem:
    """By the scorer that checked it then."""
    value = value_of(given)
    pictures = call.deps.tutor.items.addresses(call.principal.tenant_id, item.pictures_told)
    verdict = _verdict(checked(item.sheet, value, given.scorer), pictures, stands)
    return shapes.AnsweredItem(item_id=given.item_id, seq=given.seq, value=value, verdict=verdict)


async def finish_practice(call: Call[None]) -> Answer:
    """End a lesson."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        ended = await practices.finish(
            connection, call.principal, call.params["practice_id"], call.deps.desk()
        )
        return Answer(body=_summary(ended))

    return await once(call, effect)


def _summary(ended: practices.Ended) -> shapes.PracticeSummary:
    return shapes.PracticeSummary(
        practice_id=ended.practice.practice_id,
        asked=len(ended.practice.items),
        answered=len(ended.counted),
        right=sum(map(is_right, ended.counted)),
        skills=[
            shapes.SkillChange(
                skill=one.skill,
                before_milli=round(one.before * 1000),
                after_milli=round(one.after * 1000),
            )
            for one in ended.changes
        ],
    )


async def report_item(call: Call[shapes.NewReport]) -> Answer:
    """Say that an item is wrong."""
    place = (call.params["practice_id"], call.params["item_id"])
    said = (call.body.reason, call.body.note)

    async def effect(connection: asyncpg.Connection) -> Answer:
        report_id = await practices.report(
            connection, call.principal, place, said, call.deps.desk()
        )
        return Answer(status=201, body=shapes.Report(id=report_id))

    return await once(call, effect)
