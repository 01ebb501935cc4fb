"""More time: for everybody after an outage, or for one learner; in the transaction of the teacher's act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from lms import audit, outbox
from lms.assessments import service as assessments
from lms.assessments import store as assessment_store
from lms.assessments.model import Accommodation, Assessment
from lms.assessments.rules import check_moment
from lms.assessments.timing import Window, window
from lms.attempts import paper_store, store
from lms.attempts.attempt import given_more, under
from lms.attempts.model import Attempt, Desk
from lms.events import AttemptExtended
from lms.identity import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class More:
    """So much more time for all that is open, and for what the deadline handed in since then."""

    time: timedelta
    reason: str
    reopen_since: datetime | None


Changed = tuple[Attempt, Attempt]


async def extend_all(
    connection: asyncpg.Connection, who: Principal, assessment_id: str, more: More, desk: Desk
) -> tuple[int, int]:
    """How many attempts end later, and how many of them are open again."""
    await assessments.get(connection, who, assessment_id, "assessment.run")
    check_moment(more.reopen_since, "/reopen_since")
    found = await store.extendable(connection, who.tenant_id, assessment_id, more.reopen_since)
    reopened = [one for one in found if one.state != "open"]
    await store.withdraw_ready_of(
        connection, who.tenant_id, assessment_id, [one.user_id for one in reopened]
    )
    changed = [(one, given_more(one, more.time, desk.now)) for one in found]
    await _write(connection, who.tenant_id, changed, who.user_id, desk)
    minutes = more.time // timedelta(minutes=1)
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=who.user_id,
        action="attempts.extended",
        subject_id=assessment_id,
        data={"minutes": minutes, "attempts": len(changed), "reopened": len(reopened)},
    )
    await audit.note(connection, who.tenant_id, entry, desk.now)
    return len(changed), len(reopened)


async def accommodate(
    connection: asyncpg.Connection,
    who: Principal,
    assessment: Assessment,
    given: Accommodation,
    desk: Desk,
) -> None:
    """What the learner has ready takes these times; what they have open ends later, never earlier."""
    place = (assessment.assessment_id, given.user_id)
    await paper_store.hold(connection, who.tenant_id, *place)
    found = await store.unfinished(connection, who.tenant_id, *place)
    changed = [
        (one, under(one, await _times(connection, who.tenant_id, (assessment, one), given)))
        for one in found
    ]
    await _write(connection, who.tenant_id, changed, who.user_id, desk)


async def _times(
    connection: asyncpg.Connection,
    tenant_id: str,
    sitting: tuple[Assessment, Attempt],
    given: Accommodation,
) -> Window:
    """By the settings under which it was begun, whatever they say by now."""
    assessment, attempt = sitting
    settings = assessment.settings
    if attempt.state == "open" and attempt.assessment_version != assessment.version:
        begun = await assessment_store.settings_at(
            connection, tenant_id, assessment.assessment_id, attempt.assessment_version
        )
        settings = begun or settings
    return window(settings, assessment.opens_at, assessment.closes_at, given)


async def _write(
    connection: asyncpg.Connection,
    tenant_id: str,
    changed: Sequence[Changed],
    by_user: str,
    desk: Desk,
) -> None:
    """The rows, which are locked, then what the readers and the history hear of those that end at another time."""
    await store.save_times(connection, tenant_id, [after for _, after in changed])
    moved = [(before, after) for before, after in changed if after.ends_at != before.ends_at]
    events = [_event(before, after) for before, after in moved]
    noted = [
        store.Noted(
            event_id=desk.new_id(),
            attempt_id=event.attempt_id,
            name="extended",
            by_user=by_user,
            data={"ends_at_ms": event.ends_at_ms, "reopened": event.reopened},
        )
        for event in events
    ]
    await outbox.append(connection, tenant_id, events, desk.now)
    await store.note_all(connection, tenant_id, noted, desk.now)


def _event(before: Attempt, after: Attempt) -> AttemptExtended:
    assert after.ends_at is not None
    return AttemptExtended(
        attempt_id=after.attempt_id,
        assessment_id=after.assessment_id,
        course_id=after.course_id,
        user_id=after.user_id,
        ends_at_ms=round(after.ends_at.timestamp() * 1000),
        reopened=before.state != after.state,
    )
