"""A lesson of the tutor, its items as they are asked and scored, and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lms.adaptive.model import Chosen
from lms.questions.model import Content, Key, Kind

Path = Literal["warm", "cold"]

# How many items a lesson has, as long as the bank has so many.
ITEMS = 20
# What every item of a lesson is worth.
POSSIBLE_MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """One lesson for one learner."""

    practice_id: str
    course_id: str
    user_id: str
    path: Path
    items: tuple[Chosen, ...]
    answered: int
    created_at: datetime
    finished_at: datetime | None

    def item(self, item_id: str) -> Chosen | None:
        """What is asked under this id."""
        return next((one for one in self.items if one.item_id == item_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Whose lesson in which course, of items of these kinds."""

    course_id: str
    user_id: str
    kinds: tuple[Kind, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """How many items, near which level, in which language."""

    most: int
    level: int
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item of the bank that may be asked; `met`: this learner answered it before."""

    question_id: str
    version: int
    skills: tuple[str, ...]
    difficulty: int
    met: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A version of an item as every learner of the school sees it, and the id of each of its names."""

    content: Content
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A version of an item for checking: as the bank has it, and as it is shown."""

    kind: Kind
    content: Content
    key: Key
    shown: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer that is kept: `value` is canonical JSON in the names that the learner saw."""

    item_id: str
    seq: int
    value: str
    scorer: int
    earned_milli: int
    arrived_at: datetime
