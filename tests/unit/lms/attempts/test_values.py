"""Values of answers: bounded by their kind, one text for one value."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.attempts.model import Value
from lms.attempts.values import kept
from lms.errors import Invalid

TEXT = st.text(st.characters(blacklist_characters="\x00", blacklist_categories=["Cs"]))


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        ("b", "s", '"b"'),
        (True, "b", "true"),
        (False, "b", "false"),
        (["b", "a"], "l", '["b","a"]'),
        ({"unit": "m", "number": "3.20"}, "n", '{"number":"3.20","unit":"m"}'),
        ({"number": "3"}, "n", '{"number":"3"}'),
        ({"l2": "r1", "l1": "r2"}, "m", '{"l1":"r2","l2":"r1"}'),
        ({}, "m", "{}"),
    ],
)
def test_a_value_has_one_kind_and_one_text(value: Value, kind: str, text: str) -> None:
    assert kept(value) == (kind, text)


@given(st.one_of(TEXT, st.booleans(), st.lists(TEXT, max_size=5), st.dictionaries(TEXT, TEXT)))
def test_the_text_gives_the_value_back(value: Value) -> None:
    try:
        _, text = kept(value)
    except Invalid:
        return
    assert msgspec.json.decode(text, type=Value) == value


@given(st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xy")))
def test_the_order_in_which_a_map_is_sent_makes_no_difference(value: dict[str, str]) -> None:
    assert kept(value) == kept(dict(reversed(value.items())))


@pytest.mark.parametrize(
    "value",
    [
        "x" * 100_001,
        ["x"] * 41,
        ["x" * 501],
        {str(number): "x" for number in range(41)},
        {"x" * 37: "y"},
        {"x": "y" * 501},
        "a\x00b",
        ["\x00"],
        {"\x00": "x"},
        {"x": "\x00"},
    ],
)
def test_what_is_too_much_or_cannot_be_kept_is_refused(value: Value) -> None:
    with pytest.raises(Invalid) as refused:
        kept(value)
    assert (refused.value.code, refused.value.pointer) == ("wrong_value", "/value")
