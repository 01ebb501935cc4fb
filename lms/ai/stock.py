"""How many items there should be, and when the factory is asked for more."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lms.ai.model import Brief, JobState
from lms.questions.model import Kind

# A batch that came to nothing is not tried again before this.
REST = timedelta(hours=24)
# Whoever still uses items up is seen again within this: what was so before more items came counts no more.
USED_UP = timedelta(hours=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """At least `low` items of a skill at a level in a language; below that `batch` more are asked for, about `source`.

    They are also too few when a learner has used them up: `used_up_at` is when one last had to be given one of them again.
    """

    course_id: str
    skill: str
    level: int
    language: str
    low: int
    batch: int
    kinds: tuple[Kind, ...]
    source: str = ""
    job_id: str | None = None
    used_up_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Last:
    """The last batch that was asked for at a mark: `waiting` of its items are still to be reviewed, or to come into the bank."""

    state: JobState
    series: int
    waiting: int
    ingested: int
    asked_at: datetime


def is_due(mark: Mark, items: int, last: Last | None, now: datetime) -> bool:
    """Whether to ask now: one batch at a time, and the next when all that came of the last one is decided."""
    used_up = mark.used_up_at is not None and now - mark.used_up_at <= USED_UP
    if items >= mark.low and not used_up:
        return False
    if last is None:
        return True
    if last.state in ("queued", "running") or last.waiting:
        return False
    return last.ingested > 0 or now - last.asked_at >= REST


def brief(mark: Mark, last: Last | None) -> Brief:
    """What to ask for: under another number each time, so that other items come."""
    return Brief(
        skill=mark.skill,
        level=mark.level,
        language=mark.language,
        kinds=list(mark.kinds),
        count=mark.batch,
        series=1 if last is None else last.series + 1,
    )
