"""Schedule, open and close live classes; issue the token that lets somebody in."""

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from lms.classes import rules, service
from lms.classes.model import LiveClass, Plan
from lms.identity import Principal
from lms.quizzes import service as quizzes
from server.auth.tokens import JOIN_SECONDS, Admitted
from server.problems import Refusal
from server.rest import pages, reply, shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from server.rest.parse import given
from signaling.classroom.framing import NAMESPACE
from signaling.classroom.log import read_shut_until_ms
from signaling.classroom.people import refuse_removed
from signaling.routing.place import Place

# Without `from`, a timetable begins so long before now.
TIMETABLE_BACK = timedelta(days=1)


def shown(who: Principal, one: LiveClass) -> shapes.LiveClass:
    """A class as the API shows it to this person."""
    return shapes.LiveClass(
        id=one.class_id,
        course_id=one.course_id,
        course_title=one.course_title,
        title=one.title,
        state=one.state,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        opened_at=one.opened_at,
        closed_at=one.closed_at,
        my_role=rules.role_in_class(who, one.course_role),
    )


def _versioned(call: Call[Any], one: LiveClass, status: int = 200) -> Answer:
    answer = Answer(status=status, body=shown(call.principal, one))
    return reply.versioned(answer, one.version)


def _page(call: Call[Any], asked: pages.Span, found: list[LiveClass]) -> Answer:
    return pages.answer(
        call,
        asked,
        found,
        lambda one: (one.starts_at, one.class_id),
        lambda one: shown(call.principal, one),
    )


async def my_classes(call: Call[None]) -> Answer:
    """My timetable, soonest first; it begins a day ago, or at `from`."""
    asked = pages.span(call, datetime)
    since = call.now - TIMETABLE_BACK
    if "from" in call.query:
        try:
            since = msgspec.convert(call.query["from"], datetime)
        except msgspec.ValidationError:
            raise Refusal("bad_query", "from is a time as RFC 3339 has it.") from None
    if since.tzinfo is None or not rules.FIRST_YEAR <= since.year <= rules.LAST_YEAR:
        raise Refusal("bad_query", "from needs its offset from UTC, and a year that may be.")
    async with call.read() as connection:
        found = await service.mine(connection, call.principal, since, asked.after, asked.fetch)
    return _page(call, asked, found)


async def course_classes(call: Call[None]) -> Answer:
    """The timetable of a course."""
    asked = pages.span(call, datetime)
    async with call.read() as connection:
        found = await service.of_course(
            connection, call.principal, call.params["course_id"], asked.after, asked.fetch
        )
    return _page(call, asked, found)


async def create_class(call: Call[shapes.NewClass]) -> Answer:
    """Put a class on the timetable of a course."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        plan = Plan(title=body.title, starts_at=body.starts_at, ends_at=body.ends_at)
        ids = (call.deps.new_id(), call.params["course_id"])
        one = await service.schedule(connection, call.principal, ids, plan, call.now)
        return _versioned(call, one, 201)

    return await once(call, effect)


async def get_class(call: Call[None]) -> Answer:
    """One class."""
    async with call.read() as connection:
        one = await service.get(connection, call.principal, call.params["class_id"])
    return _versioned(call, one)


async def change_class(call: Call[shapes.ClassChange]) -> Answer:
    """Change title or times of a class that is not over."""
    body = call.body

    async def effect(connection: asyncpg.Connection) -> Answer:
        one = await service.edit(
            connection,
            call.principal,
            (call.params["class_id"], call.version),
            title=given(body.title),
            starts_at=given(body.starts_at),
            ends_at=given(body.ends_at),
        )
        return _versioned(call, one)

    return await once(call, effect)


async def open_class(call: Call[None]) -> Answer:
    """Let the students in."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        class_id = call.params["class_id"]
        one = await service.open_class(connection, call.principal, class_id, call.now)
        return _versioned(call, one)

    return await once(call, effect)


async def close_class(call: Call[None]) -> Answer:
    """End the class for everybody."""
    who, class_id = call.principal, call.params["class_id"]

    async def effect(connection: asyncpg.Connection) -> Answer:
        one = await service.close_class(connection, who, class_id, call.now)
        await quizzes.end_of_class(connection, who, class_id, call.deps.desk())
        return _versioned(call, one)

    # First nobody new gets in, then everybody inside is told. A repeat tells them again: it is harmless, and what mends
    # a close whose second half failed.
    answer = await once(call, effect)
    await call.deps.classes.close(who.tenant_id, class_id, who.user_id)
    return answer


async def join_class(call: Call[None]) -> Answer:
    """The token for the socket of this class, for this person alone."""
    who, class_id, deps = call.principal, call.params["class_id"], call.deps
    async with call.read() as connection:
        admission = await service.admit(connection, who, class_id)
        place = Place(tenant_id=who.tenant_id, class_id=class_id)
        shut_until_ms = await read_shut_until_ms(connection, place, who.user_id)
    refuse_removed(shut_until_ms, call.now.timestamp())
    admitted = Admitted(who=who, class_id=class_id, name=admission.name, role=admission.role)
    return Answer(
        body=shapes.Join(
            token=deps.tokens.join(admitted),
            role=admission.role,
            socket=deps.socket_path,
            namespace=NAMESPACE,
            ice_servers=list(deps.ice_servers),
            epoch=await deps.classes.epoch(who.tenant_id, class_id),
            expires_in=JOIN_SECONDS,
        )
    )
