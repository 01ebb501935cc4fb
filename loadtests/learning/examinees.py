"""Simulated examinees sit a placement: items that tell most against items at random, for the same error."""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lms.adaptive import ability
from lms.adaptive.mixer import chance_at

Pool = Sequence[tuple[str, int]]
Right = Callable[[float, int], float]  # ability in logits, difficulty -> chance


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
    """Everybody gets the items that tell most."""
    return _sat(pool, right, items, examinees, seed, by_chance=False)


def at_random(pool: Pool, right: Right, items: int, examinees: int, seed: int) -> Sitting:
    """The same people get items at random."""
    return _sat(pool, right, items, examinees, seed, by_chance=True)


def _sat(
    pool: Pool, right: Right, items: int, examinees: int, seed: int, *, by_chance: bool
) -> Sitting:
    squares, asked_of = [0.0] * items, Counter[str]()
    difficulty_of = dict(pool)
    for number in range(examinees):
        value, rng = _examinee(seed, number)
        order = iter(rng.sample(pool, items))
        answers: list[tuple[int, float]] = []
        asked: set[str] = set()
        now = ability.Ability()
        for place in range(items):
            item = (
                next(order)[0] if by_chance else ability.pick(pool, asked, now, f"{seed}/{number}")
            )
            assert item is not None, "the pool is larger than the test"
            asked.add(item)
            asked_of[item] += 1
            answers.append(
                (difficulty_of[item], float(rng.random() < right(value, difficulty_of[item])))
            )
            now = ability.estimate(answers)
            squares[place] += (now.value - value) ** 2
    return Sitting(
        errors=[math.sqrt(one / examinees) for one in squares],
        commonest=max(asked_of.values()) / examinees,
    )


def stopped(pool: Pool, right: Right, examinees: int, seed: int) -> Stopped:
    """Sittings to their end, as the rule of the placement has it."""
    asked_of, items, squares = Counter[str](), 0, 0.0
    difficulty_of = dict(pool)
    for number in range(examinees):
        value, rng = _examinee(seed, number)
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


def _examinee(seed: int, number: int) -> tuple[float, random.Random]:
    rng = random.Random(
        f"{seed}/{number}"
    )  # a seed of words: Python hashes it the same everywhere
    return rng.gauss(0, 1), rng


def needed(errors: Sequence[float], error: float) -> float:
    """How many items bring the error down to this, between whole ones by a straight line; infinite when none do."""
    for place, one in enumerate(errors):
        if one <= error:
            before = errors[place - 1] if place else 1.0
            return place + (before - error) / (before - one) if before > one else place + 1.0
    return math.inf
