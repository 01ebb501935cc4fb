"""A placement: begin it or go on, answer one item after the other, and let the lessons start from where it ends. No key is ever shown."""

from collections.abc import Collection

import asyncpg

from lms import outbox
from lms.adaptive import store as adaptive
from lms.attempts.model import Desk
from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.errors import Conflict, NotFound
from lms.events import PlacementAnswered
from lms.identity import Principal
from lms.practice import placement_store as store
from lms.practice import placing, refill_store
from lms.practice.checking import PRACTISED
from lms.practice.placing import Placement, Pool, Posed

# Exposure is counted over so many placements of a course.
EXPOSURES_OVER = 200


async def start(
    connection: asyncpg.Connection, who: Principal, course_id: str, desk: Desk
) -> Placement:
    """The placement that this learner has begun in this course, or a new one with its first item."""
    course_rules.check_live(await courses.get(connection, who, course_id, "practice.do"))
    begun = await store.open_of(connection, who.tenant_id, course_id, who.user_id)
    if begun is not None:
        return begun
    blank = Placement(
        placement_id=desk.new_id(),
        course_id=course_id,
        user_id=who.user_id,
        created_at=desk.now,
    )
    pool = await _pool(connection, who, blank, await _barred(connection, who))
    first = await _next(connection, who, blank, pool)
    if first is None:
        raise Conflict(
            "There is nothing to practise in this course yet.", code="nothing_to_practise"
        )
    new = placing.asking(blank, first, desk.new_id())
    if await store.add(connection, who.tenant_id, new):
        return new
    begun = await store.open_of(connection, who.tenant_id, course_id, who.user_id)
    if begun is None:
        raise Conflict("The placement has just ended.", code="placement_over")
    return begun


async def mine(
    connection: asyncpg.Connection, who: Principal, placement_id: str, *, lock: bool = False
) -> Placement:
    """A placement of the caller's, as long as they learn in its course; locked, nobody else answers it meanwhile."""
    found = await store.get(connection, who.tenant_id, who.user_id, placement_id, lock=lock)
    if found is None:
        raise NotFound("There is no such placement.")
    try:
        await courses.get(connection, who, found.course_id, "practice.do")
    except NotFound:
        raise NotFound("There is no such placement.") from None
    return found


def asked(placement: Placement, item_id: str) -> Posed:
    """What was asked under this id."""
    found = next((one for one in placement.items if one.item_id == item_id), None)
    if found is None:
        raise NotFound("This placement asks no such item.", code="wrong_item")
    return found


async def answer(
    connection: asyncpg.Connection,
    who: Principal,
    place: tuple[str, str],
    share_milli: int,
    desk: Desk,
) -> Placement:
    """Take what an answer earned, and ask the next item or end; an item that was answered before stays as it was."""
    placement_id, item_id = place
    before = await mine(connection, who, placement_id, lock=True)
    posed = asked(before, item_id)
    if posed.share_milli is not None:
        return before
    barred = await _barred(connection, who)
    if posed.question_id in barred:
        # An exam has begun to ask it: what comes next would tell whether the answer was right.
        after = placing.without(before)
    else:
        after = placing.answered(before, share_milli)
        event = _event(who, before, posed, share_milli)
        await outbox.append(connection, who.tenant_id, [event], desk.now)
    pool = await _pool(connection, who, after, barred)
    following = None
    if not placing.is_enough(after):
        following = await _next(connection, who, after, pool)
    if following is not None:
        after = placing.asking(after, following, desk.new_id())
    else:
        after = placing.ended(after, pool.levels, desk.now)
        await adaptive.ask_refill(
            *(connection, who.tenant_id, before.course_id, who.user_id),
            urgent=True,
            now=desk.now,
        )
    await store.save(connection, who.tenant_id, after)
    return after


def _event(
    who: Principal, placement: Placement, posed: Posed, share_milli: int
) -> PlacementAnswered:
    return PlacementAnswered(
        user_id=who.user_id,
        course_id=placement.course_id,
        source_id=placement.placement_id,
        item_id=posed.item_id,
        question_id=posed.question_id,
        version=posed.version,
        skills=list(posed.skills),
        difficulty=posed.difficulty,
        share_milli=share_milli,
    )


async def _barred(connection: asyncpg.Connection, who: Principal) -> Collection[str]:
    """What an exam of this learner's asks, as long as its scores are not released."""
    return (await refill_store.barred(connection, who.tenant_id, [who.user_id]))[who.user_id]


async def _pool(
    connection: asyncpg.Connection, who: Principal, placement: Placement, barred: Collection[str]
) -> Pool:
    place = (who.tenant_id, placement.course_id)
    return await store.pool(connection, place, PRACTISED, barred, placing.even(placement))


async def _next(
    connection: asyncpg.Connection, who: Principal, placement: Placement, pool: Pool
) -> Posed | None:
    place = (who.tenant_id, placement.course_id)
    exposed, placements = await store.exposures(connection, place, EXPOSURES_OVER)
    return placing.next_of(placement, pool, exposed, placements)
