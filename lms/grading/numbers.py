"""Numeric answers: decimals as they were typed, compared exactly, whatever their exponent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Literal

from lms.grading.wording import READ_MAX_CHARS, Reading, read
from lms.questions.model import Key

# Thirty digits on each side and three of the exponent: a product of two such has its digits within 4,300 places, so that
# nothing below is ever rounded, and none of it costs more than some microseconds.
NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,3})?"
)
EXACT = Context(prec=5_000, Emax=20_000, Emin=-20_000)
SPELLED = {"\u2212": "-", "\u066b": "."}

Verdict = Literal[
    "right", "wrong", "not_a_number", "unit_missing", "unknown_unit", "wrong_unit", "no_key"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Goal:
    number: Decimal
    within: Decimal


def parse(text: str, how: Reading) -> Decimal | None:
    """The number, or None; a lenient reading takes digits of every script, the decimal comma and the minus sign of print."""
    if len(text) > READ_MAX_CHARS:
        return None
    plain = text.strip()
    if how.lenient:
        plain = "".join(SPELLED.get(char, char) for char in read(plain, how, case_sensitive=True))
        if plain.count(",") == 1 and "." not in plain:
            plain = plain.replace(",", ".")
    return Decimal(plain) if NUMBER.fullmatch(plain) else None


def judge(given: Mapping[str, str], key: Key, how: Reading) -> Verdict:
    """Whether the number is right in its unit."""
    goal, factors = _goal(key, how), _factors(key, how)
    if goal is None or factors is None:
        return "no_key"
    number = parse(given.get("number", ""), how)
    if number is None:
        return "not_a_number"
    if not factors:
        return "right" if _hits(number, goal) else "wrong"
    unit = _unit(given.get("unit", ""), how)
    if not unit:
        return "unit_missing"
    if unit not in factors:
        return "unknown_unit"
    if _hits(EXACT.multiply(number, factors[unit]), goal):
        return "right"
    others = (factor for factor in factors.values() if factor != factors[unit])
    if any(_hits(EXACT.multiply(number, factor), goal) for factor in others):
        return "wrong_unit"
    return "wrong"


def _goal(key: Key, how: Reading) -> _Goal | None:
    if key.number is None:
        return None
    number, tolerance = parse(key.number, how), parse(key.tolerance, how)
    if number is None or tolerance is None:
        return None
    return _Goal(
        number=number,
        within=EXACT.multiply(tolerance, EXACT.abs(number)) if key.relative else tolerance,
    )


def _factors(key: Key, how: Reading) -> dict[str, Decimal] | None:
    """How many of the first unit each unit is; of two that read the same the first counts."""
    found: dict[str, Decimal] = {}
    for unit, text in key.units.items():
        factor = parse(text, how)
        if factor is None:
            return None
        found.setdefault(_unit(unit, how), factor)
    return found


def _unit(text: str, how: Reading) -> str:
    return "" if len(text) > READ_MAX_CHARS else read(text, how, case_sensitive=True)


def _hits(number: Decimal, goal: _Goal) -> bool:
    apart = EXACT.abs(EXACT.subtract(number, goal.number))
    return EXACT.compare(apart, goal.within) <= 0
