"""Items after use: those that do badly leave the draws and the lessons at once, and a person looks at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms import audit
from lms.ai import quality, quality_store, staging
from lms.ai.quality import Figures, Used
from lms.ai.quality_store import Due, Line
from lms.assessments import service as assessments
from lms.attempts.model import Desk
from lms.courses import service as courses
from lms.errors import Conflict
from lms.identity import Principal
from lms.practice import showing
from lms.practice import store as practice
from lms.questions import service as questions
from lms.questions import store as question_store
from lms.questions.model import Question

# Items that are measured in one transaction, and whose ids are looked up at once.
AT_ONCE = 50
LOOKED_AT = 5_000
RISK = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Which items of a school are looked at: those that were used since, or all; and up to when that is."""

    tenant_id: str
    since: datetime | None
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a batch came to, `held` as (course, question)."""

    items: int
    held: tuple[tuple[str, str], ...]


async def begin(connection: asyncpg.Connection, tenant_id: str, now: datetime) -> Scan:
    """What is to be looked at now."""
    last = await quality_store.scanned(connection, tenant_id)
    return Scan(tenant_id=tenant_id, since=quality.since(last, now), until=now)


async def next_ids(connection: asyncpg.Connection, scan: Scan, after: str | None) -> Sequence[str]:
    """The next items of a scan, after this one; fewer than LOOKED_AT at the end."""
    if scan.since is None:
        return await quality_store.every(connection, scan.tenant_id, after, LOOKED_AT)
    place = (scan.tenant_id, scan.since)
    return await quality_store.used(connection, place, after, LOOKED_AT)


async def finish(connection: asyncpg.Connection, scan: Scan) -> None:
    """All of it is done."""
    await quality_store.note_scanned(
        connection, scan.tenant_id, scan.until, whole=scan.since is None
    )


async def batch(
    connection: asyncpg.Connection, tenant_id: str, ids: Sequence[str], desk: Desk
) -> Measured:
    """Measure those of these items that need it. The connection is one that may write the staging."""
    found = await quality_store.due(connection, tenant_id, ids, quality.ANSWERS_MIN)
    asked = await question_store.get_all(connection, tenant_id, [one.question_id for one in found])
    seed = await practice.seed(connection, tenant_id) if found else ""
    bad = list[tuple[Due, Figures]]()
    for one in found:
        question = asked[one.question_id]
        figures = await _figures(connection, (tenant_id, seed), question, one)
        if figures is None or question.listed.version != one.version:
            continue  # changed this moment: the new version has its own figures one day
        where = (tenant_id, one.question_id, one.version)
        await quality_store.put(connection, where, question.listed.course_id, figures, desk.now)
        if figures.is_bad and quality.may_hold(one.answered, one.held_after):
            bad.append((one, figures))
    held = [
        (asked[one.question_id].listed.course_id, one.question_id)
        for one, figures in bad
        if await _hold(connection, tenant_id, one, figures, desk)
    ]
    return Measured(items=len(found), held=tuple(held))


async def _figures(
    connection: asyncpg.Connection, school: tuple[str, str], question: Question, due: Due
) -> Figures | None:
    """`school` is (tenant, the seed of its practice)."""
    tenant_id, seed = school
    listed, content = question.listed, question.content
    version = (listed.question_id, listed.version)
    names = showing.shown(seed, version, listed.kind, content).names
    practised = await quality_store.practised(connection, (tenant_id, *version), dict(names))
    examined = await quality_store.examined(connection, (tenant_id, *version))
    return quality.figures(
        Used(
            kind=listed.kind,
            key=question.key,
            options=tuple(one.id for one in content.options),
            label=listed.labels.difficulty,
            groups=(tuple(practised), tuple(examined)),
            answered=due.answered,
        )
    )


async def _hold(
    connection: asyncpg.Connection, tenant_id: str, due: Due, figures: Figures, desk: Desk
) -> bool:
    """Out of use, and before the reviewers; False when it is not in use any more, or says something else by now."""
    question = await question_store.get(connection, tenant_id, due.question_id, lock=True)
    if question is None or question.listed.version != due.version:
        return False
    course_id = await question_store.move(
        connection, tenant_id, due.question_id, ("published", "held"), desk.now
    )
    if course_id is None:
        return False
    where = (tenant_id, due.question_id, due.version)
    await quality_store.mark_held(connection, where, due.answered)
    faults = {due.question_id: (" ".join(figures.faults), RISK)}
    await staging.stage_reported(connection, tenant_id, faults, desk.now)
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=None,
        action="question.held",
        subject_id=due.question_id,
        data={"version": due.version, "answered": due.answered},
    )
    await audit.note(connection, tenant_id, entry, desk.now)
    await assessments.bank_changed(connection, tenant_id, course_id, desk.new_id, desk.now)
    return True


async def release(
    connection: asyncpg.Connection, who: Principal, question_id: str, desk: Desk
) -> None:
    """Put a held item back to use; one that is in use stays so. Conflict when it is not held but a draft, retired or recalled."""
    question = await questions.get(connection, who, question_id, "question.edit", lock=True)
    if question.listed.labels.state == "published":
        return
    course_id = await question_store.move(
        connection, who.tenant_id, question_id, ("held", "published"), desk.now
    )
    if course_id is None:
        raise Conflict("This question is not held.", code="question_not_held")
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=who.user_id,
        action="question.released",
        subject_id=question_id,
        data={"version": question.listed.version},
    )
    await audit.note(connection, who.tenant_id, entry, desk.now)
    await assessments.bank_changed(connection, who.tenant_id, course_id, desk.new_id, desk.now)


async def page(
    connection: asyncpg.Connection,
    place: tuple[Principal, str],
    fault: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[Line]:
    """How the items of (caller, course) did."""
    who, course_id = place
    await courses.get(connection, who, course_id, "question.see")
    return await quality_store.page(connection, (who.tenant_id, course_id), fault, after, limit)
