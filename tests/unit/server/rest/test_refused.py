"""Refused tries: written down by code, unless the same may be tried again; what finds no room is counted."""

import asyncio
from datetime import UTC, datetime

import pytest

from lms import audit
from lms.attempts.model import Desk
from lms.errors import Conflict, Unavailable
from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from server.problems import Refusal
from server.rest import refused
from server.telemetry.metrics import PrometheusMeters
from signaling.errors import Busy

WHO = Principal(
    tenant_id=TenantId("t"), user_id=UserId("u"), session_id=SessionId("s"), roles=frozenset()
)
DESK = Desk(now=datetime(2026, 11, 20, 9, tzinfo=UTC), new_id=lambda: "audit-id")


class Commits:
    """Takes what it is given, or fails as it is told."""

    def __init__(self, error: Exception | None = None, *, stands_still: bool = False) -> None:
        self.taken: list[audit.Refused] = []
        self._error = error
        self._stands_still = stands_still

    async def submit(self, row: audit.Refused) -> None:
        if self._error is not None:
            raise self._error
        if self._stands_still:
            await asyncio.Event().wait()
        self.taken.append(row)


def dropped(meters: PrometheusMeters) -> float:
    return meters.registry.get_sample_value("lectern_audit_dropped_total") or 0.0


async def test_a_refusal_is_written_down_by_its_code_alone() -> None:
    commits, meters = Commits(), PrometheusMeters()
    error = Conflict("Words that nobody needs later.", code="seq_old")
    await refused.RefusedTries(commits, meters).note(WHO, "save_answer", "a", error, DESK)
    [one] = commits.taken
    assert (one.tenant_id, one.at, one.entry.audit_id) == ("t", DESK.now, "audit-id")
    assert (one.entry.user_id, one.entry.action, one.entry.code) == ("u", "save_answer", "seq_old")
    assert "Words" not in repr(one)


@pytest.mark.parametrize(
    "error",
    [
        Refusal("rate_limited", "Too many."),
        Refusal("body_slow", "Slow."),
        Unavailable("Away."),
        Unavailable("Again.", code="answer_delayed"),
        Busy("Full."),
    ],
)
async def test_what_may_be_tried_again_is_no_offence(error: Refusal | Unavailable | Busy) -> None:
    commits = Commits()
    await refused.RefusedTries(commits, PrometheusMeters()).note(WHO, "x", None, error, DESK)
    assert not commits.taken


async def test_what_finds_no_room_or_no_database_is_counted_and_delays_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refused, "DEADLINE_SECONDS", 0.01)
    meters = PrometheusMeters()
    for commits in (
        Commits(Busy("full")),
        Commits(Unavailable("away")),
        Commits(stands_still=True),
    ):
        tries = refused.RefusedTries(commits, meters)
        await tries.note(WHO, "x", None, Conflict("no", code="seq_old"), DESK)
    assert dropped(meters) == 3
