"""One person's attempts at an assessment, in as much as they have begun."""

from dataclasses import dataclass

import asyncpg

from lms.attempts import paper_store, service
from lms.attempts.model import Attempt
from lms.attempts.service import Progress
from lms.identity import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Mine:
    """An attempt, and how far it has come."""

    attempt: Attempt
    progress: Progress


async def begun(
    connection: asyncpg.Connection, who: Principal, assessment_id: str, seen: str | None
) -> list[Mine]:
    """The caller's attempts by their number; of the last, nothing older than what the caller has `seen`."""
    found = await paper_store.begun_by(connection, who.tenant_id, who.user_id, assessment_id)
    mine = list[Mine]()
    for attempt in found:
        newest = seen if attempt is found[-1] else None
        progress = await service.progress(connection, who.tenant_id, attempt, newest)
        mine.append(Mine(attempt=attempt, progress=progress))
    return mine
