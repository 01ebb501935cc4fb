"""The next lessons of a learner: what is in them, in which order, and why."""

import itertools
import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.adaptive import mixer
from lms.adaptive.model import WHOLE_COURSE, Candidate, Met, SkillState, Source
from lms.adaptive.needs import Learner, Wish, level_of
from lms.adaptive.playlist import lessons
from lms.adaptive.shelf import Shelf, family, shelved
from lms.adaptive.table import Pick

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SKILLS = ("adding", "times", "sharing", "angles", "maps", "time")
WISH = Wish()
LEARNER = Learner(user_id="someone", states={}, now=NOW)


def item(number: int, skill: str = "", **more: object) -> Candidate:
    given: dict[str, object] = {
        "question_id": f"q{number:04}",
        "version": 1,
        "skills": (skill,) if skill else (),
        "level": 1,
        "language": "en",
        "difficulty": number * 37 % 101,
        "family": f"{skill} {number}",
        "given": 0,
    }
    return Candidate(**{**given, **more})  # type: ignore[arg-type]


def bank(each: int = 30, **more: object) -> Shelf:
    """So many items of each skill, of all difficulties."""
    return shelved(
        item(place * 1000 + number, skill, **more)
        for place, skill in enumerate(SKILLS)
        for number in range(each)
    )


def state(strength: float = 0.0, *, days: float = 0.1, answered: int = 6) -> SkillState:
    """Strong by so many logits, met so many days ago, and remembered for a week."""
    return SkillState(
        slow=strength,
        answered=answered,
        right=answered // 2,
        stability_days=7.0,
        hardness=5.0,
        last_at=NOW - timedelta(days=days),
    )


def met(number: int, skill: str, share: int, *, days: float, source: Source = "practice") -> Met:
    return Met(
        question_id=f"q{number:04}",
        skills=(skill,),
        source=source,
        share_milli=share,
        at=NOW - timedelta(days=days),
    )


def whys(picks: list[Pick]) -> list[str]:
    return [one.reason.why for one in picks]


def about(picks: list[Pick], why: str) -> set[str]:
    return {one.reason.skill for one in picks if one.reason.why == why}


# --- What is in a lesson --------------------------------------------------------------------------


def test_what_went_wrong_in_class_is_at_the_head_and_then_what_is_due() -> None:
    learner = replace(
        LEARNER,
        states={"adding": state(), "times": state(days=60), "maps": state(days=30)},
        met=(met(9999, "adding", 0, days=0.01, source="quiz"),),
    )
    [first] = lessons(learner, bank(), WISH, 1)
    assert whys(first)[:3] == ["class_quiz"] * 3
    assert about(first, "class_quiz") == {"adding"}
    due = [one.reason for one in first if one.reason.why == "due_review"]
    assert whys(first)[3 : 3 + len(due)] == ["due_review"] * len(due)
    assert {(one.skill, one.days) for one in due} == {("times", 60), ("maps", 30)}


def test_of_two_quizzes_the_newer_one_is_at_the_head() -> None:
    for newer, older in (("adding", "times"), ("times", "adding")):
        quizzes = (
            met(9998, newer, 0, days=0.01, source="quiz"),
            met(9999, older, 0, days=0.02, source="quiz"),
        )
        learner = replace(LEARNER, states={"adding": state(-2), "times": state(2)}, met=quizzes)
        [first] = lessons(learner, bank(), WISH, 1)
        assert first[0].reason.skill == newer
        assert {one.reason.skill for one in first[:6]} == {newer, older}


def test_a_quiz_that_went_well_or_was_mended_since_asks_for_nothing() -> None:
    right = replace(LEARNER, met=(met(9999, "adding", 1000, days=0.01, source="quiz"),))
    mended = replace(
        LEARNER,
        met=(
            met(9998, "adding", 1000, days=0.01),
            met(9999, "adding", 0, days=0.02, source="quiz"),
        ),
    )
    for learner in (right, mended):
        assert "class_quiz" not in whys(lessons(learner, bank(), WISH, 1)[0])


def test_a_mistake_of_the_last_days_is_practised_and_one_of_long_ago_is_not() -> None:
    states = {"adding": state(), "times": state()}
    lately = replace(LEARNER, states=states, met=(met(9999, "adding", 0, days=2),))
    long_ago = replace(LEARNER, states=states, met=(met(9999, "adding", 0, days=20),))
    assert about(lessons(lately, bank(), WISH, 1)[0], "recent_mistake") == {"adding"}
    assert about(lessons(long_ago, bank(), WISH, 1)[0], "recent_mistake") == set()


def test_weak_skills_fill_more_of_a_lesson_than_strong_ones() -> None:
    states = {"adding": state(-2), "times": state(-1.5), "sharing": state(3), "maps": state(3)}
    [first] = lessons(replace(LEARNER, states=states), bank(), WISH, 1)
    of_weak = sum(one.item.skills[0] in ("adding", "times") for one in first)
    of_strong = sum(one.item.skills[0] in ("sharing", "maps") for one in first)
    assert of_weak >= 8 > of_strong


def test_what_a_teacher_assigned_is_given_until_it_is_done_at_whatever_level() -> None:
    shelf = shelved(
        [*bank().items.values(), *(item(9000 + n, "far ahead", level=9) for n in range(20))]
    )
    wanted = replace(LEARNER, assigned={"far ahead": 7})
    first, second = lessons(wanted, shelf, WISH, 2)
    assert whys(first)[:7] == ["assigned"] * 7
    assert whys(first).count("assigned") == 7
    assert "assigned" not in whys(second)


def test_new_skills_come_in_the_order_of_their_levels_and_few_at_once() -> None:
    shelf = shelved(
        item(place * 100 + number, f"s{place}", level=1 + place // 4)
        for place in range(12)
        for number in range(20)
    )
    [first] = lessons(LEARNER, shelf, WISH, 1)
    assert about(first, "new_skill") <= {"s0", "s1", "s2", "s3"}
    assert len(about(first, "new_skill")) <= 3
    assert {one.item.level for one in first} == {1}


def test_a_level_that_is_passed_opens_the_next() -> None:
    shelf = shelved(
        item(place * 100 + number, f"s{place}", level=1 + place)
        for place in range(3)
        for number in range(20)
    )
    assert level_of(LEARNER, shelf) == 1
    assert level_of(replace(LEARNER, states={"s0": state(4)}), shelf) == 2
    assert level_of(replace(LEARNER, states={"s0": state(4, answered=2)}), shelf) == 1
    assert level_of(replace(LEARNER, placed=3), shelf) == 3


STEEP = shelved(
    item(place * 100 + number, f"s{place}", level=1 + place)
    for place in range(10)
    for number in range(20)
)


@pytest.mark.parametrize(
    ("strength", "answers", "level"),
    [(4, 20, 4), (1.5, 20, 2), (0, 20, 1), (-3, 20, 1), (4, 9, 1)],
)
def test_without_a_placement_the_level_is_searched_for_in_wider_steps_the_stronger_the_learner(
    strength: float, answers: int, level: int
) -> None:
    states = {WHOLE_COURSE: state(strength), "s0": state(answered=2)}
    lately = tuple(met(number, "s0", 1000, days=1) for number in range(answers))
    assert level_of(replace(LEARNER, states=states, met=lately), STEEP) == level


def test_a_search_that_went_too_far_comes_back_and_a_placement_needs_none() -> None:
    lately = tuple(met(600 + number, "s6", 0, days=1) for number in range(20))
    weak = {WHOLE_COURSE: state(-1.5), "s6": state(-1)}
    assert level_of(replace(LEARNER, states=weak, met=lately), STEEP) < 7
    strong = {WHOLE_COURSE: state(4)}
    assert level_of(replace(LEARNER, states=strong, met=lately, placed=2), STEEP) == 2


def test_a_strong_skill_is_stretched_by_harder_items_than_the_middle_of_the_band() -> None:
    [first] = lessons(replace(LEARNER, states={"adding": state(1)}), bank(80), WISH, 1)
    [*stretched] = [one for one in first if one.reason.why == "stretch"]
    assert stretched
    assert all(one.chance < (WISH.low + WISH.high) / 2 for one in stretched)


def test_nothing_that_was_met_lately_or_lies_in_an_open_lesson_comes_again() -> None:
    shelf = bank(4)
    seen = [one.question_id for one in shelf.items.values()][:10]
    learner = replace(
        LEARNER,
        met=tuple(met(int(one[1:]), "adding", 1000, days=3) for one in seen[:5]),
        handed=frozenset(seen[5:]),
    )
    [first] = lessons(learner, shelf, WISH, 1)
    assert len(first) == 14
    assert not {one.item.question_id for one in first} & {*seen}


def test_what_an_exam_asks_is_left_out_even_where_there_is_nothing_else() -> None:
    shelf = bank(1)
    learner = replace(LEARNER, barred=frozenset(shelf.items))
    assert lessons(learner, shelf, WISH, 2) == []


def test_a_bank_that_was_met_whole_gives_what_was_met_longest_ago() -> None:
    shelf = shelved(item(number, "adding") for number in range(8))
    learner = replace(LEARNER, met=tuple(met(n, "adding", 1000, days=0.1 + n) for n in range(8)))
    [again] = lessons(learner, shelf, WISH, 1)
    assert sorted(one.item.question_id for one in again) == [f"q{n:04}" for n in range(3, 8)]
    assert {(one.reason.why, one.reason.days) for one in again} == {
        ("again", days) for days in (3, 4, 5, 6, 7)
    }


def test_a_bank_that_was_given_out_whole_and_never_answered_is_given_once_more() -> None:
    shelf = shelved(item(number, "adding") for number in range(19))
    handed = replace(LEARNER, handed=frozenset(shelf.items))
    [once_more] = lessons(handed, shelf, WISH, 2)
    assert {one.item.question_id for one in once_more} == handed.handed
    assert "again" not in whys(once_more), "nothing of it was ever answered"
    answered = replace(handed, met=tuple(met(n, "adding", 1000, days=1) for n in range(14)))
    [unanswered, again] = lessons(answered, shelf, WISH, 2)
    assert {one.item.question_id for one in unanswered} == {f"q{n:04}" for n in range(14, 19)}
    assert whys(again) == ["again"] * 5


def test_what_lies_in_an_open_lesson_comes_before_another_is_begun_only_rather_than_nothing() -> (
    None
):
    shelf = shelved(item(number, "adding") for number in range(30))
    handed = replace(LEARNER, handed=frozenset(f"q{n:04}" for n in range(10)))
    first, *more = lessons(handed, shelf, WISH, 2)
    assert len(first) == 20
    assert not {one.item.question_id for one in first} & handed.handed
    assert more == [], "one lesson waits: what is in an open one is left there"


def test_what_a_teacher_gave_comes_even_where_all_of_it_was_met() -> None:
    shelf = shelved(item(n, "times" if n < 4 else "adding") for n in range(12))
    seen = tuple(met(n, shelf.items[f"q{n:04}"].skills[0], 1000, days=1 + n) for n in range(12))
    [again] = lessons(replace(LEARNER, met=seen, assigned={"times": 3}), shelf, WISH, 1)
    assert sorted(whys(again)) == ["again"] * 2 + ["assigned"] * 3
    given = {one.item.question_id for one in again if one.reason.why == "assigned"}
    assert given == {"q0001", "q0002", "q0003"}, "what was met longest ago"


def test_a_review_that_is_due_is_said_to_be_one_even_of_an_item_that_was_met() -> None:
    shelf = shelved(item(number, "adding") for number in range(3))
    seen = tuple(met(n, "adding", 1000, days=10 + n) for n in range(3))
    learner = replace(LEARNER, states={"adding": state(days=40)}, met=seen)
    [again] = lessons(learner, shelf, WISH, 1)
    assert whys(again) == ["due_review"] * 3


def test_an_empty_bank_gives_no_lesson() -> None:
    assert lessons(LEARNER, shelved([]), WISH, 2) == []


def test_another_language_is_not_mixed_in() -> None:
    english = [item(number, "adding") for number in range(30)]
    arabic = [item(100 + number, "adding", language="ar") for number in range(10)]
    shelf = shelved(english + arabic)
    [first] = lessons(LEARNER, shelf, WISH, 1)
    assert {one.item.language for one in first} == {"en"}
    [mine] = lessons(replace(LEARNER, met=(met(101, "adding", 1000, days=1),)), shelf, WISH, 1)
    assert {one.item.language for one in mine} == {"ar"}
    once = tuple(met(n, "adding", 1000, days=1) for n in (1, 2, 3, 4, 101))
    [first] = lessons(replace(LEARNER, met=once), shelf, WISH, 1)
    assert {one.item.language for one in first} == {"en"}


def test_worn_items_are_left_to_last() -> None:
    worn = [item(number, "adding", given=500, difficulty=40) for number in range(10)]
    fresh = [item(100 + number, "adding", difficulty=60) for number in range(200)]
    [first] = lessons(LEARNER, shelved(worn + fresh), WISH, 1)
    assert all(one.item.given == 0 for one in first)


def test_a_class_after_one_quiz_shares_the_items_of_the_skill_evenly() -> None:
    """Those that fit: what one learner was given, the next one is given after the others."""
    shelf = shelved(item(number, "adding", difficulty=45 + number % 8) for number in range(60))
    given: Counter[str] = Counter()
    for number in range(60):
        wrong = met(9999, "adding", 0, days=0.01, source="quiz")
        learner = replace(LEARNER, user_id=f"learner {number}", met=(wrong,))
        [first] = lessons(learner, shelf, WISH, 1, given)
        given.update(one.item.question_id for one in first[:3])
    assert sum(given.values()) == 180
    assert len(given) >= 6
    assert max(given.values()) <= 40


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Add 3 and 4", "Add 12 and 5", True),
        ("Fractions (1)", "Fractions: 2", True),
        ("Fractions", "Angles", False),
        ("كسور ٣", "كسور ٤", True),
    ],
)
def test_titles_that_differ_in_figures_alone_are_of_one_family(
    one: str, other: str, alike: bool
) -> None:
    assert (family(one) == family(other)) is alike


def test_items_that_look_alike_are_not_neighbours_where_it_can_be_helped() -> None:
    shelf = shelved(
        item(number, SKILLS[number % 2], family="ab"[number % 2], difficulty=40)
        for number in range(40)
    )
    [first] = lessons(replace(LEARNER, placed=1), shelf, WISH, 1)
    families = [one.item.family for one in first]
    assert all(a != b for a, b in itertools.pairwise(families))


# --- Whatever the learner and the bank ------------------------------------------------------------


def anybody(seed: int) -> tuple[Learner, Shelf]:
    """A learner and a bank drawn at random."""
    chance = random.Random(seed)
    names = [f"skill {n}" for n in range(chance.randrange(1, 12))]
    shelf = shelved(
        item(
            number,
            skills=tuple(chance.sample(names, min(chance.randrange(3), len(names)))),
            level=chance.randrange(1, 5),
            difficulty=chance.randrange(101),
            family=f"f{chance.randrange(20)}",
            given=chance.randrange(60),
        )
        for number in range(chance.choice((0, 3, 15, 60, 300)))
    )
    states = {
        name: state(
            chance.gauss(0, 2), days=chance.uniform(0, 90), answered=chance.randrange(1, 9)
        )
        for name in chance.sample(names, chance.randrange(len(names) + 1))
    }
    if states:
        states[WHOLE_COURSE] = SkillState(slow=chance.gauss(0, 1), answered=9, last_at=NOW)
    numbers = [chance.randrange(300) for _ in range(chance.randrange(60))]
    learner = Learner(
        user_id=str(seed),
        states=states,
        now=NOW,
        placed=chance.choice((None, 1, 3)),
        met=tuple(
            met(n, chance.choice(names), chance.choice((0, 400, 1000)), days=place / 2)
            for place, n in enumerate(numbers)
        ),
        barred=frozenset(f"q{chance.randrange(300):04}" for _ in range(10)),
        assigned={chance.choice(names): 4} if chance.random() < 0.3 else {},
    )
    return learner, shelf


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9))
def test_lessons_keep_their_promises(seed: int) -> None:
    learner, shelf = anybody(seed)
    made = lessons(learner, shelf, WISH, 2)
    assert made == lessons(learner, shelf, WISH, 2), "the same again"
    ids = [one.item.question_id for lesson in made for one in lesson]
    assert len(ids) == len({*ids}), "no item twice"
    assert not {*ids} & learner.barred
    since = NOW - timedelta(days=WISH.seen_days)
    lately = {one.question_id for one in learner.met if one.at > since}
    for lesson in made:
        assert 0 < len(lesson) <= WISH.items
        order = [
            ("class_quiz", "assigned", "due_review").index(why)
            if why in ("class_quiz", "assigned", "due_review")
            else 3
            for why in whys(lesson)
        ]
        assert order == sorted(order), "of the class, then assigned, then due, then the rest"
        assert all(one.reason.skill in (*one.item.skills, WHOLE_COURSE) for one in lesson)
        again = [one for one in lesson if one.item.question_id in lately]
        assert not again or len(lesson) <= 5, "again only rather than nothing"
        for one in lesson:
            wanted = mixer.chance(learner.states, one.item.skills, one.item.difficulty)
            assert one.chance == pytest.approx(wanted)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 10**9))
def test_a_level_above_comes_only_for_a_reason_or_when_all_below_is_used(seed: int) -> None:
    learner, shelf = anybody(seed)
    level = level_of(learner, shelf)
    [first, *_] = lessons(learner, shelf, WISH, 1) or [[]]
    above = [
        one
        for one in first
        if one.item.level > level
        and one.reason.why == "at_level"
        and one.reason.skill not in learner.states
    ]
    used = {one.item.question_id for one in first} | learner.barred | learner.handed
    seen = {one.question_id for one in learner.met}
    below = [
        one
        for one in shelf.items.values()
        if one.level <= level and one.question_id not in used | seen
    ]
    assert not above or not below


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**9))
def test_where_there_is_enough_of_everything_half_of_a_lesson_is_what_is_weak_or_due(
    seed: int,
) -> None:
    chance = random.Random(seed)
    states = {
        name: state(chance.choice((-3, 3)), days=chance.choice((0.1, 60))) for name in SKILLS
    }
    needy = [
        name
        for name, one in states.items()
        if one.slow < 0 or one.last_at is None or one.last_at < NOW - timedelta(days=30)
    ]
    [first] = lessons(replace(LEARNER, states=states), bank(60), WISH, 1)
    assert len(first) == WISH.items
    if len(needy) >= 3:
        share = sum(one.item.skills[0] in needy for one in first) / len(first)
        assert share >= 0.5


class Counted(tuple[Candidate, ...]):
    """Items, each look at one of which is counted."""

    looks = 0

    def __getitem__(self, place: Any) -> Any:
        Counted.looks += 1
        return super().__getitem__(place)


def test_forty_of_five_thousand_are_chosen_without_looking_at_each() -> None:
    shelf = shelved(
        item(number, f"s{number % 50}", difficulty=number * 7 % 101) for number in range(5000)
    )
    counted = {name: Counted(items) for name, items in shelf.by_skill.items()}
    states = {f"s{n}": state(n / 25 - 1, days=n) for n in range(40)}
    learner = replace(LEARNER, states=states)
    first, second = lessons(learner, replace(shelf, by_skill=counted), WISH, 2)
    assert (len(first), len(second)) == (20, 20)
    assert 0 < Counted.looks < 600
