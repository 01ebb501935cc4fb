"""The paper of an attempt: the same from the same seed, options in the learner's own order, and nothing of a key."""

import msgspec
import pytest

from lms.assessments.chance import Chance
from lms.assessments.drawing import BankItem, Plan, planned
from lms.assessments.model import Draw, Section
from lms.attempts import papers
from lms.attempts.model import Paper, Pin
from lms.ids import is_uuid7
from lms.questions.model import Content, Gap, Kind
from tests.support.exams import KINDS, content_of
from tests.support.items import options

ATTEMPT = "018f3a5e-1234-7000-8000-000000000001"
OTHER = "018f3a5e-1234-7000-8000-000000000002"
BANK = [
    BankItem(
        question_id=f"q{n}",
        version=n + 1,
        kind=KINDS[n % len(KINDS)],
        skills=frozenset(),
        tags=frozenset(),
        level=1,
        language="en",
        state="published",
    )
    for n in range(30)
]
CONTENTS = {
    (one.question_id, one.version): content_of(one.kind, f"words {one.question_id}")
    for one in BANK
}


def plan() -> Plan:
    section = Section(
        id="s", title="Waves", text="Read *well*", draws=[Draw(count=20)], points_milli=2500
    )
    return planned([section], BANK)


def paper_of(attempt_id: str, version: int = 1) -> papers.Written:
    seed = f"{attempt_id} {version}"
    return papers.written(plan(), (attempt_id, seed), papers.places(plan(), seed), CONTENTS)


def test_the_same_seed_makes_the_same_paper_to_the_byte() -> None:
    assert paper_of(ATTEMPT) == paper_of(ATTEMPT)


def test_another_seed_makes_another() -> None:
    first, other, later = paper_of(ATTEMPT), paper_of(OTHER), paper_of(ATTEMPT, 2)
    assert len({first.paper, other.paper, later.paper}) == 3
    assert not set(first.item_ids) & set(other.item_ids)
    assert not set(first.item_ids) & set(later.item_ids)


def test_the_slots_are_ids_of_their_own_in_the_week_of_the_attempt() -> None:
    written = paper_of(ATTEMPT)
    assert len(set(written.item_ids)) == 20
    assert all(is_uuid7(one) and one[:13] == ATTEMPT[:13] for one in written.item_ids)


def test_the_pins_say_which_version_each_slot_is_and_what_it_is_worth() -> None:
    written = paper_of(ATTEMPT)
    paper = msgspec.json.decode(written.paper, type=Paper)
    pins = msgspec.json.decode(written.pins, type=list[Pin])
    for item, pin in zip(paper.items, pins, strict=True):
        assert item.id == pin.item_id
        assert item.kind == pin.kind
        assert item.points_milli == pin.points_milli == 2500
        assert item.content.prompt == CONTENTS[pin.question_id, pin.version].prompt
    assert [(one.id, one.title, one.text) for one in paper.sections] == [
        ("s", "Waves", "Read *well*")
    ]


def test_a_paper_does_not_say_which_question_of_the_bank_it_asks() -> None:
    written = paper_of(ATTEMPT)
    assert "question_id" not in written.paper
    assert '"version"' not in written.paper


def test_no_id_of_an_option_is_in_a_paper() -> None:
    """Counted up as they were written, they would say what belongs where; one id may stand on both sides."""
    content = Content(prompt="p", options=options(a="A", b="B", c="C"), left=options(a="1", b="2"))
    told, names = papers.under_names(content, Chance("x"))
    again, _ = papers.under_names(content, Chance("y"))
    parts = [one.id for one in (*told.left, *told.options)]
    assert len({*parts, *(one.id for one in (*again.left, *again.options))}) == 10
    assert [one.text for one in told.options] == ["A", "B", "C"]
    assert papers.by_ids(told, names) == content
    assert papers.value_by_ids([one.id for one in told.options], names) == ["a", "b", "c"]
    pair = {told.left[1].id: told.options[0].id, "unknown": ""}
    assert papers.value_by_ids(pair, names) == {"b": "a", "unknown": ""}
    assert papers.value_by_ids(told.options[2].id, names) == "c"
    assert papers.value_by_ids("A", names) == "A"


def test_an_id_that_was_never_shown_is_no_answer() -> None:
    content = Content(prompt="p", options=options(a="A", b="B"), left=options(a="1", l="2"))
    _, names = papers.under_names(content, Chance("x"))
    never = papers.NEVER_SHOWN
    assert papers.value_by_ids("a", names) == never
    assert papers.value_by_ids(["b", "c"], names) == [never, "c"]
    assert papers.value_by_ids({"l": "b", "k": "c"}, names) == {never: never, "k": "c"}


def test_words_in_a_gap_are_words_whatever_ids_there_are() -> None:
    gaps = [Gap(id="a", options=options(a="A", b="B")), Gap(id="b")]
    told, names = papers.under_names(Content(prompt="{{a}}{{b}}", gaps=gaps), Chance("x"))
    said = {"a": told.gaps[0].options[1].id, "b": "a"}
    assert papers.value_by_ids(said, names, papers.gaps_of(told)) == {"a": "b", "b": "a"}
    said = {"a": "b", "b": "a"}
    found = papers.value_by_ids(said, names, papers.gaps_of(told))
    assert found == {"a": papers.NEVER_SHOWN, "b": "a"}


def test_no_id_of_what_a_gap_offers_is_in_a_paper() -> None:
    """The gap itself keeps its id, by which it stands in the text."""
    content = Content(prompt="{{g}}", gaps=[Gap(id="g", options=options(a="A", b="B"))])
    told, names = papers.under_names(content, Chance("x"))
    [gap] = told.gaps
    assert gap.id == "g"
    assert not {"a", "b"} & {one.id for one in gap.options}
    assert papers.by_ids(told, names) == content
    assert papers.value_by_ids({"g": gap.options[1].id}, names) == {"g": "b"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shuffle", [True, False])
def test_options_are_put_in_an_order_of_the_learners_own_where_the_content_allows(
    kind: Kind, shuffle: bool
) -> None:
    content = Content(
        prompt="p",
        options=options(**dict.fromkeys("abcdefgh", "text")),
        left=options(l="L", m="M"),
        shuffle=shuffle,
    )
    orders = {
        tuple(one.id for one in papers.ordered(kind, content, Chance(str(seed))).options)
        for seed in range(20)
    }
    moves = shuffle or kind in ("ordering", "matching")
    assert (len(orders) > 1) is moves, "as written, these two would show their key"
    assert {tuple(sorted(order)) for order in orders} == {tuple("abcdefgh")}


def test_the_dropdowns_of_a_cloze_are_shuffled_and_the_left_side_of_a_matching_is_not() -> None:
    cloze = content_of("cloze", "w")
    orders = {
        tuple(one.id for one in papers.ordered("cloze", cloze, Chance(str(seed))).gaps[1].options)
        for seed in range(30)
    }
    assert orders == {("x", "y"), ("y", "x")}
    matching = content_of("matching", "w")
    assert papers.ordered("matching", matching, Chance("x")).left == matching.left
