"""Ids of what exams write carry the time of exams: by a wall clock that is wrong they would name a week without a partition."""

from dataclasses import replace

import pytest

from lms import audit
from server.clock import SystemClock
from tests.support.school import School

pytestmark = pytest.mark.store
YEAR_MS = 365 * 24 * 3600 * 1000


class AYearAhead(SystemClock):
    """The clock of a machine that somebody set wrong."""

    def wall_ms(self) -> int:
        return super().wall_ms() + YEAR_MS


async def test_what_is_written_down_under_a_wrong_wall_clock_has_its_week(school: School) -> None:
    desk = replace(school.deps, clock=AYearAhead()).desk()
    entry = audit.Entry(
        audit_id=desk.new_id(), user_id=None, action="assessment.published", subject_id=None
    )
    tenant_id = school.seeded.tenant_id
    async with school.deps.database.transaction(tenant_id) as connection:
        await audit.note(connection, tenant_id, entry, desk.now)
        found = await connection.fetchval(
            "SELECT at FROM audit WHERE tenant_id = $1 AND audit_id = $2",
            tenant_id,
            entry.audit_id,
        )
    assert found == desk.now
