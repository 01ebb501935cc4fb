"""Which school a caller means, and what a school may be called."""

import re
from collections.abc import Sequence

from lms.errors import Invalid
from lms.tenants.model import Tenant

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
NAME_MAX_CHARS = 200
BAND_LEAST_MILLI = 500
BAND_MOST_MILLI = 950
BAND_WIDTH_MILLI = 50


def check_new(slug: str, name: str) -> None:
    """Raise Invalid for a slug that could not be part of a host name, or for no name."""
    if not SLUG.fullmatch(slug):
        raise Invalid(
            "A school's short name has letters a-z, digits and hyphens.", pointer="/slug"
        )
    if not 1 <= len(name) <= NAME_MAX_CHARS:
        raise Invalid(f"A school's name has 1 to {NAME_MAX_CHARS} characters.", pointer="/name")


def check_band(low_milli: int, high_milli: int) -> None:
    """Raise Invalid for a chance of a right answer at which nobody learns, or which no item would hit."""
    if not BAND_LEAST_MILLI <= low_milli <= high_milli - BAND_WIDTH_MILLI:
        raise Invalid(
            f"The band begins at {BAND_LEAST_MILLI} or above, and is {BAND_WIDTH_MILLI} wide or wider.",
            pointer="/band_low_milli",
        )
    if high_milli > BAND_MOST_MILLI:
        raise Invalid(f"The band ends at {BAND_MOST_MILLI} or below.", pointer="/band_high_milli")


def pick(
    named: str | None, by_slug: Tenant | None, by_host: Tenant | None, first_two: Sequence[Tenant]
) -> Tenant:
    """The school that was named, else the one of the host name, else the only one."""
    if named is not None:
        if by_slug is None:
            raise Invalid("There is no such school.", pointer="/school", code="school_unknown")
        return by_slug
    if by_host is not None:
        return by_host
    if len(first_two) != 1:
        raise Invalid("Say which school.", pointer="/school", code="school_needed")
    return first_two[0]
