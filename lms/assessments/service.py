"""Write, publish and read assessments; give single learners more."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import asyncpg
import msgspec

from lms import audit
from lms.assessments import drawing, rules, store
from lms.assessments.model import Accommodation, Assessment, Settings
from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.courses import store as course_store
from lms.courses.model import Course
from lms.enrolment import store as enrolments
from lms.enrolment.model import Enrolment
from lms.errors import Conflict, NotFound
from lms.identity import Permission, Principal, may
from lms.ids import AssessmentId, CourseId, JobId
from lms.jobs import Job, enqueue


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An assessment that is to be written."""

    assessment_id: str
    title: str
    settings: Settings
    opens_at: datetime | None
    closes_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be otherwise; a time may be taken away, so what is left out is not None."""

    title: str | None
    settings: Settings | None
    opens_at: datetime | msgspec.UnsetType | None
    closes_at: datetime | msgspec.UnsetType | None


async def create(
    connection: asyncpg.Connection, who: Principal, course_id: str, new: New, now: datetime
) -> Assessment:
    """Write a draft."""
    course_rules.check_live(await courses.get(connection, who, course_id, "assessment.edit"))
    rules.check_times(new.opens_at, new.closes_at)
    assessment = Assessment(
        assessment_id=AssessmentId(new.assessment_id),
        course_id=CourseId(course_id),
        version=1,
        title=course_rules.normal_title(new.title),
        state="draft",
        opens_at=new.opens_at,
        closes_at=new.closes_at,
        released_at=None,
        materialised_version=0,
        settings=rules.check_settings(new.settings),
        updated_at=now,
    )
    await store.add(connection, who.tenant_id, assessment, who.user_id, now)
    return assessment


async def seen(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    permission: Permission = "assessment.see",
    *,
    lock: bool = False,
) -> tuple[Assessment, Course]:
    """One assessment and its course, if the caller may do this with it."""
    found = await store.get(connection, who.tenant_id, assessment_id, lock=lock)
    if found is None:
        raise NotFound("There is no such assessment.")
    course = await course_store.get(connection, who.tenant_id, who.user_id, found.course_id)
    return found, rules.check(who, course, found.state, permission)


async def get(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    permission: Permission = "assessment.edit",
) -> Assessment:
    """One assessment, if the caller may do this with it."""
    found, _ = await seen(connection, who, assessment_id, permission)
    return found


async def page(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Assessment]:
    """The assessments of a course; drafts for those who write them."""
    course = await courses.get(connection, who, course_id, "assessment.see")
    drafts = may(who, "assessment.edit", course.my_role)
    return await store.page(
        connection, who.tenant_id, course_id, drafts=drafts, after=after, limit=limit
    )


async def edit(
    connection: asyncpg.Connection,
    who: Principal,
    stands: tuple[str, int],
    change: Change,
    new_id: Callable[[], str],
    now: datetime,
) -> Assessment:
    """The next version, if (assessment id, version) still stands; of a published one the papers are made anew."""
    assessment_id, version = stands
    old, course = await seen(connection, who, assessment_id, "assessment.edit", lock=True)
    course_rules.check_live(course)
    course_rules.check_version(old.version, version)
    new = _changed(old, change, now)
    # What is asked already may go on being asked, whatever became of the bank: other times must always be possible.
    if new.state == "published" and new.settings.sections != old.settings.sections:
        await check_drawable(connection, who.tenant_id, new)
    await store.save(connection, who.tenant_id, new, who.user_id, now)
    if new.state == "published":
        await materialise_later(connection, who.tenant_id, new.assessment_id, new_id(), now)
    await _note(connection, who, (new_id(), "assessment.changed"), new, now)
    return new


def _changed(old: Assessment, change: Change, now: datetime) -> Assessment:
    opens_at = _or(change.opens_at, old.opens_at)
    closes_at = _or(change.closes_at, old.closes_at)
    rules.check_times(opens_at, closes_at)
    return replace(
        old,
        version=old.version + 1,
        title=old.title if change.title is None else course_rules.normal_title(change.title),
        settings=rules.check_settings(change.settings or old.settings),
        opens_at=opens_at,
        closes_at=closes_at,
        updated_at=now,
    )


def _or(given: datetime | msgspec.UnsetType | None, stands: datetime | None) -> datetime | None:
    return stands if isinstance(given, msgspec.UnsetType) else given


async def publish(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    new_id: Callable[[], str],
    now: datetime,
) -> Assessment:
    """Let it be taken: everybody's attempt is made from now on, ahead of the opening."""
    found, course = await seen(connection, who, assessment_id, "assessment.edit", lock=True)
    course_rules.check_live(course)
    await check_drawable(connection, who.tenant_id, found)
    published = await _moved(connection, who, found, "publish", now)
    await materialise_later(connection, who.tenant_id, assessment_id, new_id(), now)
    await _note(connection, who, (new_id(), "assessment.published"), published, now)
    return published


async def archive(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    new_id: Callable[[], str],
    now: datetime,
) -> Assessment:
    """Let nobody begin it any more; who has begun goes on."""
    found, _ = await seen(connection, who, assessment_id, "assessment.edit", lock=True)
    archived = await _moved(connection, who, found, "archive", now)
    await _note(connection, who, (new_id(), "assessment.archived"), archived, now)
    return archived


async def _moved(
    connection: asyncpg.Connection, who: Principal, found: Assessment, verb: str, now: datetime
) -> Assessment:
    state = rules.NEXT[found.state, verb]
    if state == found.state:
        return found
    await store.set_state(connection, who.tenant_id, found.assessment_id, state, now)
    return replace(found, state=state, updated_at=now)


async def _note(
    connection: asyncpg.Connection,
    who: Principal,
    act: tuple[str, str],
    assessment: Assessment,
    now: datetime,
) -> None:
    """Write down who did it: `act` is (id of the line, what was done)."""
    audit_id, action = act
    entry = audit.Entry(
        audit_id=audit_id,
        user_id=who.user_id,
        action=action,
        subject_id=assessment.assessment_id,
        data={"version": assessment.version},
    )
    await audit.note(connection, who.tenant_id, entry, now)


async def check_drawable(
    connection: asyncpg.Connection, tenant_id: str, assessment: Assessment
) -> None:
    """Raise Conflict unless there is something to ask, and the bank has enough of it."""
    rules.check_not_empty(assessment.settings)
    bank = await store.bank(connection, tenant_id, assessment.course_id)
    usable = [item for item in bank if item.state == "published"]
    named = set(rules.named(assessment.settings))
    if unready := named & {item.question_id for item in bank if item.state != "published"}:
        raise Conflict(
            f"{len(unready)} of the named questions are drafts or retired.",
            code="question_not_published",
        )
    plan = drawing.planned(assessment.settings.sections, usable)
    sizes = await store.sizes(connection, tenant_id, assessment.course_id)
    rules.check_size(drawing.most_bytes(plan, sizes))


async def materialise_later(
    connection: asyncpg.Connection,
    tenant_id: str,
    assessment_id: str,
    job_id: str,
    now: datetime,
    *,
    user_id: str | None = None,
) -> None:
    """Have attempts made by a worker once this transaction is through: everybody's, or one learner's."""
    job = Job(
        job_id=JobId(job_id),
        kind="assessment.materialise",
        tenant_id=tenant_id,
        subject_id=assessment_id,
        data={} if user_id is None else {"user_id": user_id},
    )
    await enqueue(connection, job, now)


async def expect(
    connection: asyncpg.Connection,
    tenant_id: str,
    learner: Enrolment,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    """Somebody has come into a course: have their attempts made too."""
    if learner.role == "student":
        await _all_later(connection, (tenant_id, learner.course_id), new_id, now, learner.user_id)


async def bank_changed(
    connection: asyncpg.Connection,
    tenant_id: str,
    course_id: str,
    new_id: Callable[[], str],
    now: datetime,
) -> None:
    """Questions say something else: what asks them and was not begun is made anew."""
    await _all_later(connection, (tenant_id, course_id), new_id, now)


async def _all_later(
    connection: asyncpg.Connection,
    place: tuple[str, str],
    new_id: Callable[[], str],
    now: datetime,
    user_id: str | None = None,
) -> None:
    """For each assessment of a (tenant, course) that may be taken."""
    tenant_id, course_id = place
    for assessment_id in await store.published_ids(connection, tenant_id, course_id):
        await materialise_later(
            connection, tenant_id, assessment_id, new_id(), now, user_id=user_id
        )


async def accommodations(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    after: tuple[str, str] | None,
    limit: int,
) -> list[tuple[str, Accommodation]]:
    """Who is given what, by name."""
    await get(connection, who, assessment_id)
    return await store.accommodations(connection, who.tenant_id, assessment_id, after, limit)


async def accommodate(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    given: Accommodation,
    audit_id: str,
    now: datetime,
) -> tuple[str, Assessment]:
    """Give a learner of the course more; their name, and what it is for."""
    assessment, _ = await seen(connection, who, assessment_id, "assessment.edit", lock=True)
    learner = await enrolments.of_person(
        connection, who.tenant_id, assessment.course_id, given.user_id
    )
    if learner is None or learner.role != "student":
        raise NotFound("There is no such student in the course.", code="person_not_found")
    rules.check_times(assessment.opens_at, given.closes_at)
    await store.set_accommodation(connection, who.tenant_id, assessment_id, given, now)
    entry = audit.Entry(
        audit_id=audit_id,
        user_id=who.user_id,
        action="accommodation.given",
        subject_id=given.user_id,
        data={
            "assessment_id": assessment_id,
            "extra_time_percent": given.extra_time_percent,
            "extra_attempts": given.extra_attempts,
        },
    )
    await audit.note(connection, who.tenant_id, entry, now)
    return learner.name, assessment


async def given_to(
    connection: asyncpg.Connection, who: Principal, assessment_id: str
) -> Accommodation | None:
    """What the caller is given."""
    return await store.accommodation(connection, who.tenant_id, assessment_id, who.user_id)
