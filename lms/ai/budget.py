"""What a school may spend on models: by the month, set aside before a call, settled after it."""

from datetime import date, datetime
from typing import Literal

# Of a school for which nobody has set another limit: some 1,000 items by a small model.
TOKENS_A_MONTH = 5_000_000

# ok: set aside. later: only calls that are under way stand in the way. spent: there is no room for it this month.
Room = Literal["ok", "later", "spent"]


def month_of(now: datetime) -> date:
    """The first day of the month, in UTC."""
    return now.date().replace(day=1)


def room(limit: int, used: int, held: int, wanted: int) -> Room:
    """Whether so many tokens more may be set aside."""
    if used + wanted > limit:
        return "spent"
    return "ok" if used + held + wanted <= limit else "later"
