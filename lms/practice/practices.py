"""Lessons of the tutor: found at the moment of asking, looked at again, ended, and their items reported."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import asyncpg

from lms import outbox
from lms.adaptive import mixer, skill
from lms.adaptive.model import Chosen, Reason, Response, SkillState
from lms.attempts.model import Desk
from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.errors import Conflict, NotFound
from lms.events import PracticeFinished
from lms.identity import Principal
from lms.ids import RANDOM_BYTES, uuid7
from lms.practice import placement_store, refill_store, store
from lms.practice.checking import PRACTISED, firsts
from lms.practice.model import ITEMS, POSSIBLE_MILLI, Given, Item, Place, Practice, Wanted

# How far back a summary looks: what is older moves a strength no more.
RESPONSES_MAX = 500
# How far back lessons that nobody began are looked for, when one more is given: what is older was looked for then.
LOOK_BACK = timedelta(days=30)


async def find_now(
    connection: asyncpg.Connection, who: Principal, course_id: str, desk: Desk
) -> Practice:
    """A lesson by rule: items near the learner's level that they have not met; what they met longest ago where there are no more."""
    course_rules.check_live(await courses.get(connection, who, course_id, "practice.do"))
    place = Place(course_id=course_id, user_id=who.user_id, kinds=PRACTISED)
    await store.hold(connection, who.tenant_id, place)
    items = await _near(connection, who.tenant_id, place)
    if not items:
        raise Conflict(
            "There is nothing to practise in this course yet.", code="nothing_to_practise"
        )
    practice = Practice(
        practice_id=desk.new_id(),
        course_id=course_id,
        user_id=who.user_id,
        path="cold",
        items=tuple(_chosen(one, desk) for one in sorted(items, key=lambda item: item.difficulty)),
        answered=0,
        created_at=desk.now,
        finished_at=None,
    )
    await store.add(connection, who.tenant_id, practice)
    await _tidy(connection, who.tenant_id, place, desk)
    return practice


async def _near(connection: asyncpg.Connection, tenant_id: str, place: Place) -> list[Item]:
    """At the level of the latest answer, or else of the placement, or else the first."""
    level, language = await store.stands(connection, tenant_id, place)
    if level is None:
        placed = await placement_store.levels(
            connection, (tenant_id, place.course_id), [place.user_id]
        )
        level = placed.get(place.user_id, 1)
    wanted = Wanted(most=ITEMS, level=level, language=language)
    items = await store.unseen(connection, tenant_id, place, wanted)
    if len(items) < ITEMS:
        more = replace(wanted, most=ITEMS - len(items))
        items += await store.again(connection, tenant_id, place, more)
    return items


async def _tidy(connection: asyncpg.Connection, tenant_id: str, place: Place, desk: Desk) -> None:
    """Who asks on and on, and begins none of the lessons, leaves no pile of them."""
    since_id = uuid7(int((desk.now - LOOK_BACK).timestamp() * 1000), bytes(RANDOM_BYTES))
    piled = await store.unbegun(connection, tenant_id, place, since_id)
    if piled:
        await store.forget(connection, tenant_id, piled)


def _chosen(item: Item, desk: Desk) -> Chosen:
    return Chosen(
        item_id=desk.new_id(),
        question_id=item.question_id,
        version=item.version,
        skills=item.skills,
        difficulty=item.difficulty,
        reason=Reason(why="again" if item.met else "at_level"),
        chance_milli=round(mixer.chance({}, item.skills, item.difficulty) * 1000),
    )


async def mine(connection: asyncpg.Connection, who: Principal, practice_id: str) -> Practice:
    """A lesson of the caller's, who is still a student of its course."""
    practice = await store.get(connection, who.tenant_id, who.user_id, practice_id)
    if practice is None:
        raise NotFound("There is no such lesson.")
    await courses.get(connection, who, practice.course_id, "practice.do")
    return practice


async def told(connection: asyncpg.Connection, who: Principal, practice: Practice) -> list[Given]:
    """What was answered in it, but for items that an exam of this learner's asks: their keys are told again when its scores are out."""
    given = await store.answers(connection, who.tenant_id, practice.practice_id)
    barred = (await refill_store.barred(connection, who.tenant_id, [who.user_id]))[who.user_id]
    open_to = {one.item_id for one in practice.items if one.question_id not in barred}
    return [one for one in given if one.item_id in open_to]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A skill before and after, 0 to 1."""

    skill: str
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The end of a lesson."""

    practice: Practice
    counted: tuple[Given, ...]
    changes: tuple[Change, ...]


async def finish(
    connection: asyncpg.Connection, who: Principal, practice_id: str, desk: Desk
) -> Ended:
    """End it; said again it is as it was."""
    practice = await mine(connection, who, practice_id)
    await store.lock(connection, who.tenant_id, practice_id)
    answers = await store.answers(connection, who.tenant_id, practice_id)
    counted = tuple(firsts(answers).values())
    if await store.finish(connection, who.tenant_id, practice_id, desk.now):
        event = PracticeFinished(
            user_id=who.user_id,
            course_id=practice.course_id,
            practice_id=practice_id,
            asked=len(practice.items),
            answered=len(counted),
        )
        await outbox.append(connection, who.tenant_id, [event], desk.now)
    before = await store.responses_before(connection, who.tenant_id, practice, RESPONSES_MAX)
    return Ended(practice=practice, counted=counted, changes=changes(practice, before, counted))


def changes(
    practice: Practice, before: Sequence[Response], counted: Sequence[Given]
) -> tuple[Change, ...]:
    """What the answers that count did to each skill that they were about."""
    items = {one.item_id: one for one in practice.items}
    here = [_response(items[one.item_id], one) for one in counted if one.item_id in items]
    names = sorted({name for one in here for name in one.skills})
    states = _folded({}, before)
    then = _folded(states, here)
    return tuple(
        Change(skill=name, before=skill.strength(states, name), after=skill.strength(then, name))
        for name in names
    )


def _folded(states: dict[str, SkillState], responses: Sequence[Response]) -> dict[str, SkillState]:
    now = dict(states)
    for one in responses:
        now.update(skill.after(now, one))
    return now


def _response(item: Chosen, given: Given) -> Response:
    return Response(
        skills=item.skills,
        difficulty=item.difficulty,
        share=given.earned_milli / POSSIBLE_MILLI,
        at=given.arrived_at,
        source="practice",
        question_id=item.question_id,
        version=item.version,
    )


async def report(
    connection: asyncpg.Connection,
    who: Principal,
    place: tuple[str, str],
    said: tuple[str, str],
    desk: Desk,
) -> str:
    """Keep what the learner says is wrong with an item of (lesson, item); `said` is (reason, note). The id of the report."""
    practice_id, item_id = place
    practice = await mine(connection, who, practice_id)
    chosen = practice.item(item_id)
    if chosen is None:
        raise NotFound("This lesson asks no such item.")
    reason, note = said
    return await store.report(
        connection, who.tenant_id, practice, chosen, (desk.new_id(), reason, note, desk.now)
    )
