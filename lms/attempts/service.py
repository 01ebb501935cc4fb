"""Start attempts, hand them in, and let them end later."""

from dataclasses import dataclass, replace
from datetime import timedelta

import asyncpg

from lms import outbox
from lms.assessments import rules as assessment_rules
from lms.attempts import counting, materialise, store, versions
from lms.attempts.attempt import after, is_due, opened
from lms.attempts.model import Attempt, Counted, Desk, Handed, SubmittedBy
from lms.courses import store as courses
from lms.errors import Conflict, Forbidden, NotFound, Unavailable
from lms.events import AttemptOpened, AttemptSubmitted
from lms.identity import Principal, may

# How long the deadline lets answers that arrived in time find their way through queues to the database.
SETTLE = timedelta(seconds=2)
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An attempt that was started or opened again: its paper as it is sent, and what is saved of it."""

    attempt: Attempt
    title: str
    paper: str
    saved: dict[str, Counted]


async def start(
    connection: asyncpg.Connection,
    who: Principal,
    assessment_id: str,
    password: str,
    desk: Desk,
) -> Opened:
    """Start the attempt that is ready, or open the one that runs on another device, under its next opening."""
    for _ in range(TRIES):
        found = await _startable(connection, who, assessment_id)
        before = found.attempt
        if before is None or before.state == "ready":
            assessment_rules.check_published(found.state)
            assessment_rules.check_password(found.password, password)
        elif is_due(before, desk.now, SETTLE):
            await shut(connection, who.tenant_id, before.attempt_id, desk)
            continue
        if before is None or (
            before.state == "ready" and before.assessment_version != found.version
        ):
            # Nobody has made it ahead, or it was made of another version: now, then.
            await materialise.for_learner(
                connection, who.tenant_id, who.user_id, assessment_id, desk
            )
            continue
        now_open = opened(before, desk.now)
        if await store.open_one(connection, who.tenant_id, before, now_open):
            return await _told(connection, who, found, now_open, desk)
    raise Unavailable("The attempt is being opened elsewhere at this moment: try again.")


async def _startable(
    connection: asyncpg.Connection, who: Principal, assessment_id: str
) -> store.Startable:
    found = await store.startable(connection, who.tenant_id, who.user_id, assessment_id)
    if found is None or not may(who, "assessment.see", found.my_role) or found.state == "draft":
        raise NotFound("There is no such assessment.")
    if not may(who, "attempt.make", found.my_role):
        raise Forbidden("Only students of the course sit its assessments.")
    return found


async def _told(
    connection: asyncpg.Connection,
    who: Principal,
    found: store.Startable,
    attempt: Attempt,
    desk: Desk,
) -> Opened:
    """What an opening leaves behind: an event for the readers, a line in the history, and the answer to the caller."""
    assert attempt.ends_at is not None
    event = AttemptOpened(
        attempt_id=attempt.attempt_id,
        assessment_id=attempt.assessment_id,
        course_id=attempt.course_id,
        user_id=attempt.user_id,
        opening=attempt.opening,
        asked=len(attempt.item_ids),
        number=attempt.number,
        ends_at_ms=round(attempt.ends_at.timestamp() * 1000),
    )
    await outbox.append(connection, who.tenant_id, [event], desk.now)
    await _note(connection, who, attempt, "opened", {"opening": attempt.opening}, desk)
    saved = dict[str, Counted]()
    if attempt.opening > 1:
        until = counting.counts_until(attempt)
        saved = await store.counted(connection, who.tenant_id, attempt.attempt_id, until)
    return Opened(attempt=attempt, title=found.title, paper=found.paper or "", saved=saved)


async def _note(
    connection: asyncpg.Connection,
    who: Principal,
    attempt: Attempt,
    name: str,
    data: dict[str, str | int | bool],
    desk: Desk,
) -> None:
    noted = store.Noted(
        event_id=desk.new_id(),
        attempt_id=attempt.attempt_id,
        name=name,
        by_user=who.user_id,
        data=data,
    )
    await store.note_all(connection, who.tenant_id, [noted], desk.now)


async def mine(
    connection: asyncpg.Connection, who: Principal, attempt_id: str, *, lock: bool = False
) -> Attempt:
    """The caller's own attempt."""
    attempt = await store.get(connection, who.tenant_id, attempt_id, lock=lock)
    if attempt is None or attempt.user_id != who.user_id:
        raise NotFound("There is no such attempt.")
    return attempt


async def seen(connection: asyncpg.Connection, who: Principal, attempt_id: str) -> Attempt:
    """An attempt, for its learner and for those who look after its course."""
    attempt = await store.get(connection, who.tenant_id, attempt_id)
    if attempt is None:
        raise NotFound("There is no such attempt.")
    if attempt.user_id != who.user_id:
        course = await courses.get(connection, who.tenant_id, who.user_id, attempt.course_id)
        if course is None or not may(who, "attempt.see", course.my_role):
            raise NotFound("There is no such attempt.")
    return attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many items are answered, at which version."""

    answered: int
    version: str


async def progress(
    connection: asyncpg.Connection, tenant_id: str, attempt: Attempt, seen: str | None
) -> Progress:
    """From the copy, unless the caller has seen something newer or the copy has nothing: then from the answers themselves."""
    if attempt.answered is not None and attempt.state != "open":
        version = versions.of(attempt.last_opening or 0, attempt.last_seq or 0, attempt.state)
        return Progress(answered=attempt.answered, version=version)
    copy = await store.progress(connection, tenant_id, attempt.attempt_id)
    if copy is not None and copy.state == attempt.state:
        version = versions.of(copy.opening, copy.seq, copy.state)
        if not versions.is_behind(version, seen):
            return Progress(answered=copy.answered, version=version)
    until = counting.counts_until(attempt)
    counts = await store.counted(connection, tenant_id, attempt.attempt_id, until)
    opening, seq = await store.newest(connection, tenant_id, attempt.attempt_id)
    return Progress(
        answered=counting.answered(counts), version=versions.of(opening, seq, attempt.state)
    )


async def submit(
    connection: asyncpg.Connection,
    who: Principal,
    attempt_id: str,
    last: tuple[int, int],
    desk: Desk,
) -> Handed:
    """Hand it in, if `last` (opening, seq) names the newest answer; the same receipt each time."""
    attempt = await mine(connection, who, attempt_id, lock=True)
    if attempt.receipt is not None:
        return handed(attempt)
    after(attempt.state, "submit")
    opening, last_seq = last
    if opening != attempt.opening:
        raise Conflict("Another device has opened this attempt since.", code="opening_superseded")
    _, stored = await store.newest(connection, who.tenant_id, attempt_id, opening)
    if stored != last_seq:
        raise Conflict(
            f"The newest answer of this opening that is saved has seq {stored}.",
            code="answers_missing",
        )
    return await _hand_in(connection, who.tenant_id, attempt, "learner", desk)


async def shut(
    connection: asyncpg.Connection, tenant_id: str, attempt_id: str, desk: Desk
) -> bool:
    """What the deadline does: hand in what is open and due; False when there is nothing to do."""
    attempt = await store.get(connection, tenant_id, attempt_id, lock=True)
    if attempt is None or not is_due(attempt, desk.now, SETTLE):
        return False
    await _hand_in(connection, tenant_id, attempt, "deadline", desk)
    return True


async def _hand_in(
    connection: asyncpg.Connection,
    tenant_id: str,
    attempt: Attempt,
    by: SubmittedBy,
    desk: Desk,
) -> Handed:
    """One compare-and-set under the attempt's lock, and the event that grades it."""
    until = counting.counts_until(attempt)
    counts = await store.counted(connection, tenant_id, attempt.attempt_id, until)
    opening, seq = await store.newest(connection, tenant_id, attempt.attempt_id)
    digest = counting.digest(attempt.attempt_id, counts)
    closed = replace(
        attempt,
        state="submitted",
        last_opening=opening,
        last_seq=seq,
        submitted_at=desk.now,
        submitted_by=by,
        receipt=counting.receipt(attempt.attempt_id, digest, desk.now),
        digest=digest,
        answered=counting.answered(counts),
    )
    done = handed(closed)
    if not await store.hand_in(connection, tenant_id, done):
        raise Unavailable("The attempt is being handed in at this moment: try again.")
    event = AttemptSubmitted(
        attempt_id=attempt.attempt_id,
        assessment_id=attempt.assessment_id,
        course_id=attempt.course_id,
        user_id=attempt.user_id,
        number=attempt.number,
        by=by,
        last_opening=opening,
        last_seq=seq,
        late=attempt.late,
    )
    await outbox.append(connection, tenant_id, [event], desk.now)
    return done


def handed(attempt: Attempt) -> Handed:
    """The receipt of an attempt that was handed in."""
    assert attempt.receipt is not None
    assert attempt.digest is not None
    assert attempt.submitted_at is not None
    assert attempt.submitted_by is not None
    return Handed(
        attempt=attempt,
        receipt=attempt.receipt,
        digest=attempt.digest,
        answered=attempt.answered or 0,
        submitted_at=attempt.submitted_at,
        submitted_by=attempt.submitted_by,
    )
