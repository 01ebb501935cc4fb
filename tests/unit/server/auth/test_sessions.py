"""What becomes of a refresh token, by its generation."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.auth.sessions import COOKIE_GRACE, Outcome, SignIn, judge

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STANDS = SignIn(
    session_id="s",
    user_id="u",
    generation=5,
    rotated_at=NOW,
    expires_at=NOW + timedelta(days=30),
    ended=False,
)
LATE = NOW + COOKIE_GRACE + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("generation", "cookie", "now", "outcome"),
    [
        (5, False, NOW, "next"),
        (5, True, LATE, "next"),
        (4, False, NOW, "reused"),
        (4, True, NOW, "same"),
        (4, True, LATE, "reused"),
        (3, True, NOW, "reused"),
        (6, False, NOW, "reused"),
        (5, False, NOW + timedelta(days=30), "over"),
    ],
)
def test_only_the_latest_generation_is_good(
    generation: int, cookie: bool, now: datetime, outcome: Outcome
) -> None:
    assert judge(STANDS, generation, cookie=cookie, now=now) == outcome


def test_an_ended_sign_in_stays_ended() -> None:
    assert judge(replace(STANDS, ended=True), 5, cookie=False, now=NOW) == "over"
    assert judge(None, 5, cookie=False, now=NOW) == "over"
