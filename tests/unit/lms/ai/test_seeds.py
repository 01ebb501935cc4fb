"""Bad items on purpose: how many, what is wrong with them, and that nothing else tells them apart."""

import hashlib
from dataclasses import replace

import pytest

from lms.ai import seeds
from lms.ai.model import Candidate, Card
from lms.attempts.model import Value
from lms.grading import scorers
from lms.grading.model import Asked
from lms.ids import CandidateId, uuid7
from lms.questions import rules
from lms.questions.model import Kind, Labels, New
from tests.support.items import ITEMS

SECRET = "a secret of the school"


def candidate(number: int, kind: Kind = "single_choice") -> Candidate:
    content, key = ITEMS[kind]
    chance = hashlib.sha256(str(number).encode()).digest()[:10]
    return Candidate(
        candidate_id=CandidateId(uuid7(1_795_000_000_000 + number, chance)),
        course_id="c",
        origin="generated",
        item=New(kind=kind, labels=Labels(title="T"), content=content, key=key),
        risk=40,
        card=Card(
            job_id="j", tier="small", provider="p", model="m", prompts={}, source_digest="d"
        ),
        job_id="j",
        slot=number,
    )


def test_one_in_twenty_has_a_twin_and_it_is_the_same_each_time() -> None:
    made = [seeds.twin(SECRET, candidate(number)) for number in range(4000)]
    count = sum(one is not None for one in made)
    assert 160 <= count <= 240
    assert made == [seeds.twin(SECRET, candidate(number)) for number in range(4000)]


def test_what_another_school_draws_says_nothing_of_ours() -> None:
    ids = [candidate(number).candidate_id for number in range(4000)]
    for draw in (seeds.is_doubled, seeds.is_sampled):
        ours = [draw(SECRET, one) for one in ids]
        theirs = [draw("another", one) for one in ids]
        both = sum(one and other for one, other in zip(ours, theirs, strict=True))
        by_chance = sum(ours) * sum(theirs) / len(ids)
        assert by_chance / 3 <= both <= 2 * by_chance
        assert seeds.twin_id(SECRET, ids[0]) != seeds.twin_id("another", ids[0])


def test_fifteen_of_a_hundred_are_read_by_two() -> None:
    count = sum(seeds.is_sampled(SECRET, candidate(number).candidate_id) for number in range(4000))
    assert 520 <= count <= 680


@pytest.mark.parametrize("kind", sorted(ITEMS))
def test_a_twin_is_well_formed_and_differs_in_what_is_asked_or_right_alone(kind: Kind) -> None:
    twins = [(one, seeds.twin(SECRET, one)) for one in (candidate(n, kind) for n in range(400))]
    found = [(one, twin) for one, twin in twins if twin is not None]
    if kind in ("essay", "file_upload", "cloze"):
        assert not found
        return
    assert found
    for one, twin in found:
        assert not list(rules.faults(kind, twin.item.content, twin.item.key))
        assert (twin.item.content, twin.item.key) != (one.item.content, one.item.key)
        same = replace(
            twin,
            candidate_id=one.candidate_id,
            origin=one.origin,
            slot=one.slot,
            fault="",
            item=one.item,
        )
        assert same == one
        assert twin.item.labels == one.item.labels
        assert (twin.origin, twin.slot) == ("seeded", None)
        assert twin.candidate_id[:13] == one.candidate_id[:13]
        assert twin.fault in seeds.FAULTS


RIGHT: dict[Kind, Value] = {
    "single_choice": "a",
    "multiple_choice": ["air", "steel"],
    "true_false": False,
    "numeric": {"number": "0.78", "unit": "m"},
    "matching": {"p": "f", "l": "a"},
    "ordering": ["a", "w", "s"],
}


@pytest.mark.parametrize("kind", sorted(RIGHT))
def test_by_a_wrong_key_the_right_answer_is_not_right(kind: Kind) -> None:
    content, key = ITEMS[kind]
    spoiled = seeds.FAULTS["wrong_key"][kind](content, key)
    assert spoiled is not None
    for keyed, right in ((key, True), (spoiled[1], False)):
        asked = Asked(kind=kind, content=content, key=keyed)
        outcome = scorers.score(scorers.CURRENT, asked, 1000, RIGHT[kind])
        assert (outcome.reason == "right") is right


def test_what_is_no_item_of_the_factory_has_no_twin() -> None:
    bad = next(twin for n in range(400) if (twin := seeds.twin(SECRET, candidate(n))) is not None)
    assert seeds.twin(SECRET, bad) is None
    for number in range(400):
        assert seeds.twin(SECRET, replace(candidate(number), origin="reported")) is None
