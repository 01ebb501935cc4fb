"""Thousandths of a point: parts of them in whole numbers, rounded half to even, without a float anywhere."""


def part_of(points_milli: int, earned: int, possible: int) -> int:
    """`earned` out of `possible` of the points; nothing below none and nothing above all."""
    if possible <= 0:
        return 0
    return divided(points_milli * min(max(earned, 0), possible), possible)


def divided(number: int, by: int) -> int:
    """The quotient of whole numbers, rounded half to even; `by` is above 0."""
    whole, rest = divmod(number, by)
    doubled = 2 * rest
    return whole + (doubled > by or (doubled == by and whole % 2 == 1))
