"""Items of the bank: kinds, what a learner may see (Content), what only the server may (Key)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from lms.ids import CourseId, QuestionId

Kind = Literal[
    "single_choice",
    "multiple_choice",
    "true_false",
    "short_text",
    "numeric",
    "matching",
    "ordering",
    "cloze",
    "essay",
    "file_upload",
]
# held: out of use until somebody has looked at it; recalled: out of use for good, with its whole batch.
State = Literal["draft", "published", "retired", "held", "recalled"]

# The id of an option, a gap, a criterion: short, made by whoever writes the item, never a position.
PartId = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_-]{1,32}(?!\n)$")]
Markdown = Annotated[str, msgspec.Meta(max_length=20_000)]
Line = Annotated[str, msgspec.Meta(max_length=500)]
DecimalText = Annotated[
    str, msgspec.Meta(pattern=r"^-?[0-9]{1,30}(\.[0-9]{1,30})?([eE]-?[0-9]{1,3})?(?!\n)$")
]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """Root of what an item is made of: the same on the wire, in the database and in the code. Trees alone, without rings."""


class Option(Part, frozen=True, kw_only=True):
    """One thing to choose, to match or to put in order; its text is Markdown with maths."""

    id: PartId
    text: Markdown


class Gap(Part, frozen=True, kw_only=True):
    """A gap of a cloze text, which stands in the prompt as {{id}}: with options it is a list to choose from."""

    id: PartId
    options: Annotated[list[Option], msgspec.Meta(max_length=40)] = []


class Content(Part, frozen=True, kw_only=True):
    """What a learner may see of an item.

    `options`: choices; what is put in order; the right side of a matching. `left`: the left side of a matching.
    `units`: what a numeric answer may be given in (empty: no unit is asked for). A picture in a text
    has `upload:` and the id of an upload for its address.
    """

    prompt: Markdown
    options: Annotated[list[Option], msgspec.Meta(max_length=40)] = []
    left: Annotated[list[Option], msgspec.Meta(max_length=40)] = []
    gaps: Annotated[list[Gap], msgspec.Meta(max_length=40)] = []
    units: Annotated[list[Line], msgspec.Meta(max_length=20)] = []
    shuffle: bool = True
    max_chars: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 20_000
    max_files: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    max_file_bytes: Annotated[int, msgspec.Meta(ge=1, le=500_000_000)] = 20_000_000
    file_types: Annotated[list[Line], msgspec.Meta(max_length=20)] = []


class Level(Part, frozen=True, kw_only=True):
    """A step of a criterion and what it is worth, in thousandths of a point."""

    title: Line
    earned_milli: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class Criterion(Part, frozen=True, kw_only=True):
    """One line of a rubric."""

    id: PartId
    title: Line
    levels: Annotated[list[Level], msgspec.Meta(min_length=1, max_length=10)]


class Key(Part, frozen=True, kw_only=True):
    """What only the server knows of an item before its scores are released.

    `correct`: option ids of a choice. `truth`: of true_false. `accepted`: texts of short_text. `number`, `tolerance`
    (absolute, or a share of `number` when `relative`) and `units` (unit to how many of the first unit it is; the first
    has "1") of numeric. `pairs`: left id to right id. `order`: option ids. `gaps`: gap id to accepted texts or option ids.
    `partial`: whether parts of an answer earn parts of the points. `explanation` and `option_feedback` are shown with the result.
    """

    correct: Annotated[list[PartId], msgspec.Meta(max_length=40)] = []
    truth: bool | None = None
    accepted: Annotated[list[Line], msgspec.Meta(max_length=40)] = []
    case_sensitive: bool = False
    number: DecimalText | None = None
    tolerance: DecimalText = "0"
    relative: bool = False
    units: dict[str, DecimalText] = {}
    pairs: dict[str, str] = {}
    order: Annotated[list[PartId], msgspec.Meta(max_length=40)] = []
    gaps: dict[str, Annotated[list[str], msgspec.Meta(max_length=40)]] = {}
    partial: bool = True
    rubric: Annotated[list[Criterion], msgspec.Meta(max_length=20)] = []
    explanation: Markdown = ""
    option_feedback: dict[str, str] = {}


Word = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Words = Annotated[tuple[Word, ...], msgspec.Meta(max_length=20)]
Language = Annotated[
    str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*(?!\n)$")
]  # BCP 47
Grade = Annotated[int, msgspec.Meta(ge=1, le=10)]  # from the first on
Difficulty = Annotated[
    int, msgspec.Meta(ge=0, le=100)
]  # from easy to hard, as the teacher sees it


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What an item is named, sorted and found by; a change of these makes no new version."""

    title: str
    skills: Words = ()
    tags: Words = ()
    level: Grade = 1
    language: Language = "en"
    difficulty: Difficulty = 50
    state: State = "published"


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An item as somebody has written it."""

    kind: Kind
    labels: Labels
    content: Content
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be another; None stays as it is."""

    title: str | None = None
    skills: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    level: int | None = None
    language: str | None = None
    difficulty: int | None = None
    state: State | None = None
    content: Content | None = None
    key: Key | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item of a bank as a list has it: neither content nor key."""

    question_id: QuestionId
    course_id: CourseId
    version: int
    kind: Kind
    labels: Labels
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An item of a bank at one of its versions."""

    listed: Listed
    content: Content
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which items of a bank: what is None or empty is not asked for; without a state, all that are not retired."""

    words: tuple[str, ...] = ()
    kind: Kind | None = None
    skill: str | None = None
    tag: str | None = None
    level: int | None = None
    language: str | None = None
    state: State | None = None
