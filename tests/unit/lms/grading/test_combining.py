"""From items to an attempt, and points by hand."""

from datetime import UTC, datetime

import msgspec
import pytest

from lms.errors import Conflict, Forbidden, Invalid
from lms.grading import combining, regrading, rubric
from lms.grading.model import Answer, Asked, ItemGrade, Mark
from lms.ids import AttemptId, ItemId, UserId
from lms.questions.model import Content, Criterion, Gap, Key, Level, Option

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
ESSAY = ItemGrade(
    item_id="i",
    question_id="q",
    version=1,
    key_version=1,
    kind="essay",
    earned_milli=0,
    possible_milli=1000,
    reason="to_mark",
    opening=1,
    seq=5,
)


def mark(round: int, earned: int, *, by: str = "t", seq: int = 5) -> Mark:
    return Mark(
        attempt_id=AttemptId("a"),
        item_id=ItemId("i"),
        round=round,
        marker=UserId(by),
        marker_name="T",
        earned_milli=earned,
        criteria={},
        comment="",
        opening=1,
        seq=seq,
        version=1,
        at=NOW,
    )


def answer(*, late: bool) -> Answer:
    return Answer(item_id=ItemId("i"), opening=1, seq=1, value="x", late=late, files_until=NOW)


def test_a_penalty_is_a_share_of_what_was_earned() -> None:
    items = [msgspec.structs.replace(ESSAY, earned_milli=one) for one in (1000, 333)]
    assert combining.total(items, penalty_percent=0) == (1333, 2000)
    assert combining.total(items, penalty_percent=10) == (1200, 2000)  # 133.3 less
    assert combining.total(items, penalty_percent=100) == (0, 2000)
    assert combining.total([], penalty_percent=50) == (0, 0)
    assert combining.has_late({"a": answer(late=False), "b": answer(late=True)})
    assert not combining.has_late({"a": answer(late=False)})


def test_marks_count_for_the_answer_that_was_read() -> None:
    assert combining.marked(ESSAY, {1: mark(1, 700)}, second_round=False).earned_milli == 700
    older = {1: mark(1, 700, seq=4)}
    assert combining.marked(ESSAY, older, second_round=False) == ESSAY
    scored = msgspec.structs.replace(ESSAY, kind="single_choice", reason="right")
    assert combining.marked(scored, {1: mark(1, 700)}, second_round=False) == scored


@pytest.mark.parametrize(("first", "second", "mean"), [(500, 900, 700), (1, 2, 2), (2, 3, 2)])
def test_two_rounds_come_to_their_mean(first: int, second: int, mean: int) -> None:
    rounds = {1: mark(1, first), 2: mark(2, second)}
    assert combining.marked(ESSAY, rounds, second_round=True).earned_milli == mean
    assert combining.marked(ESSAY, {1: rounds[1]}, second_round=True) == ESSAY


def test_rounds_that_are_far_apart_are_told() -> None:
    assert not combining.are_apart({1: mark(1, 500), 2: mark(2, 700)}, 1000)
    assert combining.are_apart({1: mark(1, 500), 2: mark(2, 701)}, 1000)
    assert not combining.are_apart({1: mark(1, 500)}, 1000)


CRITERIA = [
    Criterion(
        id=name,
        title=name,
        levels=[Level(title="", earned_milli=points) for points in (0, 1000, 3000)],
    )
    for name in ("ideas", "style")
]


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"ideas": 2, "style": 2}, 1000),
        ({"ideas": 0, "style": 0}, 0),
        ({"ideas": 2, "style": 1}, 667),
    ],
)
def test_a_rubric_gives_its_share_of_the_points(chosen: dict[str, int], expected: int) -> None:
    assert rubric.points(CRITERIA, chosen, None, 1000) == expected


@pytest.mark.parametrize(
    ("chosen", "given"),
    [
        ({}, None),
        ({}, 1001),
        ({"ideas": 1}, None),
        ({"ideas": 1, "style": 3}, None),
        ({"ideas": 1, "style": -1}, None),
        ({"ideas": 1, "style": 1}, 500),
    ],
)
def test_points_that_make_no_sense_are_refused(chosen: dict[str, int], given: int | None) -> None:
    with pytest.raises(Invalid):
        rubric.points(CRITERIA, chosen, given, 1000)


def test_the_rounds_are_given_by_two_people_one_after_the_other() -> None:
    me, other = UserId("t"), UserId("s")
    rubric.check_round(1, {}, me, second_round=False)
    rubric.check_round(2, {1: mark(1, 0)}, other, second_round=True)
    for number, rounds, second, refusal in (
        (2, {1: mark(1, 0)}, False, Conflict),
        (2, {}, True, Conflict),
        (2, {1: mark(1, 0)}, True, Forbidden),
        (1, {1: mark(1, 0, by="s"), 2: mark(2, 0)}, True, Forbidden),
    ):
        with pytest.raises(refusal):
            rubric.check_round(number, rounds, me, second_round=second)


def option(*ids: str) -> list[Option]:
    return [Option(id=one, text=one) for one in ids]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (Content(prompt="new words", options=option("b", "a")), None),
        (Content(prompt="?", options=option("a", "b", "c")), "key_does_not_fit"),
        (Content(prompt="?", options=option("a", "b"), units=["m"]), "key_does_not_fit"),
        (Content(prompt="?", options=option("a", "b"), gaps=[Gap(id="g")]), "key_does_not_fit"),
    ],
)
def test_a_key_fits_the_parts_that_were_asked(content: Content, code: str | None) -> None:
    asked = Asked(
        kind="single_choice",
        content=Content(prompt="?", options=option("a", "b")),
        key=Key(correct=["a"]),
    )
    other = Asked(kind="single_choice", content=content, key=Key(correct=["b"]))
    if code is None:
        regrading.check_fits(asked, other)
        return
    with pytest.raises(Conflict) as refused:
        regrading.check_fits(asked, other)
    assert refused.value.code == code


def test_a_key_of_another_kind_never_fits() -> None:
    content = Content(prompt="?", options=option("a"))
    one = Asked(kind="single_choice", content=content, key=Key())
    two = Asked(kind="multiple_choice", content=content, key=Key())
    with pytest.raises(Conflict) as refused:
        regrading.check_fits(one, two)
    assert refused.value.code == "key_of_another_kind"


def test_another_key_touches_its_own_item_alone() -> None:
    content = Content(prompt="?", options=option("a", "b"))
    versions = {
        ("q", 1): Asked(kind="single_choice", content=content, key=Key(correct=["a"])),
        ("q", 2): Asked(kind="single_choice", content=content, key=Key(correct=["b"])),
    }
    mine = msgspec.structs.replace(ESSAY, kind="single_choice", reason="wrong", seq=1)
    other = msgspec.structs.replace(mine, item_id="j", question_id="p")
    given = Answer(item_id=ItemId("i"), opening=1, seq=1, value="b", late=False, files_until=NOW)
    made = regrading.anew([mine, other], ("q", 2, versions), {"i": given}, 2)
    assert (made[0].earned_milli, made[0].reason, made[0].key_version) == (1000, "right", 2)
    assert made[1] == other
