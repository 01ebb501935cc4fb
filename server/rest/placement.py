"""The short test that finds where a learner stands."""

from collections.abc import Sequence
from dataclasses import replace

import asyncpg
import msgspec

from lms.adaptive.ability import ASKED_AT_MOST
from lms.adaptive.model import Reason
from lms.attempts.model import Value
from lms.practice import placement, wire
from lms.practice.checking import checked
from lms.practice.model import POSSIBLE_MILLI
from lms.practice.placing import Placement, Posed
from server.rest import practice_shapes as shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from server.rest.items import Item
from server.rest.practice import fitting, shown


async def start_placement(call: Call[None]) -> Answer:
    """Begin, or go on; under the caller's key, how it stood the first time."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        begun = await placement.start(
            connection, call.principal, call.params["course_id"], call.deps.desk()
        )
        return Answer(body=msgspec.json.encode(begun))

    answer = await once(call, effect)
    assert isinstance(answer.body, bytes)
    begun = msgspec.json.decode(answer.body, type=Placement)
    return msgspec.structs.replace(answer, body=await _step(call, begun))


async def answer_placement(call: Call[shapes.PlacementAnswer]) -> Answer:
    """Answer the item that is asked now; what was answered before stays, and how it stands now is told again."""
    who, place = call.principal, (call.params["placement_id"], call.params["item_id"])
    async with call.read() as connection:
        stands = await placement.mine(connection, who, place[0])
    item = await _item(call, placement.asked(stands, place[1]))
    value = call.body.value
    # Not to know it says of the level what a wrong answer says.
    share_milli = 0 if item is None or value is None else _earned(item, value)
    desk = replace(call.deps.desk(), now=call.arrived_at)
    async with call.read() as connection:
        after = await placement.answer(connection, who, place, share_milli, desk)
    return Answer(body=await _step(call, after))


def _earned(item: Item, value: Value) -> int:
    fitting(item.sheet.kind, value)
    return checked(item.sheet, value).earned_milli * 1000 // POSSIBLE_MILLI


async def _item(call: Call[None] | Call[shapes.PlacementAnswer], posed: Posed) -> Item | None:
    version = wire.version_of(posed.question_id, posed.version)
    [item] = await call.deps.tutor.items.all(call.principal.tenant_id, [version])
    return item


async def _step(
    call: Call[None] | Call[shapes.PlacementAnswer], stands: Placement
) -> shapes.PlacementStep:
    posed = stands.asked_now
    item = None if posed is None else await _item(call, posed)
    return shapes.PlacementStep(
        placement_id=stands.placement_id,
        item=None if posed is None or item is None else shown(call, item, _about(posed)),
        asked=len(stands.items),
        asked_at_most=ASKED_AT_MOST,
        done=stands.done_at is not None,
        level=stands.level,
    )


def _about(posed: Posed) -> tuple[str, Sequence[str], Reason]:
    return posed.item_id, posed.skills, Reason(why="at_level")
