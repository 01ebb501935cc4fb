"""The strengths of a learner: a fold of answers and of nothing else."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.adaptive import mixer, skill
from lms.adaptive.model import WHOLE_COURSE, Response, SkillState
from lms.adaptive.parameters import STRENGTH_BOUND

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
SKILLS = st.lists(st.sampled_from(["fractions", "area", "angles", ""]), max_size=4).map(tuple)


def answer(
    *skills: str, share: float = 1.0, difficulty: int = 50, at: datetime = NOON
) -> Response:
    return Response(
        skills=skills,
        difficulty=difficulty,
        share=share,
        at=at,
        source="practice",
        question_id="q",
        version=1,
    )


RESPONSES = st.lists(
    st.builds(
        answer,
        share=st.sampled_from([0.0, 0.3, 0.5, 1.0, 7.0, -1.0, math.nan, math.inf]),
        difficulty=st.integers(-1000, 1000),
        at=st.integers(0, 10**9).map(lambda seconds: NOON + timedelta(seconds=seconds)),
    ).flatmap(
        lambda one: SKILLS.map(
            lambda skills: answer(*skills, share=one.share, difficulty=one.difficulty, at=one.at)
        )
    ),
    max_size=30,
)


def folded(
    responses: list[Response], states: dict[str, SkillState] | None = None
) -> dict[str, SkillState]:
    states = dict(states or {})
    for one in responses:
        states.update(skill.after(states, one))
    return states


@given(RESPONSES, st.integers(0, 30))
def test_a_fold_may_stop_anywhere_and_go_on(responses: list[Response], stop: int) -> None:
    at_once = folded(responses)
    assert folded(responses[stop:], folded(responses[:stop])) == at_once


@given(RESPONSES)
def test_whatever_comes_in_strengths_stay_finite_and_bounded(responses: list[Response]) -> None:
    states = folded(responses)
    for state in states.values():
        assert -STRENGTH_BOUND <= state.slow <= STRENGTH_BOUND
        assert -STRENGTH_BOUND <= state.fast <= STRENGTH_BOUND
        assert 0 <= state.right <= state.answered
        assert state.stability_days is None or 0 < state.stability_days < math.inf
        assert state.hardness is None or 1 <= state.hardness <= 10
    for name in ("fractions", "never met"):
        assert 0 < skill.strength(states, name) < 1
        assert (
            0
            <= mixer.chance(states, (name,), 10**9)
            <= mixer.chance(states, (name,), -(10**9))
            <= 1
        )


def test_only_the_skills_of_the_item_and_the_whole_course_change() -> None:
    states = folded([answer("area"), answer("angles", share=0)])
    changed = skill.after(states, answer("fractions", "area"))
    assert set(changed) == {"fractions", "area", WHOLE_COURSE}
    assert (changed["area"].answered, changed["fractions"].answered) == (2, 1)
    assert changed[WHOLE_COURSE].answered == 3


def test_a_skill_named_twice_counts_once() -> None:
    before = folded([answer("area"), answer("angles", share=0)])
    twice = skill.after(before, answer("area", "area", "angles"))
    assert twice == skill.after(before, answer("area", "angles"))


def test_an_item_without_skills_moves_the_whole_course_alone() -> None:
    assert set(skill.after({}, answer())) == {WHOLE_COURSE}
    before = folded([answer()] * 5)
    assert skill.after(before, answer()) == skill.after(before, answer(WHOLE_COURSE))
    assert mixer.chance(before, (WHOLE_COURSE,), 50) == mixer.chance(before, (), 50)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_right_answers_make_stronger_and_wrong_ones_weaker(share: float) -> None:
    before = {"area": SkillState(), WHOLE_COURSE: SkillState()}
    after = folded([answer("area", share=share)] * 3)
    assert (skill.strength(after, "area") > skill.strength(before, "area")) == (share == 1)


def test_a_surprise_teaches_more_than_what_was_expected() -> None:
    easy = skill.after({}, answer("area", difficulty=10))
    hard = skill.after({}, answer("area", difficulty=90))
    assert skill.strength(hard, "area") > skill.strength(easy, "area")


def test_a_bad_day_passes_and_lasting_weakness_stays() -> None:
    steady = folded([answer("area", share=float(turn % 4 > 0)) for turn in range(80)])
    bad_day = folded([answer("area", share=0)] * 6, steady)
    again = folded([answer("area", share=float(turn % 4 > 0)) for turn in range(40)], bad_day)
    assert skill.strength(bad_day, "area") < skill.strength(steady, "area") - 0.2
    assert abs(skill.strength(again, "area") - skill.strength(steady, "area")) < 0.06
    never = folded([answer("area", share=0)] * 60)
    assert skill.strength(never, "area") < 0.2


def test_a_skill_far_below_the_others_is_known_after_a_lesson_and_the_others_stay() -> None:
    before = folded([answer(name) for name in ("area", "angles") for _ in range(20)])
    after = folded([answer("fractions", share=0)] * 5 + [answer("area")] * 5, before)
    assert skill.strength(after, "fractions") < skill.strength(after, "area") - 0.25
    assert skill.strength(after, "area") > 0.8


def test_a_skill_never_met_is_expected_to_go_as_the_course_goes() -> None:
    states = folded([answer("area")] * 10)
    assert mixer.chance(states, ("new",), 50) == mixer.chance(states, (), 50)
    assert mixer.chance(states, (), 50) > mixer.chance({}, (), 50)


def test_an_item_of_several_skills_leans_on_the_mean_of_them() -> None:
    states = {"area": SkillState(slow=1.0, fast=0.5), "angles": SkillState(slow=-0.5)}
    assert mixer.ability(states, ("area", "angles")) == pytest.approx(0.5)
    assert mixer.ability(states, ("area", "never met")) == pytest.approx(0.75)


@pytest.mark.parametrize(("share", "right"), [(0.0, 0), (0.5, 0), (1.0, 1)])
def test_only_all_of_the_points_count_as_right(share: float, right: int) -> None:
    assert skill.after({}, answer("area", share=share))["area"].right == right


def test_however_often_strengths_stay_on_their_scale() -> None:
    states = folded([answer("area", difficulty=10**6)] * 3000)
    assert states["area"].slow == STRENGTH_BOUND
