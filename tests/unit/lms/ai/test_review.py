"""The life of a staged item, what an edit changed, and how much two reviewers agree."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai import review
from lms.ai.model import CandidateState, Decision
from lms.ai.review import Eyes
from lms.questions.model import Kind, Labels, New
from tests.support.items import ITEMS

FLOWS = Path(__file__).parents[4] / "docs" / "flows.md"


@pytest.mark.parametrize("whose", get_args(Eyes))
@pytest.mark.parametrize("decision", get_args(Decision))
def test_what_waits_can_be_decided_in_every_way(decision: Decision, whose: Eyes) -> None:
    then = review.after("queued", decision, whose)
    assert then in ("second", "accepted", "rejected")
    if then == "second":
        last = review.after("second", decision, whose)
        assert last == ("rejected" if decision == "reject" else "accepted")


@pytest.mark.parametrize("state", set(get_args(CandidateState)) - review.OPEN)
def test_nothing_is_decided_about_what_is_not_open(state: CandidateState) -> None:
    for decision in get_args(Decision):
        for whose in get_args(Eyes):
            with pytest.raises(KeyError):
                review.after(state, decision, whose)


def test_a_high_risk_never_passes_by_one_alone() -> None:
    for decision in get_args(Decision):
        for sampled in (True, False):
            whose = review.eyes("generated", review.HIGH_RISK, sampled=sampled)
            assert review.after("queued", decision, whose) != "accepted"


def test_only_what_somebody_let_pass_comes_into_the_bank() -> None:
    before = {state for (state, cause), then in review.BY_ITSELF.items() if then == "ingested"}
    assert before == {"accepted"}
    ways = {state: cause for (state, cause), _ in review.BY_ITSELF.items() if cause == "recall"}
    assert ways.keys() == {"queued", "second", "accepted", "ingested"}


def test_the_documents_show_the_table_as_it_is() -> None:
    assert "\n".join(review.table()) in FLOWS.read_text()


def item(**labels: object) -> New:
    content, key = ITEMS["single_choice"]
    named = Labels(title="T", **labels)  # type: ignore[arg-type]  # the fields of labels
    return New(kind="single_choice", labels=named, content=content, key=key)


def test_an_edit_is_kept_place_by_place() -> None:
    before = item()
    content = msgspec.structs.replace(
        before.content,
        prompt="Other?",
        options=[*before.content.options[:1], *before.content.options],
    )
    after = replace(before, labels=replace(before.labels, level=3), content=content)
    found = {one.at: (one.before, one.after) for one in review.diff(before, after)}
    assert found.keys() == {"/labels/level", "/content/prompt", "/content/options"}
    assert found["/labels/level"] == (1, 3)
    assert review.diff(before, before) == []


@pytest.mark.parametrize("kind", ITEMS)
@pytest.mark.parametrize("other", ITEMS)
def test_what_an_edit_changed_can_be_undone(kind: Kind, other: Kind) -> None:
    (content, key), (others, other_key) = ITEMS[kind], ITEMS[other]
    before = New(kind=kind, labels=Labels(title="T", skills=("a", "b")), content=content, key=key)
    labels = Labels(title="Other", skills=("c",), level=4, difficulty=9)
    after = replace(before, labels=labels, content=others, key=other_key)
    kept = msgspec.json.encode(review.diff(before, after))
    changes = msgspec.json.decode(kept, type=tuple[review.Change, ...])
    assert review.undone(after, changes) == before


def test_what_had_another_name_is_undone_too() -> None:
    before = item()
    key = msgspec.structs.replace(before.key, option_feedback={"a/b~": "No.", "o1": "Yes."})
    after = replace(before, key=msgspec.structs.replace(key, option_feedback={"o2": "Yes."}))
    was = replace(before, key=key)
    assert review.undone(after, review.diff(was, after)) == was


def test_a_place_is_found_whatever_the_space_and_the_case() -> None:
    source = "One. The Speed\n  is frequency (times) length. Two."
    found = review.place_of('"the speed is frequency (times) length."', source)
    assert found is not None
    assert source[slice(*found)] == "The Speed\n  is frequency (times) length"
    assert review.place_of("the speed of it", source) is None
    assert review.place_of("  ", source) is None


COUNTS = st.integers(0, 200)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_agreement_is_kappa(both: int, first: int, second: int, none: int) -> None:
    pairs = {(True, True): both, (True, False): first, (False, True): second, (False, False): none}
    found = review.agreement(pairs)
    if not both + first + second + none:
        assert found is None
        return
    assert found is not None
    assert -1 <= found <= 1
    assert (found == 1) == (first == second == 0)
    if both * none == first * second and first + second:
        assert found == pytest.approx(0, abs=1e-9)
