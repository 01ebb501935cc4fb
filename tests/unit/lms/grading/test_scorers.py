"""Scorers: what each kind of item gives for an answer, and that nothing that is sent breaks them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.grading import scorers
from lms.grading.model import Asked, Outcome
from lms.questions.model import Content, Gap, Key, Kind, Option


def options(*ids: str) -> list[Option]:
    return [Option(id=one, text=one.upper()) for one in ids]


def item(kind: Kind, content: Content | None = None, **key: Any) -> Asked:
    return Asked(kind=kind, content=content or Content(prompt="?"), key=Key(**key))


def scored(
    asked: Asked, value: object, points: int = 1000, version: int = scorers.CURRENT
) -> Outcome:
    return scorers.score(version, asked, points, value)


def told(asked: Asked, value: object, points: int = 1000, version: int = 2) -> tuple[int, str]:
    outcome = scored(asked, value, points, version)
    return outcome.earned_milli, outcome.reason


CHOICE = Content(prompt="?", options=options("a", "b", "c", "d"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("b", (1000, "right")),
        ("a", (0, "wrong")),
        ("z", (0, "unknown_option")),
        ("", (0, "unanswered")),
        (None, (0, "unanswered")),
        (["b"], (0, "wrong_shape")),
        (True, (0, "wrong_shape")),
        ({"b": "b"}, (0, "wrong_shape")),
    ],
)
def test_a_single_choice_is_right_or_wrong(value: object, expected: tuple[int, str]) -> None:
    assert told(item("single_choice", CHOICE, correct=["b"]), value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["a", "b", "c"], (1000, "right")),
        (["c", "a", "b"], (1000, "right")),
        (["a", "b"], (667, "partly")),
        (["a"], (333, "partly")),
        (["a", "b", "d"], (333, "partly")),
        (["a", "b", "c", "d"], (667, "partly")),
        (["a", "d"], (0, "wrong")),
        (["d"], (0, "wrong")),
        ([], (0, "unanswered")),
        (["a", "a"], (0, "wrong_shape")),
        (["a", "z"], (0, "unknown_option")),
        ("a", (0, "wrong_shape")),
    ],
)
def test_a_wrong_choice_takes_a_right_one_away(value: object, expected: tuple[int, str]) -> None:
    assert told(item("multiple_choice", CHOICE, correct=["a", "b", "c"]), value) == expected


def test_all_or_nothing_where_the_key_says_so() -> None:
    asked = item("multiple_choice", CHOICE, correct=["a", "b"], partial=False)
    assert told(asked, ["a"]) == (0, "wrong")
    assert told(asked, ["b", "a"]) == (1000, "right")


def test_that_nothing_is_right_may_be_the_answer() -> None:
    asked = item("multiple_choice", CHOICE)
    assert told(asked, []) == (1000, "right")
    assert told(asked, None) == (0, "unanswered")
    assert scored(asked, ["a"]).earned_milli == 0


def test_the_parts_say_what_earned_what() -> None:
    outcome = scored(item("multiple_choice", CHOICE, correct=["a", "b", "c"]), ["a", "b", "d"])
    assert outcome.parts == {"earned": ["a", "b"], "wrong": ["d"], "missed": ["c"]}


def test_true_false() -> None:
    asked = item("true_false", truth=False)
    assert told(asked, False) == (1000, "right")
    assert told(asked, True) == (0, "wrong")
    assert told(asked, 0) == (0, "wrong_shape")
    assert told(item("true_false"), True) == (0, "no_key")


@pytest.mark.parametrize(
    ("value", "accepted", "version", "earned"),
    [
        ("  Blue   whale ", "blue whale", 1, 1000),
        ("BLAUWAL", "blauwal", 1, 1000),
        ("STRASSE", "straße", 1, 1000),
        (
            "caf\u00e9",
            "cafe\u0301",
            1,
            1000,
        ),  # one character, and a letter with an accent after it
        ("\uff46\uff49sh", "fish", 1, 0),
        ("\uff46\uff49sh", "fish", 2, 1000),
        ("H\u2082O", "H2O", 1, 0),
        ("H\u2082O", "H2O", 2, 1000),
        ("\u0664\u0662", "42", 1, 0),
        ("\u0664\u0662", "42", 2, 1000),
        ("\u200fأحمر\u200e", "أحمر", 1, 0),
        ("\u200fأحمر\u200e", "أحمر", 2, 1000),
        ("blue", "red", 2, 0),
    ],
)
def test_a_short_text_is_compared_as_people_read_it(
    value: str, accepted: str, version: int, earned: int
) -> None:
    assert told(item("short_text", accepted=[accepted]), value, version=version)[0] == earned


def test_case_counts_where_the_key_says_so() -> None:
    asked = item("short_text", accepted=["NaCl"], case_sensitive=True)
    assert told(asked, "NaCl") == (1000, "right")
    assert told(asked, "nacl") == (0, "wrong")


LENGTH: dict[str, Any] = {"number": "3.20", "units": {"m": "1", "cm": "0.01", "km": "1000"}}


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ({"number": "3.2", "unit": "m"}, (1000, "right")),
        ({"number": "320", "unit": "cm"}, (1000, "right")),
        ({"number": "0.0032", "unit": " km "}, (1000, "right")),
        ({"number": "3.2e0", "unit": "m"}, (1000, "right")),
        ({"number": "+3.2000", "unit": "m"}, (1000, "right")),
        ({"number": "3.2", "unit": "cm"}, (0, "wrong_unit")),
        ({"number": "3.2", "unit": "mile"}, (0, "unknown_unit")),
        ({"number": "3.2", "unit": ""}, (0, "unit_missing")),
        ({"number": "3.2"}, (0, "unit_missing")),
        ({"number": "3.3", "unit": "m"}, (0, "wrong")),
        ({"number": "three", "unit": "m"}, (0, "not_a_number")),
        ({"number": "NaN", "unit": "m"}, (0, "not_a_number")),
        ({"number": "Infinity", "unit": "m"}, (0, "not_a_number")),
        ({"number": "1e99999", "unit": "m"}, (0, "not_a_number")),
        ({"number": "9" * 31, "unit": "m"}, (0, "not_a_number")),
        ({"number": " ", "unit": "m"}, (0, "unanswered")),
        ({"number": "3.2", "unit": "m", "more": ""}, (0, "wrong_shape")),
        ("3.2 m", (0, "wrong_shape")),
    ],
)
def test_a_number_is_right_in_any_of_its_units(
    given_value: object, expected: tuple[int, str]
) -> None:
    assert told(item("numeric", **LENGTH), given_value) == expected


@pytest.mark.parametrize(
    ("text", "tolerance", "relative", "right"),
    [
        ("100.5", "0.5", False, True),
        ("100.5000000000000000000000000001", "0.5", False, False),
        ("99.5", "0.5", False, True),
        ("98", "0.02", True, True),
        ("97.9999999999999999999999999999", "0.02", True, False),
        ("100", "0", False, True),
    ],
)
def test_a_tolerance_is_exact(text: str, tolerance: str, relative: bool, right: bool) -> None:
    asked = item("numeric", number="100", tolerance=tolerance, relative=relative)
    assert (told(asked, {"number": text, "unit": ""})[1] == "right") is right


@pytest.mark.parametrize(
    "text", ["3,2", "\u0663\u066b\u0662", "\u06f3\u066b\u06f2", "\uff13.\uff12", "\u200e3.2"]
)
def test_the_second_scorer_reads_numbers_as_the_world_writes_them(text: str) -> None:
    asked = item("numeric", number="3.2")
    assert told(asked, {"number": text}, version=1) == (0, "not_a_number")
    assert told(asked, {"number": text}, version=2) == (1000, "right")


def test_a_printed_minus_is_a_minus() -> None:
    assert told(item("numeric", number="-4"), {"number": "\u22124"}) == (1000, "right")


# A second of work in all: a number is read up to a length, and worked out to a number of digits.
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "text", ["9" * 30 + "e999", "1" * 30 + "." + "1" * 30 + "e-999", "9" * 500_000]
)
def test_no_number_costs_much(text: str) -> None:
    asked = item(
        "numeric",
        number="1e-999",
        tolerance="1e-999",
        relative=True,
        units={"m": "9e999", "k": "1e-999"},
    )
    for _ in range(5_000):
        scored(asked, {"number": text, "unit": "k"})


MATCHING = Content(prompt="?", left=options("l1", "l2", "l3"), options=options("r1", "r2", "r3"))
PAIRS = {"l1": "r1", "l2": "r2", "l3": "r3"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (PAIRS, (1000, "right")),
        ({"l1": "r1", "l2": "r3", "l3": "r2"}, (333, "partly")),
        ({"l1": "r1", "l2": "r2"}, (667, "partly")),
        ({"l1": "r1", "l2": ""}, (333, "partly")),
        ({"l1": "r2"}, (0, "wrong")),
        ({"l9": "r1"}, (0, "unknown_option")),
        ({"l1": "r9"}, (0, "unknown_option")),
        ({}, (0, "unanswered")),
        (["l1"], (0, "wrong_shape")),
    ],
)
def test_each_pair_of_a_matching_earns_its_part(value: object, expected: tuple[int, str]) -> None:
    assert told(item("matching", MATCHING, pairs=PAIRS), value) == expected


@pytest.mark.parametrize(
    ("value", "first", "second"),
    [
        (["a", "b", "c", "d"], (1000, "right"), (1000, "right")),
        (["b", "c", "d", "a"], (0, "wrong"), (667, "partly")),
        (["a", "c", "b", "d"], (500, "partly"), (667, "partly")),
        (["d", "c", "b", "a"], (0, "wrong"), (0, "wrong")),
        (["a", "b"], (500, "partly"), (333, "partly")),
        (["a", "z"], (0, "unknown_option"), (0, "unknown_option")),
        (["a", "a"], (0, "wrong_shape"), (0, "wrong_shape")),
    ],
)
def test_an_ordering_by_places_and_by_steps(
    value: object, first: tuple[int, str], second: tuple[int, str]
) -> None:
    asked = item("ordering", CHOICE, order=["a", "b", "c", "d"])
    assert told(asked, value, version=1) == first
    assert told(asked, value, version=2) == second


GAPS = Content(
    prompt="{{one}} {{two}}", gaps=[Gap(id="one"), Gap(id="two", options=options("x", "y"))]
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"one": " Paris ", "two": "x"}, (1000, "right")),
        ({"one": "paris"}, (500, "partly")),
        ({"one": "Rome", "two": "x"}, (500, "partly")),
        ({"one": "Rome", "two": "y"}, (0, "wrong")),
        ({"two": "z"}, (0, "unknown_option")),
        ({"three": "x"}, (0, "unknown_option")),
        ({"one": "", "two": " "}, (0, "unanswered")),
        ("Paris", (0, "wrong_shape")),
    ],
)
def test_each_gap_of_a_cloze_earns_its_part(value: object, expected: tuple[int, str]) -> None:
    asked = item("cloze", GAPS, gaps={"one": ["Paris", "Lutetia"], "two": ["x"]})
    assert told(asked, value) == expected


def test_people_mark_essays_and_files_unless_there_is_nothing_to_mark() -> None:
    assert told(item("essay"), "words") == (0, "to_mark")
    assert told(item("essay"), " \n") == (0, "unanswered")
    assert told(item("essay"), ["words"]) == (0, "wrong_shape")
    assert told(item("file_upload"), ["id"]) == (0, "to_mark")
    assert told(item("file_upload"), []) == (0, "unanswered")
    assert told(item("file_upload"), "id") == (0, "wrong_shape")


def test_an_item_without_a_key_gives_nothing_and_says_so() -> None:
    kinds: list[tuple[Kind, object]] = [
        ("single_choice", "a"),
        ("short_text", "a"),
        ("numeric", {"number": "1"}),
        ("ordering", ["a"]),
        ("true_false", True),
    ]
    for kind, value in kinds:
        assert told(item(kind, CHOICE), value) == (0, "no_key")


# --- Whatever is sent ----------------------------------------------------------------------------

IDS = st.sampled_from(["a", "b", "c", "l1", "g1", "zz"])
TEXTS = st.one_of(
    IDS, st.text(max_size=12), st.sampled_from(["1", "-3.20", "1e9", "1e-999", "\u0663"])
)
VALUES = st.one_of(
    st.none(),
    TEXTS,
    st.booleans(),
    st.lists(TEXTS, max_size=6),
    st.dictionaries(st.one_of(IDS, st.sampled_from(["number", "unit"])), TEXTS, max_size=6),
)
OPTIONS = st.lists(IDS, unique=True, max_size=5).map(lambda ids: options(*ids))
CONTENTS = st.builds(
    Content,
    prompt=st.just("?"),
    options=OPTIONS,
    left=OPTIONS,
    gaps=st.lists(st.builds(Gap, id=IDS, options=OPTIONS), max_size=4),
    units=st.lists(TEXTS, max_size=3),
)
KEYS = st.builds(
    Key,
    correct=st.lists(IDS, max_size=4),
    truth=st.one_of(st.none(), st.booleans()),
    accepted=st.lists(TEXTS, max_size=3),
    case_sensitive=st.booleans(),
    number=st.one_of(st.none(), TEXTS),
    tolerance=st.one_of(TEXTS, st.just("0.1")),
    relative=st.booleans(),
    units=st.dictionaries(TEXTS, TEXTS, max_size=3),
    pairs=st.dictionaries(IDS, IDS, max_size=4),
    order=st.lists(IDS, max_size=5),
    gaps=st.dictionaries(IDS, st.lists(TEXTS, max_size=3), max_size=4),
    partial=st.booleans(),
)


@pytest.mark.parametrize("version", sorted(scorers.MANNERS))
@pytest.mark.parametrize("kind", sorted(scorers.BY_KIND))
@given(content=CONTENTS, key=KEYS, value=VALUES, points=st.integers(0, 1_000_000))
def test_any_answer_to_any_item_earns_something_between_nothing_and_everything(
    version: int, kind: Kind, content: Content, key: Key, value: object, points: int
) -> None:
    asked = Asked(kind=kind, content=content, key=key)
    outcome = scored(asked, value, points, version)
    assert 0 <= outcome.earned_milli <= points
    assert outcome == scored(asked, value, points, version)
    if outcome.reason == "right":
        assert outcome.earned_milli == points
    elif outcome.reason != "partly":
        assert outcome.earned_milli == 0


@given(
    order=st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=2),
    data=st.data(),
)
def test_only_the_right_order_earns_everything(order: list[str], data: st.DataObject) -> None:
    content = Content(prompt="?", options=options(*order))
    other = data.draw(st.permutations(order))
    for version in scorers.MANNERS:
        earned = told(item("ordering", content, order=order), other, version=version)[0]
        assert (earned == 1000) is (other == order)
