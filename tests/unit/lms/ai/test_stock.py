"""When the factory is asked for more items, and for what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lms.ai import stock
from lms.ai.model import JobState
from lms.ai.stock import Last, Mark

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
MARK = Mark(
    course_id="c", skill="waves", level=2, language="en", low=5, batch=10, kinds=("numeric",)
)
DONE = Last(state="done", series=3, waiting=0, ingested=4, asked_at=NOW)


@pytest.mark.parametrize(
    ("items", "last", "due"),
    [
        (5, None, False),
        (4, None, True),
        (0, DONE, True),
        (5, DONE, False),
        (0, replace(DONE, waiting=1), False),
        # Nothing came of it: not again before a day has passed.
        (0, replace(DONE, ingested=0), False),
        (0, replace(DONE, ingested=0, asked_at=NOW - timedelta(hours=24)), True),
        (0, replace(DONE, state="stopped", ingested=0, asked_at=NOW - timedelta(hours=23)), False),
    ],
)
def test_one_batch_at_a_time_and_the_next_when_the_last_is_decided(
    items: int, last: Last | None, due: bool
) -> None:
    assert stock.is_due(MARK, items, last, NOW) is due


@pytest.mark.parametrize(
    ("hours", "last", "due"),
    [
        (1, None, True),
        (1, DONE, True),
        (1, replace(DONE, waiting=1), False),
        (1, replace(DONE, state="running"), False),
        # Since then more may have come.
        (3, None, False),
    ],
)
def test_items_that_a_learner_has_used_up_are_too_few_however_many(
    hours: int, last: Last | None, due: bool
) -> None:
    used_up = replace(MARK, used_up_at=NOW - timedelta(hours=hours))
    assert stock.is_due(used_up, 500, last, NOW) is due


@pytest.mark.parametrize("state", ["queued", "running"])
def test_never_while_one_is_being_made(state: JobState) -> None:
    last = replace(DONE, state=state, asked_at=NOW - timedelta(days=9))
    assert not stock.is_due(MARK, 0, last, NOW)


def test_each_batch_is_asked_for_under_another_number() -> None:
    first, next_one = stock.brief(MARK, None), stock.brief(MARK, DONE)
    assert (first.series, next_one.series) == (1, 4)
    assert (first.skill, first.level, first.count, first.kinds) == ("waves", 2, 10, ["numeric"])
