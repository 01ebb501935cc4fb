"""Simulated examinees sit a placement: items that tell most against items at random, for the same error."""

import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from lms.adaptive import ability
from lms.adaptive.mixer import chance_at

Pool = Sequence[tuple[str, int]]
Right = Callable[[float, int], float]  # ability in logits, difficulty -> chance
Answers = tuple[tuple[int, float], ...]
# Number of the examinee, their answers, what they were asked -> the item to ask next.
Choose = Callable[[int, Answers, Collection[str]], str | None]
LOOKED_AT = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """What many sittings showed: the error (root mean square, logits) after each item, and how often the commonest item was asked."""

    errors: list[float]
    commonest: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """Sittings by the rule that ends a placement."""

    items: float
    error: float
    commonest: float


def by_rasch(value: float, difficulty: int) -> float:
    """As the models have it."""
    return chance_at(value, difficulty)


def by_guessing(value: float, difficulty: int) -> float:
    """Another family: a guess of 0.15 and a slip of 0.03 that the models know nothing of."""
    return 0.15 + 0.82 * chance_at(value, difficulty)


def adaptive(pool: Pool, right: Right, items: int, examinees: int, seed: int) -> Sitting:
    """Everybody gets the items that tell most, as the placement picks them."""

    def choose(number: int, answers: Answers, asked: Collection[str]) -> str | None:
        return ability.pick(pool, asked, ability.estimate(answers), f"{seed}/{number}")

    return _sat(pool, right, items, examinees, seed, choose)


def at_random(pool: Pool, right: Right, items: int, examinees: int, seed: int) -> Sitting:
    """The same people get items at random."""
    orders: dict[int, list[tuple[str, int]]] = {}

    def choose(number: int, answers: Answers, _: Collection[str]) -> str:
        if number not in orders:
            orders[number] = random.Random(f"order {seed}/{number}").sample(pool, items)
        return orders[number][len(answers)][0]

    return _sat(pool, right, items, examinees, seed, choose)


def unbounded(pool: Pool, right: Right, items: int, examinees: int, seed: int) -> Sitting:
    """What can be had at all: no cap, each time the item after which the least spread of the ability is to be expected."""
    chosen: dict[Answers, str] = {}

    def choose(_: int, answers: Answers, asked: Collection[str]) -> str:
        if answers not in chosen:  # who answered the same is asked the same
            chosen[answers] = _least_spread(pool, asked, answers)
        return chosen[answers]

    return _sat(pool, right, items, examinees, seed, choose)


def _least_spread(pool: Pool, asked: Collection[str], answers: Answers) -> str:
    """Looked for among the difficulties next to the one where the odds are even."""
    now = ability.estimate(answers)
    items = {difficulty: item for item, difficulty in pool if item not in asked}
    odds = {one: abs(chance_at(now.value, one) - 0.5) for one in items}
    near = sorted(items, key=lambda one: odds[one])[:LOOKED_AT]
    return items[min(near, key=lambda one: _spread(answers, now, one))]


def _spread(answers: Answers, now: ability.Ability, difficulty: int) -> float:
    """The expected variance after one more item; the mean of what would be estimated is what is estimated now."""
    if_wrong, if_right = (
        ability.estimate((*answers, (difficulty, share))) for share in (0.0, 1.0)
    )
    chance = (now.value - if_wrong.value) / (if_right.value - if_wrong.value)
    return chance * if_right.error**2 + (1 - chance) * if_wrong.error**2


def _sat(
    pool: Pool, right: Right, items: int, examinees: int, seed: int, choose: Choose
) -> Sitting:
    squares, asked_of = [0.0] * items, Counter[str]()
    difficulty_of = dict(pool)
    for number in range(examinees):
        value, rng = _examinee(seed, number, examinees)
        answers: Answers = ()
        asked: set[str] = set()
        for place in range(items):
            item = choose(number, answers, asked)
            assert item is not None, "the pool is larger than the test"
            asked.add(item)
            difficulty = difficulty_of[item]
            answers = (*answers, (difficulty, float(rng.random() < right(value, difficulty))))
            squares[place] += (ability.estimate(answers).value - value) ** 2
        asked_of.update(asked)
    return Sitting(
        errors=[math.sqrt(one / examinees) for one in squares],
        commonest=max(asked_of.values()) / examinees,
    )


def stopped(pool: Pool, right: Right, examinees: int, seed: int) -> Stopped:
    """Sittings to their end, as the rule of the placement has it."""
    asked_of, items, squares = Counter[str](), 0, 0.0
    difficulty_of = dict(pool)
    for number in range(examinees):
        value, rng = _examinee(seed, number, examinees)
        answers: list[tuple[int, float]] = []
        asked: set[str] = set()
        now = ability.Ability()
        while not ability.enough(now, len(asked)) and (
            item := ability.pick(pool, asked, now, f"{seed}/{number}")
        ):
            asked.add(item)
            answers.append(
                (difficulty_of[item], float(rng.random() < right(value, difficulty_of[item])))
            )
            now = ability.estimate(answers)
        asked_of.update(asked)
        items += len(asked)
        squares += (now.value - value) ** 2
    return Stopped(
        items=items / examinees,
        error=math.sqrt(squares / examinees),
        commonest=max(asked_of.values()) / examinees,
    )


def _examinee(seed: int, number: int, count: int) -> tuple[float, random.Random]:
    """Abilities are the quantiles of a normal distribution: nobody's luck in drawing them."""
    # A seed of words: Python hashes it the same everywhere.
    return NormalDist().inv_cdf((number + 0.5) / count), random.Random(f"{seed}/{number}")


def needed(errors: Sequence[float], error: float) -> float:
    """How many items bring the error down to this, between whole ones by a straight line; infinite when none do."""
    for place, one in enumerate(errors):
        if one <= error:
            before = errors[place - 1] if place else 1.0
            return place + (before - error) / (before - one) if before > one else place + 1.0
    return math.inf
