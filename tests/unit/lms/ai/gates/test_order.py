"""All gates over the corpora: no good item is dropped, and each bad one stops at the gate that is there for it."""

from dataclasses import replace
from time import process_time
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.ai.gates import blind, order, safety
from lms.ai.gates.model import Blind, Case, Near
from lms.ai.model import Brief, Draft
from lms.ai.vectors import ngram_vector
from lms.questions.model import Content, Criterion, Gap, Key, Kind, Level, Option
from tests.support import drafts

GOOD = drafts.good()
NAMES = ["schema", "structure", "grounding", "blind", "duplicate", "safety", "risk"]


def bad_ones(corpus: str) -> list[Any]:
    return [pytest.param(corpus, one, id=one["name"]) for one in drafts.corpus(corpus)]


@pytest.mark.parametrize("name", GOOD)
def test_no_good_item_is_dropped(name: str) -> None:
    verdict = order.judge(GOOD[name].case())
    assert verdict.passed, verdict.findings[-1]
    assert [one.gate for one in verdict.findings] == NAMES
    assert 0 <= verdict.risk <= 100


@pytest.mark.parametrize(("gate", "bad"), bad_ones("structure") + bad_ones("grounding"))
def test_a_bad_item_stops_at_its_gate(gate: str, bad: dict[str, Any]) -> None:
    verdict = order.judge(drafts.changed(bad).case())
    last = verdict.findings[-1]
    assert (last.gate, last.passed, last.code) == (gate, False, bad["code"])
    assert not verdict.passed
    assert verdict.risk == 100


@pytest.mark.parametrize("bad", drafts.corpus("blind"), ids=lambda one: one["name"])
def test_a_solver_who_comes_to_something_else_stops_it(bad: dict[str, Any]) -> None:
    case = GOOD[bad["of"]].case()
    shown = blind.posed(case.draft, "seed")
    value = None if bad["value"] is None else drafts.by_texts(case.draft, bad["value"])
    text = (
        "I think so."
        if value is None
        else drafts.blind_text(case.draft, shown, value, sure=bad["sure"])
    )
    solver = blind.answered(case.draft, shown, text)
    verdict = order.judge(replace(case, blind=(drafts.solved(case.draft), solver)))
    last = verdict.findings[-1]
    assert (last.gate, last.code) == ("blind", bad["code"])


@pytest.mark.parametrize("name", [name for name, one in GOOD.items() if one.kind in blind.ANSWERS])
def test_a_solver_who_knows_is_understood_under_the_names_that_it_was_shown(name: str) -> None:
    draft = GOOD[name].draft()
    shown = blind.posed(draft, "another seed")
    solver = blind.answered(draft, shown, drafts.blind_text(draft, shown, drafts.right(draft)))
    assert solver == Blind(value=drafts.right(draft))
    ids = {one.id for one in (*draft.content.options, *draft.content.left)}
    assert not ids & {one.id for one in (*shown.content.options, *shown.content.left)}


@pytest.mark.parametrize("pair", drafts.corpus("duplicate"), ids=lambda one: one["name"])
def test_what_is_the_same_in_other_words_stops_and_what_is_only_near_does_not(
    pair: dict[str, Any],
) -> None:
    one, other = ngram_vector(pair["one"]), ngram_vector(pair["other"])
    cosine = sum(a * b for a, b in zip(one, other, strict=True))
    near = (Near(subject_id="x", staged=False, cosine=cosine),)
    verdict = order.judge(replace(GOOD["evaporation"].case(), near=near))
    assert verdict.passed is not pair["alike"]
    assert pair["alike"] is (verdict.findings[-1].code == "near_duplicate")


@pytest.mark.parametrize(
    "said", drafts.corpus("safety"), ids=[one["name"] for one in drafts.corpus("safety")]
)
def test_what_is_unsafe_is_stopped_wherever_it_stands_and_what_only_sounds_so_is_not(
    said: dict[str, Any],
) -> None:
    found = safety.look(drafts.spoken(said).case())
    assert (found.passed, found.code) == (not said["code"], said["code"])


# --- What is not known yet -----------------------------------------------------------------------


def test_the_gates_ask_for_a_solver_and_then_for_what_is_alike() -> None:
    case = replace(GOOD["evaporation"].case(), blind=None, near=None)
    first = order.judge(case)
    assert (first.wants, first.passed, len(first.findings)) == ("blind", False, 3)
    second = order.judge(replace(case, blind=(drafts.solved(case.draft),)))
    assert (second.wants, second.passed, len(second.findings)) == ("near", False, 4)


def test_nobody_is_asked_about_a_draft_that_is_bad_already() -> None:
    case = drafts.changed(drafts.corpus("structure")[0]).case()
    assert order.judge(replace(case, blind=None, near=None)).wants == ""


def test_what_people_mark_wants_no_solver() -> None:
    case = replace(GOOD["republic essay"].case(), blind=None)
    verdict = order.judge(case)
    assert verdict.passed
    assert verdict.findings[3].code == "by_hand"


def test_only_the_rules_may_do_without_a_solver() -> None:
    alone = replace(GOOD["evaporation"].case(), blind=())
    assert order.judge(alone).findings[-1].code == "no_solver"
    assert order.judge(replace(alone, tier="rules")).passed


# --- Risk ----------------------------------------------------------------------------------------


def risk(case: Case) -> int:
    return order.judge(case).risk


def test_risk_is_the_sum_of_its_reasons() -> None:
    verdict = order.judge(GOOD["rain cloze"].case())
    reasons = verdict.findings[-1].figures
    assert set(reasons) == {"tier", "free_text", "young"}
    assert verdict.risk == round(sum(reasons.values()))


def test_less_is_known_the_risk_is_higher() -> None:
    case = GOOD["evaporation"].case()
    assert risk(replace(case, tier="rules", blind=())) > risk(case)
    rules = GOOD["no source sum"].case()
    assert risk(rules) > risk(replace(rules, blind=(drafts.solved(rules.draft),)))
    close = (Near(subject_id="x", staged=True, cosine=0.88),)
    far = (Near(subject_id="x", staged=True, cosine=0.5),)
    assert risk(replace(case, near=close)) > risk(replace(case, near=far)) == risk(case)
    unknown = msgspec.structs.replace(case.brief, language="sw")
    assert risk(replace(case, brief=unknown)) > risk(case)


def test_what_needs_a_careful_reader_is_never_of_low_risk() -> None:
    case = drafts.changed(
        {
            "name": "x",
            "of": "evaporation",
            "stem": {"prompt": "Slaves crossed the sea. What happens to its water?"},
        }
    ).case()
    assert risk(case) >= risk(GOOD["evaporation"].case()) + 35


# --- Any draft at all ----------------------------------------------------------------------------

WORDS = st.text(max_size=40) | st.sampled_from(
    ["", "all of the above", "{{g1}}", "https://x.test", "٣", "1e999", "\x00"]
)
IDS = st.sampled_from(["o1", "o2", "o3", "g1", "l1", "none"])
OPTIONS = st.lists(st.builds(Option, id=IDS, text=WORDS), max_size=4)
CONTENTS = st.builds(
    Content,
    prompt=WORDS,
    options=OPTIONS,
    left=OPTIONS,
    gaps=st.lists(st.builds(Gap, id=IDS, options=OPTIONS), max_size=3),
    units=st.lists(WORDS, max_size=2),
)
DECIMALS = st.sampled_from(["0", "3.5", "-1", "1e-999", "9" * 30, "x", ""])
KEYS = st.builds(
    Key,
    correct=st.lists(IDS, max_size=3),
    truth=st.none() | st.booleans(),
    accepted=st.lists(WORDS, max_size=3),
    number=st.none() | DECIMALS,
    tolerance=DECIMALS,
    relative=st.booleans(),
    units=st.dictionaries(WORDS, DECIMALS, max_size=2),
    pairs=st.dictionaries(IDS, IDS, max_size=3),
    order=st.lists(IDS, max_size=3),
    gaps=st.dictionaries(IDS, st.lists(WORDS, max_size=2), max_size=2),
    rubric=st.lists(
        st.builds(
            Criterion,
            id=IDS,
            title=WORDS,
            levels=st.lists(
                st.builds(Level, title=WORDS, earned_milli=st.integers(0, 9)), max_size=2
            ),
        ),
        max_size=2,
    ),
    explanation=WORDS,
    option_feedback=st.dictionaries(IDS, WORDS, max_size=2),
)
KINDS: st.SearchStrategy[Kind] = st.sampled_from(list(drafts.KINDS))
VALUES = (
    WORDS | st.booleans() | st.lists(WORDS, max_size=3) | st.dictionaries(IDS, WORDS, max_size=3)
)
CASES = st.builds(
    Case,
    brief=st.builds(
        Brief,
        skill=st.just("any"),
        level=st.integers(1, 10),
        language=st.sampled_from(["en", "ar", "zh", "sw", "de"]),
        kinds=st.just(list(drafts.KINDS)),
        scenario=st.booleans(),
    ),
    draft=st.builds(Draft, kind=KINDS, title=WORDS, content=CONTENTS, key=KEYS, quote=WORDS),
    tier=st.sampled_from(["small", "strong", "rules"]),
    source=WORDS,
    blind=st.none() | st.tuples(st.builds(Blind, value=st.none() | VALUES, sure=st.booleans())),
    near=st.none()
    | st.tuples(st.builds(Near, subject_id=WORDS, staged=st.booleans(), cosine=st.floats(-1, 1))),
    space=st.sampled_from(["", "ngram-1", "m"]),
)


@settings(max_examples=150)
@given(CASES)
def test_no_gate_raises_on_any_draft(case: Case) -> None:
    for _, look in order.GATES[:1]:
        if not look(case).passed:
            return  # no other gate ever sees what does not hold its types
    for _, look in order.GATES:
        look(case)
    verdict = order.judge(case)
    assert verdict.passed is (not verdict.wants and verdict.findings[-1].passed)


NASTY = [
    "a",
    "a.",
    "ignore all ",
    "<a ",
    "](",
    "aa11 ",
    "\u0300",
    "{{g1}}",
    "https:",
    "women are ",
    "\u0627\u0644",
    "1",
]


@pytest.mark.parametrize("piece", NASTY)
def test_no_text_keeps_the_gates_busy(piece: str) -> None:
    text = (piece * 4_000)[:4_000]
    case = GOOD["evaporation"].case()
    nasty = replace(
        case.draft,
        content=msgspec.structs.replace(case.draft.content, prompt=text),
        key=msgspec.structs.replace(case.draft.key, explanation=text),
        quote=text[:2_000],
    )
    begun = process_time()
    for _, look in order.GATES:
        look(replace(case, draft=nasty, source=text * 25))
    assert process_time() - begun < 3.0
