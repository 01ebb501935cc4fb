"""How a learner stands, for people to read: each skill, on what they are stuck, and on how many days in a row they came."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from lms.adaptive import memory, parameters, skill
from lms.adaptive.model import WHOLE_COURSE, Met, SkillState
from lms.adaptive.needs import WRONG_BELOW_MILLI

# Stuck: the last answers in a skill all went wrong, and they were so many.
STUCK_ANSWERS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One skill: how strong, how well remembered (both 0 to 1), how often answered, and when it is to be met again."""

    skill: str
    strength: float
    recall: float
    answered: int
    right: int
    due_at: datetime | None
    last_at: datetime | None


def standings(states: Mapping[str, SkillState], now: datetime) -> list[Standing]:
    """Each skill that was met, by name."""
    return [
        Standing(
            skill=name,
            strength=skill.strength(states, name),
            recall=memory.recall(state, now),
            answered=state.answered,
            right=state.right,
            due_at=memory.due_at(state, parameters.WANTED_RECALL),
            last_at=state.last_at,
        )
        for name, state in sorted(states.items())
        if name != WHOLE_COURSE
    ]


def stuck(met: Sequence[Met]) -> list[str]:
    """Skills whose last answers went wrong again and again; `met` has the newest first."""
    last: dict[str, list[int]] = {}
    for one in met:
        for name in one.skills:
            shares = last.setdefault(name, [])
            if len(shares) < STUCK_ANSWERS:
                shares.append(one.share_milli)
    return sorted(
        name
        for name, shares in last.items()
        if len(shares) == STUCK_ANSWERS and max(shares) < WRONG_BELOW_MILLI
    )


def days_in_a_row(days: Collection[date], today: date) -> int:
    """Up to today; a day that is not over yet breaks nothing."""
    day = today if today in days else today - timedelta(days=1)
    count = 0
    while day in days:
        count += 1
        day -= timedelta(days=1)
    return count
