"""How often a job tries: until as many items as were asked for have passed the gates, and not for ever."""

from collections.abc import Collection, Iterator, Mapping

from lms.ai.model import JobState

# The outcome of a slot whose draft passed, and of one that nobody could make anything for.
PASSED = "passed"
NOTHING = "rules"
# Why a job is done that made less than was asked for.
SHORT = "ended_short"
_SPARE_TRIES = 2


def dropped(gate: str) -> str:
    """The outcome of a slot whose draft a gate turned down."""
    return f"dropped:{gate}"


def most(wanted: int) -> int:
    """So many slots a job has at most: each item may be dropped once, and a small job has some to spare."""
    return 2 * wanted + _SPARE_TRIES


def left(wanted: int, ended: Collection[int]) -> Iterator[int]:
    """The slots that are still to be had, in order."""
    return (slot for slot in range(most(wanted)) if slot not in ended)


def is_owed(wanted: int, came: Mapping[str, int], under_way: int) -> bool:
    """Whether one more is to be begun; `came` counts the slots that have ended by their outcome.

    Those under way may all pass: no more pass than were asked for. Where nobody has made anything so often, nobody will.
    """
    passed, nothing = came.get(PASSED, 0), came.get(dropped(NOTHING), 0)
    return max(passed, nothing) + under_way < wanted


def ending(wanted: int, came: Mapping[str, int]) -> tuple[JobState, str]:
    """What the job becomes when no slot is begun any more, and why."""
    passed, nothing = came.get(PASSED, 0), came.get(dropped(NOTHING), 0)
    if passed >= wanted:
        return "done", ""
    # Not a draft: nobody could be asked, and the rules had nothing to go by.
    return ("failed", "providers_away") if nothing == sum(came.values()) else ("done", SHORT)
