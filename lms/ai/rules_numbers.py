"""Numbers that could stand for another one: near it, as exact as it is, and wrong."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from lms.assessments.chance import Chance

# What people remember wrongly: a digit more or less, the half or the double, a little more or less.
FACTORS = [Decimal(text) for text in ("0.5", "0.75", "1.25", "1.5", "2", "0.1", "10")]
STEPS = [Decimal(step) for step in (-3, -2, -1, 1, 2, 3)]
YEARS = [Decimal(step) for step in (-50, -30, -20, -10, 10, 20, 30, 50)]
COUNT_MOST = 12
DIGITS_LEAST = 2
YEAR_FIRST, YEAR_LAST = 1_000, 2_100
# Digits in each other's place make another number from so much of it on.
APART = Decimal("0.15")


def wrong(
    text: str,
    chance: Chance,
    *,
    kept_off: Decimal = Decimal(0),
    most: Decimal | None = None,
) -> Iterator[str]:
    """Numbers near this one, each once, in a random order: none within `kept_off` of it, none above `most`, none below zero."""
    value = Decimal(text)
    seen = {value}
    for number in chance.one_by_one(_near(value)):
        rounded = _as_exact(number, value)
        is_apart = abs(rounded - value) > kept_off
        if (
            rounded <= 0
            or rounded in seen
            or not is_apart
            or (most is not None and rounded > most)
        ):
            continue
        seen.add(rounded)
        yield format(rounded, "f")


def bounds(text: str) -> tuple[str, str]:
    """A number clearly below this one, and one clearly above it, both no more exact than it is."""
    value = Decimal(text)
    if _is_count(value):
        return format(max(Decimal(0), value - 2), "f"), format(value + 2, "f")
    if _is_year(value):
        decade = (value / 10).to_integral_value(ROUND_HALF_UP) * 10
        return format(decade - 30, "f"), format(decade + 30, "f")
    low, high = value * (1 - 2 * APART), value * (1 + 2 * APART)
    return format(_as_exact(low, value), "f"), format(_as_exact(high, value), "f")


def _is_count(value: Decimal) -> bool:
    return value == value.to_integral_value() and value <= COUNT_MOST


def _is_year(value: Decimal) -> bool:
    return value == value.to_integral_value() and YEAR_FIRST <= value <= YEAR_LAST


def _near(value: Decimal) -> Sequence[Decimal]:
    if _is_count(value):
        return [value + step for step in STEPS]
    if _is_year(value):
        return [value + step for step in YEARS if value + step <= YEAR_LAST]
    return [*(value * factor for factor in FACTORS), *_turned(value)]


def _turned(value: Decimal) -> list[Decimal]:
    """The same with its first two digits in each other's place, where that makes a difference."""
    digits = format(value, "f")
    if len(digits) < 2 or not digits[:2].isdecimal() or digits[1] == "0":
        return []
    turned = Decimal(digits[1] + digits[0] + digits[2:])
    return [turned] if abs(turned - value) >= APART * value else []


def _as_exact(number: Decimal, value: Decimal) -> Decimal:
    """With as many decimals as the value has, and no more digits that count: of 6300 the half more is 9500, not 9450."""
    counting = max(DIGITS_LEAST, len(format(value.normalize(), "f").replace(".", "").strip("0")))
    step = Decimal(1).scaleb(number.adjusted() - counting + 1)
    rounded = (number / step).to_integral_value(ROUND_HALF_UP) * step
    decimals = len(format(value, "f").partition(".")[2])
    return rounded.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
