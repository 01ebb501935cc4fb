"""Answers of practice: each kind in the names that its learner saw, the first that counts, and the run of right ones."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lms.grading.model import BY_HAND
from lms.practice.checking import PRACTISED, checked, firsts, is_right, streak
from lms.practice.model import Given
from lms.practice.showing import sheet
from lms.questions.model import Kind
from tests.support.items import ITEMS

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
RIGHT: dict[Kind, Any] = {
    "single_choice": "a",
    "multiple_choice": ["air", "steel"],
    "true_false": False,
    "short_text": "hertz",
    "numeric": {"number": "0.78", "unit": "m"},
    "matching": {"p": "f", "l": "a"},
    "ordering": ["a", "w", "s"],
    "cloze": {"what": "wave", "how": "x"},
}


def renamed(value: Any, to: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [to.get(one, one) for one in value]
    if isinstance(value, dict):
        return {to.get(one, one): to.get(other, other) for one, other in value.items()}
    return to.get(value, value) if isinstance(value, str) else value


@pytest.mark.parametrize("kind", PRACTISED)
def test_the_right_answer_in_the_learners_names_is_right(kind: Kind) -> None:
    content, key = ITEMS[kind]
    one = sheet("seed", ("question", 1), (kind, content, key))
    to = {part_id: name for name, part_id in one.shown.names.items()}
    found = checked(one, renamed(RIGHT[kind], to))
    assert (found.correct, found.earned_milli, found.reason) == (True, 1000, "right")
    assert found.key.rubric == []


@pytest.mark.parametrize("kind", PRACTISED)
def test_another_seed_has_other_names_and_the_same_one_the_same(kind: Kind) -> None:
    said = (kind, *ITEMS[kind])
    one, same = (sheet("seed", ("question", 1), said) for _ in "ab")
    assert one == same
    if one.shown.names:
        assert sheet("other", ("question", 1), said).shown.names.keys().isdisjoint(one.shown.names)
        assert sheet("seed", ("question", 2), said).shown.names.keys().isdisjoint(one.shown.names)


def test_feedback_is_told_of_what_was_chosen() -> None:
    content, key = ITEMS["multiple_choice"]
    one = sheet("seed", ("question", 1), ("multiple_choice", content, key))
    to = {part_id: name for name, part_id in one.shown.names.items()}
    assert checked(one, [to["air"]]).feedback == ""
    assert checked(one, [to["none"]]).feedback == "There is nothing to push."


def test_what_a_person_has_to_mark_is_not_practised() -> None:
    assert BY_HAND.isdisjoint(PRACTISED)
    assert set(PRACTISED) | BY_HAND == ITEMS.keys()


def given(item: str, seq: int, earned: int, after: int) -> Given:
    return Given(
        item_id=item,
        seq=seq,
        value='"x"',
        scorer=2,
        earned_milli=earned,
        arrived_at=AT + timedelta(seconds=after),
    )


def test_the_first_answer_of_an_item_counts_whatever_its_number() -> None:
    answers = [given("a", 1, 1000, 5), given("a", 7, 0, 2), given("b", 1, 1000, 3)]
    counted = list(firsts(answers).values())
    assert [(one.item_id, one.seq) for one in counted] == [("a", 7), ("b", 1)]
    assert streak([is_right(one) for one in counted]) == 1


def test_a_run_of_right_answers_ends_with_one_that_was_not_wholly_right() -> None:
    assert streak([]) == 0
    assert streak([True] * 3) == 3
    assert streak([True, is_right(given("b", 1, 999, 2))]) == 0
