"""Ask for items and watch the job; what can be asked is checked here, and nothing is made."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms import jobs, outbox
from lms.ai import budget_store, personal, prompts, store
from lms.ai.model import Brief, Budget, Job, JobState
from lms.courses import rules as course_rules
from lms.courses import service as courses
from lms.enrolment import store as enrolment
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.events import GenerationAsked, GenerationEnded
from lms.grading.model import BY_HAND
from lms.identity import Principal, may
from lms.ids import CourseId, JobId
from lms.text import tidy
from lms.uploads import rules as upload_rules
from lms.uploads import service as uploads
from lms.uploads.model import Upload

# Jobs that are not over yet.
OPEN_OF_COURSE = 5
OPEN_OF_SCHOOL = 50
SOURCE_MAX_CHARS = 100_000
FILE_MAX_BYTES = 400_000
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
FILE_TYPES = frozenset({"text/plain", "text/markdown", "text/csv"})
FILE_ENDINGS = (".txt", ".md", ".csv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A brief for a course, and what the items are to be about: a text, a file, or nothing but the bank."""

    course_id: str
    brief: Brief
    source: str = ""
    upload_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who asks (None: the school's own low-water mark), when; `new_id` gives ids."""

    tenant_id: str
    user_id: str | None
    now: datetime
    new_id: Callable[[], str]


async def ask(connection: asyncpg.Connection, who: Principal, wanted: Wanted, desk: Desk) -> Job:
    """Take a brief from a person, who may ask in this course."""
    try:
        course = await courses.get(connection, who, wanted.course_id, "generation.ask")
    except NotFound:
        # Whoever may ask nowhere is told that, whatever the course.
        if not may(who, "generation.ask"):
            await _check_teaches(connection, who)
        raise
    course_rules.check_live(course)
    upload = None
    if wanted.upload_id is not None:
        upload = check_file(await uploads.own(connection, who, wanted.upload_id))
    return await place(connection, desk, wanted, upload)


async def _check_teaches(connection: asyncpg.Connection, who: Principal) -> list[str]:
    """The courses in which somebody teaches who is no administrator."""
    found = await enrolment.taught_by(connection, who.tenant_id, who.user_id)
    if not found:
        raise Forbidden("Only those who teach a course ask the factory for items.")
    return found


async def place(
    connection: asyncpg.Connection, desk: Desk, wanted: Wanted, upload: Upload | None = None
) -> Job:
    """Take a brief; the caller has seen to the rights. The job, its event and its work are one transaction."""
    brief = check_brief(wanted)
    await store.lock_school(connection, desk.tenant_id)
    check_room(await store.open_jobs(connection, desk.tenant_id, wanted.course_id))
    source = wanted.source.replace("\r\n", "\n").strip()
    job = Job(
        job_id=JobId(desk.new_id()),
        course_id=CourseId(wanted.course_id),
        asked_by=desk.user_id,
        brief=brief,
        digest=digest_of(brief, source if upload is None else f"file {upload.digest}"),
        source=source,
        upload_id=wanted.upload_id,
        state="queued",
        wanted=brief.count,
        created_at=desk.now,
        updated_at=desk.now,
    )
    await store.add(connection, desk.tenant_id, job)
    asked = GenerationAsked(job_id=job.job_id, course_id=job.course_id, wanted=job.wanted)
    await outbox.append(connection, desk.tenant_id, [asked], desk.now)
    work = jobs.Job(
        job_id=JobId(desk.new_id()),
        kind="generation.run",
        tenant_id=desk.tenant_id,
        subject_id=job.job_id,
    )
    await jobs.enqueue(connection, work, desk.now)
    return job


def check_brief(wanted: Wanted) -> Brief:
    """The brief as it is kept; Invalid when nothing could come of it, or when it names a person."""
    brief, by_hand = wanted.brief, sorted(BY_HAND & set(wanted.brief.kinds))
    if by_hand:
        raise Invalid(
            f"The factory makes no items of the kind {by_hand[0]}: people mark them.",
            pointer="/brief/kinds",
            code="kind_not_generated",
        )
    if wanted.source and wanted.upload_id is not None:
        raise Invalid(
            "Give the source as text or as a file.", pointer="/upload_id", code="two_sources"
        )
    for pointer, text in (
        ("/brief/note", brief.note),
        ("/source", wanted.source),
        ("/brief/skill", brief.skill),
    ):
        check_text(text, pointer)
    return msgspec.structs.replace(
        brief,
        skill=tidy(brief.skill, called="skill", longest=80),
        kinds=list(dict.fromkeys(brief.kinds)),
    )


def check_text(text: str, pointer: str) -> None:
    """Raise Invalid for a text that cannot be kept, or that holds an address, a telephone number or an id of somebody: such a text leaves for no model."""
    if CONTROL.search(text):
        raise Invalid("A text has no control characters.", pointer=pointer)
    if personal.found(text):
        raise Invalid(
            "This names a person (an address, a telephone number or an id): take it out.",
            pointer=pointer,
            code="personal_data",
        )


def check_room(there: tuple[int, int]) -> None:
    """Raise Conflict when the school, or the course, has as many open jobs as it may have."""
    school, course = there
    if course >= OPEN_OF_COURSE:
        raise Conflict(
            f"{OPEN_OF_COURSE} jobs of this course are not done yet: wait, or cancel one.",
            code="generation_course_full",
        )
    if school >= OPEN_OF_SCHOOL:
        raise Conflict(
            f"{OPEN_OF_SCHOOL} jobs of your school are not done yet: wait a little.",
            code="generation_school_full",
        )


def check_file(upload: Upload) -> Upload:
    """The file, if it is a text of a size that is read."""
    ready = upload_rules.check_ready(upload)
    is_text = ready.type in FILE_TYPES and ready.name.lower().endswith(FILE_ENDINGS)
    if not is_text:
        raise Invalid(
            "A source is a text file: .txt, .md or .csv.", pointer="/upload_id", code="source_type"
        )
    if ready.size_bytes > FILE_MAX_BYTES:
        raise Invalid(
            f"A source has at most {FILE_MAX_BYTES // 1000} kB.",
            pointer="/upload_id",
            code="source_too_large",
        )
    return ready


def digest_of(brief: Brief, source: str) -> bytes:
    """Of all that decides what comes out: asked the same again, the same comes."""
    told = msgspec.json.encode((brief, source, sorted(prompts.VERSIONS.items())), order="sorted")
    return hashlib.sha256(told).digest()


# --- Watch ----------------------------------------------------------------------------------------


async def get(connection: asyncpg.Connection, who: Principal, job_id: str) -> Job:
    """One job, for those who may ask in its course."""
    job = await store.get(connection, who.tenant_id, job_id)
    if job is None:
        raise NotFound("There is no such job.")
    try:
        await courses.get(connection, who, job.course_id, "generation.ask")
    except NotFound:
        raise NotFound("There is no such job.") from None
    return job


async def page(
    connection: asyncpg.Connection,
    who: Principal,
    course_id: str | None,
    after: str | None,
    limit: int,
) -> list[Job]:
    """The jobs of a course, or of all in which the caller may ask, the newest first."""
    if course_id is not None:
        await courses.get(connection, who, course_id, "generation.ask")
        wanted: list[str] | None = [course_id]
    elif may(who, "generation.ask"):
        wanted = None
    else:
        wanted = await _check_teaches(connection, who)
    return await store.page(connection, who.tenant_id, wanted, after, limit)


async def cancel(
    connection: asyncpg.Connection, who: Principal, job_id: str, now: datetime
) -> Job:
    """Let it make no more; one that is over stays as it is."""
    await get(connection, who, job_id)
    await end(connection, who.tenant_id, job_id, ("cancelled", "cancelled_by_teacher"), now)
    return await get(connection, who, job_id)


async def end(
    connection: asyncpg.Connection,
    tenant_id: str,
    job_id: str,
    how: tuple[JobState, str],
    now: datetime,
) -> Job | None:
    """End a job that is not over, with its event; None when it was. `how` is the state and why."""
    job = await store.end(connection, tenant_id, job_id, how, now)
    if job is not None:
        ended = GenerationEnded(
            job_id=job.job_id,
            course_id=job.course_id,
            state=job.state,
            passed=job.passed,
            dropped=job.dropped,
        )
        await outbox.append(connection, tenant_id, [ended], now)
    return job


async def get_budget(connection: asyncpg.Connection, who: Principal, now: datetime) -> Budget:
    """What the models may cost this month, and did."""
    if not may(who, "factory.see"):
        raise Forbidden("Your role does not see what the factory costs.")
    return await budget_store.get(connection, who.tenant_id, now)


async def change_budget(
    connection: asyncpg.Connection, who: Principal, tokens: int, now: datetime
) -> Budget:
    """Set the limit from this month on."""
    if not may(who, "factory.manage"):
        raise Forbidden("Only an administrator sets what the models may cost.")
    await budget_store.set_limit(connection, who.tenant_id, tokens, now)
    return await budget_store.get(connection, who.tenant_id, now)
