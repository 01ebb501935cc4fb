"""What may be posed to a room, and how an answer is called there: hidden names out, the same names back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lms.attempts import papers
from lms.errors import Conflict, Invalid
from lms.ids import ClassId, CourseId, QuestionId, QuizId, UserId
from lms.questions.model import Content, Gap, Key, Kind, Labels, Listed, Option, Question
from lms.quizzes import rules
from lms.quizzes.model import Given, Quiz
from tests.support.items import ITEMS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TWO_GAPS = Content(
    prompt="{{a}} and {{b}}",
    gaps=[
        Gap(id="a", options=[Option(id="x", text="1"), Option(id="y", text="2")]),
        Gap(id="b", options=[Option(id="x", text="3"), Option(id="y", text="4")]),
    ],
)


def question(kind: Kind, content: Content | None = None) -> Question:
    said, key = ITEMS[kind]
    listed = Listed(
        question_id=QuestionId("q"),
        course_id=CourseId("c"),
        version=1,
        kind=kind,
        labels=Labels(title="T"),
        updated_at=NOW,
    )
    return Question(listed=listed, content=content or said, key=key if content is None else Key())


def quiz(asked: Question) -> Quiz:
    return Quiz(
        quiz_id=QuizId("z"),
        class_id=ClassId("k"),
        course_id=CourseId("c"),
        question_id=asked.listed.question_id,
        version=1,
        posed=rules.posed(asked, "seed"),
        posed_at=NOW,
        revealed_at=None,
    )


def given(value: Any, seq: int = 1, earned: int = 1000) -> Given:
    return Given(
        user_id=UserId("u"), seq=seq, value=value, earned_milli=earned, possible_milli=1000
    )


@pytest.mark.parametrize(
    ("kind", "content", "value"),
    [
        ("single_choice", None, "a"),
        ("multiple_choice", None, ["air", "steel"]),
        ("ordering", None, ["s", "w", "a"]),
        ("matching", None, {"p": "f", "l": "s"}),
        ("cloze", TWO_GAPS, {"a": "x", "b": "y"}),
        ("cloze", TWO_GAPS, {"a": "y", "b": "y"}),
        ("short_text", None, "a"),
        ("numeric", None, {"number": "1", "unit": "m"}),
        ("true_false", None, True),
    ],
)
def test_an_answer_comes_back_under_the_names_that_its_learner_saw(
    kind: Kind, content: Content | None, value: Any
) -> None:
    one = quiz(question(kind, content))
    named = rules.under_names(one, given(value)).value
    gaps = papers.gaps_of(one.posed.content)
    assert papers.value_by_ids(named, one.posed.names, gaps) == value


def test_the_room_sees_no_id_of_the_item() -> None:
    shown = quiz(question("single_choice")).posed.content
    assert not {one.id for one in shown.options} & {"a", "b"}


def test_what_only_people_can_mark_or_is_not_in_use_is_not_posed() -> None:
    with pytest.raises(Invalid):
        rules.posed(question("essay"), "seed")
    asked = question("true_false")
    for state in ("draft", "retired", "held", "recalled"):
        labels = replace(asked.listed.labels, state=state)
        with pytest.raises(Conflict):
            rules.posed(replace(asked, listed=replace(asked.listed, labels=labels)), "seed")


def test_a_newer_answer_is_stored_and_an_older_or_another_of_its_number_refused() -> None:
    before = given("a", seq=2)
    assert rules.is_new(None, 1, "a")
    assert rules.is_new(before, 3, "b")
    assert not rules.is_new(before, 2, "a")
    for seq, value, code in ((1, "a", "seq_old"), (2, "b", "seq_conflict")):
        with pytest.raises(Conflict) as refused:
            rules.is_new(before, seq, value)
        assert refused.value.code == code


def test_only_choices_are_counted_by_what_was_chosen() -> None:
    answers = [given(["air", "steel"]), given(["air"], earned=500)]
    counted = rules.counts("multiple_choice", answers)
    assert (counted.answered, counted.right, counted.shares) == (2, 1, {"air": 2, "steel": 1})
    assert rules.counts("short_text", [given("my words")]).shares == {}
    assert rules.counts("true_false", [given(False)]).shares == {"false": 1}
