"""Low-water marks at work: set by teachers, looked at every hour, each starting one batch at a time."""

from dataclasses import replace

import asyncpg

from lms.ai import asking, stock, stock_store
from lms.ai.asking import Wanted
from lms.ai.stock import Mark
from lms.ai.stock_store import Line
from lms.attempts.model import Desk
from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.errors import Conflict, Invalid
from lms.identity import Principal

MARKS_MAX = 500
# So many batches are asked for at once.
SCAN_MAX = 50


async def set_mark(connection: asyncpg.Connection, who: Principal, mark: Mark, desk: Desk) -> Line:
    """Say how many items there should be, if the factory could make such."""
    course = await courses.get(connection, who, mark.course_id, "generation.ask")
    course_rules.check_live(course)
    checked = asking.check_brief(_wanted(mark, None))
    tidy = replace(mark, skill=checked.skill, kinds=tuple(checked.kinds))
    if await stock_store.count_others(connection, who.tenant_id, tidy) >= MARKS_MAX:
        raise Conflict(f"A course has at most {MARKS_MAX} marks.", code="stock_full")
    await stock_store.save(connection, who.tenant_id, tidy, who.user_id, desk.now)
    return await stock_store.line(connection, who.tenant_id, tidy)


async def page(
    connection: asyncpg.Connection,
    place: tuple[Principal, str],
    after: tuple[str, str] | None,
    limit: int,
) -> list[Line]:
    """The stock of a bank; `place` is (caller, course)."""
    who, course_id = place
    await courses.get(connection, who, course_id, "question.see")
    return await stock_store.lines(connection, (who.tenant_id, course_id), after, limit)


async def scan(connection: asyncpg.Connection, tenant_id: str, desk: Desk) -> int:
    """Ask the factory for what there is too little of; how many batches were asked for."""
    low = await stock_store.low(connection, tenant_id, desk.now - stock.USED_UP, SCAN_MAX)
    ids = [mark.job_id for mark, _ in low if mark.job_id is not None]
    last_of = await stock_store.last_of(connection, tenant_id, ids)
    asked = 0
    for mark, items in low:
        last = last_of.get(mark.job_id or "")
        if stock.is_due(mark, items, last, desk.now):
            asked += await _ask(connection, tenant_id, (mark, last), desk)
    return asked


async def _ask(
    connection: asyncpg.Connection,
    tenant_id: str,
    due: tuple[Mark, stock.Last | None],
    desk: Desk,
) -> bool:
    """False while the course or the school has as many open jobs as it may have: the next scan asks again."""
    place = asking.Desk(tenant_id=tenant_id, user_id=None, now=desk.now, new_id=desk.new_id)
    try:
        job = await asking.place(connection, place, _wanted(*due))
    except (Conflict, Invalid):
        # A mark of a time with other rules keeps no other mark waiting.
        return False
    return await stock_store.set_job(connection, tenant_id, due[0], job.job_id)


def _wanted(mark: Mark, last: stock.Last | None) -> Wanted:
    return Wanted(course_id=mark.course_id, brief=stock.brief(mark, last), source=mark.source)
