"""A placement: what is asked next, when it ends, and where it puts a learner."""

import random
from datetime import UTC, datetime

import pytest

from lms.adaptive import ability, mixer
from lms.adaptive.parameters import EVEN_DIFFICULTY, POINTS_A_LOGIT
from lms.practice import placing
from lms.practice.placing import Placement, Pool, Posed

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LEVELS = (1, 2, 3, 4)


def posed(number: int, hardness: int) -> Posed:
    return Posed(
        item_id="",
        question_id=f"q{number:03}",
        version=1,
        skills=(),
        difficulty=50,
        hardness=hardness,
    )


POOL = Pool(items=tuple(posed(n, n % 101) for n in range(200)), levels=LEVELS)


def placed(true_ability: float, seed: int, pool: Pool = POOL) -> Placement:
    """The whole test of a learner of this ability."""
    chance = random.Random(seed)
    stands = Placement(placement_id=f"p{seed}", course_id="c", user_id="u", created_at=NOW)
    while True:
        following = placing.next_of(stands, pool, {}, 0)
        if following is None:
            break
        stands = placing.asking(stands, following, f"item {len(stands.items)}")
        right = mixer.chance_at(true_ability, following.hardness) > chance.random()
        stands = placing.answered(stands, 1000 * right)
        if placing.is_enough(stands):
            break
    return placing.ended(stands, pool.levels, NOW)


def test_it_asks_no_item_twice_and_no_more_than_it_may() -> None:
    for seed in range(20):
        stands = placed(0.0, seed)
        asked = [one.question_id for one in stands.items]
        assert len(asked) == len({*asked}) <= ability.ASKED_AT_MOST
        assert stands.asked_now is None


def test_the_stronger_a_learner_the_higher_the_level_it_finds() -> None:
    found = [
        sum(placed(true, seed).level or 0 for seed in range(30)) / 30 for true in (-3, -1, 1, 3)
    ]
    assert found == sorted(found)
    assert found[0] < 2 < 3 < found[-1]


def test_a_bank_that_is_used_up_ends_it() -> None:
    small = Pool(items=POOL.items[:3], levels=LEVELS)
    assert len(placed(0.0, 1, small).items) == 3


def test_what_too_many_others_were_asked_is_asked_only_when_nothing_else_is_left() -> None:
    pool = Pool(items=(posed(1, 60), posed(2, 95)), levels=LEVELS)
    stands = Placement(placement_id="p", course_id="c", user_id="u", created_at=NOW)
    following = placing.next_of(stands, pool, {"q001": 40}, 100)
    assert following is not None
    assert following.question_id == "q002"
    worn = placing.next_of(stands, pool, {"q001": 40, "q002": 40}, 100)
    assert worn is not None


@pytest.mark.parametrize(
    ("hardness", "level"), [(0, 1), (24, 1), (26, 2), (50, 2), (51, 3), (76, 4), (100, 4)]
)
def test_the_level_is_the_part_of_the_scale_that_the_ability_lies_in(
    hardness: int, level: int
) -> None:
    value = (hardness - EVEN_DIFFICULTY) / POINTS_A_LOGIT
    assert placing.level_of(LEVELS, ability.Ability(value=value)) == level
    assert placing.level_of((), ability.Ability(value=value)) == 1
