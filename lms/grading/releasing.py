"""Let learners see their scores, all that are ready at once; done again, only what has become ready since is released."""

from dataclasses import dataclass

import asyncpg

from lms import audit, outbox
from lms.assessments import store as assessments
from lms.attempts.model import Desk
from lms.grading import access, service, store
from lms.identity import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """How many learners see their score from now on, and how many attempts are not ready for that."""

    released: int
    waiting: int


async def release(
    connection: asyncpg.Connection, who: Principal, assessment_id: str, desk: Desk
) -> Released:
    """Release what is graded."""
    tenant_id = who.tenant_id
    await access.assessment(connection, who, assessment_id, "grade.edit")
    ready = await store.releasable(connection, tenant_id, assessment_id)
    await assessments.set_released(connection, tenant_id, assessment_id, desk.now)
    if ready:
        await store.release(connection, tenant_id, [one.attempt_id for one in ready], desk.now)
        events = [service.released_event(one) for one in ready]
        await outbox.append(connection, tenant_id, events, desk.now)
        entry = audit.Entry(
            audit_id=desk.new_id(),
            user_id=who.user_id,
            action="scores.released",
            subject_id=assessment_id,
            data={"released": len(ready)},
        )
        await audit.note(connection, tenant_id, entry, desk.now)
    waiting = await store.unfinished(connection, tenant_id, assessment_id)
    return Released(released=len(ready), waiting=waiting)
