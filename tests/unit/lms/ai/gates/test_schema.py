"""The gate of the strict schema: malformed answers are refused whole, and well-formed ones become drafts."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai.gates import schema
from lms.ai.gates.schema import Malformed, Said
from tests.support import drafts

MALFORMED = drafts.corpus("malformed")


def shape_of(name: str) -> type[Said]:
    return schema.Stem if name == "stem" else schema.PARTS[name]  # type: ignore[index]


@pytest.mark.parametrize("bad", MALFORMED, ids=[one["name"] for one in MALFORMED])
def test_every_malformed_answer_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(Malformed) as refusal:
        schema.strict(shape_of(bad["shape"]), bad["text"])
    assert refusal.value.code == bad["code"]
    assert refusal.value.finding().passed is False


@pytest.mark.parametrize("name", drafts.good())
def test_a_well_formed_answer_is_a_draft_of_its_kind(name: str) -> None:
    item = drafts.good()[name]
    draft = item.draft()
    assert draft.kind == item.kind
    assert schema.look(item.case()).passed


@given(st.text(max_size=300) | st.from_regex(r'[\[\]{}":,0-9a-z\\]{0,80}'))
def test_no_text_does_more_than_be_refused(text: str) -> None:
    for shape in (schema.Stem, schema.Choices):
        try:
            said = schema.strict(shape, text)
        except Malformed:
            continue
        assert isinstance(said, shape)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(JSON)
def test_json_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(Malformed):
        schema.strict(schema.Choices, json.dumps(value))


@pytest.mark.parametrize("kind", schema.PARTS)
def test_a_provider_is_told_to_answer_strictly(kind: str) -> None:
    told = schema.response_schema(shape_of(kind))
    assert told["type"] == "object"
    for part in _objects(told):
        assert part["additionalProperties"] is False
        assert part["required"] == list(part["properties"])
    text = json.dumps(told)
    assert "maxLength" not in text
    assert "default" not in text


def _objects(part: Any) -> list[dict[str, Any]]:
    found = [part] if isinstance(part, dict) and "properties" in part else []
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return found + [one for value in inner for one in _objects(value)]


def test_a_draft_of_a_kind_that_nobody_asked_for_is_refused() -> None:
    case = drafts.good()["evaporation"].case()
    other = msgspec.structs.replace(case.brief, kinds=["numeric"])
    found = schema.look(drafts.with_(case, brief=other))
    assert (found.passed, found.code) == (False, "wrong_kind")


def test_what_the_rules_made_is_held_against_the_types_too() -> None:
    case = drafts.good()["evaporation"].case()
    content = msgspec.structs.replace(case.draft.content, prompt="x" * 20_001)
    found = schema.look(drafts.with_draft(case, content=content))
    assert (found.passed, found.code) == (False, "wrong_shape")
    assert schema.look(drafts.with_draft(case, title="\ud800")).code == "wrong_shape"
