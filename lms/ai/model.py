"""Briefs, jobs, candidates: the nouns of the content factory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec

from lms.ids import CandidateId, CourseId, JobId
from lms.questions.model import Content, Difficulty, Grade, Key, Kind, Language, New, Word

JobState = Literal["queued", "running", "done", "cancelled", "failed", "stopped"]
Origin = Literal["generated", "seeded", "reported"]
CandidateState = Literal[
    "queued", "second", "accepted", "rejected", "ingested", "recalled", "withdrawn"
]
Decision = Literal["accept", "edit", "reject"]
# Why a reviewer turned an item down or changed it.
ReviewReason = Literal[
    "wrong_key",
    "two_keys",
    "not_in_source",
    "unclear",
    "too_easy",
    "too_hard",
    "wrong_skill",
    "answer_in_stem",
    "bad_options",
    "language",
    "unfair",
    "unsafe",
    "duplicate",
    "other",
]
# small: variations of what is there; strong: scenarios and what needs thought; rules: templates over the bank, no model at all.
Tier = Literal["small", "strong", "rules"]
GateName = Literal["schema", "structure", "grounding", "blind", "duplicate", "safety", "risk"]
Step = Literal["objective", "stem", "options", "check"]


class Brief(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is wanted; `scenario` asks for items that set a scene, which need the strong models.

    The same brief and source under another `series` bring other items; under the same one, those that there are.
    """

    skill: Word
    level: Grade = 1
    language: Language = "en"
    kinds: Annotated[list[Kind], msgspec.Meta(min_length=1, max_length=5)]
    count: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    difficulty: Difficulty = 50
    scenario: bool = False
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    series: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A brief with its source, and how far it has come.

    `digest` is over all that decides what comes out. A job with `served_from` has the items of that one, which was the same.
    """

    job_id: JobId
    course_id: CourseId
    asked_by: str | None
    brief: Brief
    digest: bytes
    source: str
    upload_id: str | None
    state: JobState
    created_at: datetime
    updated_at: datetime
    reason: str = ""
    wanted: int = 0
    made: int = 0
    passed: int = 0
    dropped: int = 0
    accepted: int = 0
    rejected: int = 0
    ingested: int = 0
    dropped_by: Mapping[str, int] = field(default_factory=dict)
    tier: Tier | None = None
    tokens: int = 0
    cost_micros: int = 0
    done_at: datetime | None = None
    recalled_at: datetime | None = None
    served_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What the models may cost a school in a month (its first day says which), and did.

    `tokens_held` are set aside: for calls that are under way, and for those that a worker died in, until it is known what they cost.
    """

    month: date
    tokens_limit: int
    tokens_used: int = 0
    tokens_held: int = 0
    cost_micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An item as the factory made it, before a gate has looked at it."""

    kind: Kind
    title: str
    content: Content
    key: Key
    quote: str = ""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one gate says of a draft: passed or not, a stable code, and figures; never the item's own words."""

    gate: GateName
    passed: bool
    code: str = ""
    figures: dict[str, float] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Where an item comes from; what is unknown is empty."""

    job_id: str
    tier: Tier
    provider: str
    model: str
    prompts: Mapping[str, str]  # step to version
    source_digest: str
    upload_id: str | None = None
    quote: str = ""
    gates: Sequence[Finding] = ()
    reviewers: Sequence[str] = ()
    edited: bool = False
    tokens: int = 0
    cost_micros: int = 0
    generated_at_ms: int = 0
    accepted_at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item that is to be staged: what it is, how risky, and where it comes from.

    `item` has what the gates let pass, with its labels. Of a reported one `question_id` and `version` say which item of the bank it is.
    """

    candidate_id: CandidateId
    course_id: str
    origin: Origin
    item: New
    risk: int
    card: Card
    job_id: str | None = None
    slot: int | None = None
    question_id: str | None = None
    version: int | None = None
    # Of a seeded one: what is wrong with it. Of a reported one: what is said against it.
    fault: str = ""
