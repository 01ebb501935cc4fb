"""How a learner stands: on what they are stuck, and how many days in a row they came."""

from datetime import UTC, date, datetime, timedelta

import pytest

from lms.adaptive.model import WHOLE_COURSE, Met, SkillState
from lms.adaptive.standing import days_in_a_row, standings, stuck

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TODAY = NOW.date()


def went(*shares: int) -> list[Met]:
    """Answers in one skill, the newest first."""
    return [
        Met(
            question_id=str(n),
            skills=("adding",),
            source="practice",
            share_milli=share,
            at=NOW - timedelta(hours=n),
        )
        for n, share in enumerate(shares)
    ]


@pytest.mark.parametrize(
    ("shares", "is_stuck"),
    [
        ((0, 0, 0), True),
        ((0, 500, 0, 1000, 1000), True),
        ((0, 0), False),
        ((0, 0, 1000), False),
        ((1000, 0, 0, 0, 0), False),
        ((600, 0, 0), False),
    ],
)
def test_stuck_is_who_was_wrong_three_times_on_end(
    shares: tuple[int, ...], is_stuck: bool
) -> None:
    assert stuck(went(*shares)) == (["adding"] if is_stuck else [])


@pytest.mark.parametrize(
    ("back", "count"),
    [((), 0), ((0,), 1), ((1,), 1), ((0, 1, 2), 3), ((1, 2), 2), ((0, 2, 3), 1), ((2, 3), 0)],
)
def test_a_day_that_is_not_over_breaks_no_row(back: tuple[int, ...], count: int) -> None:
    days: set[date] = {TODAY - timedelta(days=one) for one in back}
    assert days_in_a_row(days, TODAY) == count


def test_the_whole_course_is_no_skill() -> None:
    state = SkillState(slow=1.0, answered=3, right=2, last_at=NOW)
    [one] = standings({WHOLE_COURSE: state, "adding": state}, NOW)
    assert (one.skill, one.answered, one.right) == ("adding", 3, 2)
    assert 0.5 < one.strength < 1
