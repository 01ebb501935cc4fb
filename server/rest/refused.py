"""Tries at an exam that were refused: written down before they are answered, as far as there is room."""

import asyncio

from lms import audit
from lms.attempts.model import Desk
from lms.errors import LmsError
from lms.identity import Principal
from server.problems import Told, status_of
from signaling.context import GroupCommit, Meters
from signaling.errors import Busy

DEADLINE_SECONDS = 1.0
REFUSED_MAX = 2000
# Whoever may try the same again has tried nothing forbidden.
PASSING = frozenset({408, 429, 500, 503, 504})


class RefusedTries:
    """By a group commit of their own, so that they never stand before an answer; what finds no room is counted."""

    def __init__(self, commits: GroupCommit[audit.Refused, None], meters: Meters) -> None:
        self._commits = commits
        self._meters = meters

    async def note(
        self, who: Principal, action: str, subject_id: str | None, error: Told, desk: Desk
    ) -> None:
        """Who was refused what, and why, by the code alone."""
        if status_of(error) in PASSING:
            return
        entry = audit.Entry(
            audit_id=desk.new_id(),
            user_id=who.user_id,
            action=action,
            subject_id=subject_id,
            code=error.code,
        )
        refused = audit.Refused(tenant_id=who.tenant_id, entry=entry, at=desk.now)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                await self._commits.submit(refused)
        except (Busy, LmsError, TimeoutError):
            self._meters.count("audit_dropped_total")
