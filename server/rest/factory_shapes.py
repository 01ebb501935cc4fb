"""Bodies and replies of the content factory and its reviews, beside shapes.py and under its rules."""

from typing import Annotated, Literal

import msgspec

from lms.ai import model as ai
from lms.questions import model as questions
from server.rest.shapes import Body, Id, Reply, Time

GenerationState = ai.JobState
ReviewDecision = ai.Decision
ReviewReason = ai.ReviewReason
ReviewOrigin = Literal["generated", "reported"]
Tier = ai.Tier
GateName = ai.GateName

# --- Jobs --------------------------------------------------------------------------------------


class NewGeneration(Body, frozen=True, kw_only=True):
    """A brief: what is wanted, and from what text; `upload_id` is a text file, PDFs are not read."""

    course_id: Id
    brief: ai.Brief
    source: Annotated[str, msgspec.Meta(max_length=100_000)] = ""
    upload_id: Id | None = None


class Generation(Reply, frozen=True, kw_only=True):
    """How far a job is. `made` drafts were written, `passed` the gates, `dropped` did not; then people decide.

    What is dropped is made anew until `wanted` passed; a job that has tried often enough is done with the reason `ended_short`.
    """

    id: str
    course_id: str
    brief: ai.Brief
    state: GenerationState
    # Why it ended early: budget, providers_away, cancelled_by_teacher, ...; empty otherwise.
    reason: str
    wanted: int
    made: int
    passed: int
    dropped: int
    accepted: int
    rejected: int
    ingested: int
    # How many drafts each gate turned down.
    dropped_by: dict[str, int]
    tier: Tier | None
    tokens: int
    cost_micros: int
    created_at: Time
    updated_at: Time
    done_at: Time | None
    recalled_at: Time | None
    # The job that was asked the same before: the items are that one's, and nothing was asked of a model.
    served_from: str | None


class Recalled(Reply, frozen=True, kw_only=True):
    """What a recall touched so far: attempts at exams, and lessons of the tutor and quizzes (`practices`); it goes on until `done_at`."""

    job_id: str
    reason: str
    asked_at: Time
    done_at: Time | None
    items: int
    attempts: int
    learners: int
    practices: int


class RecalledUse(Reply, frozen=True, kw_only=True):
    """Where a learner was asked a recalled item; of an attempt that was scored, what it had earned and has."""

    source: Literal["practice", "placement", "quiz", "exam"]
    source_id: str
    user_id: str
    name: str
    assessment_id: str | None
    title: str
    before_milli: int | None
    after_milli: int | None


class RecallBody(Body, frozen=True, kw_only=True):
    """Why a batch is taken out of use; the teachers of the courses read it."""

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]


class Budget(Reply, frozen=True, kw_only=True):
    """What the models may cost the school this month, and did."""

    month: str
    tokens_limit: int
    tokens_used: int
    tokens_held: int
    cost_micros: int


class BudgetChange(Body, frozen=True, kw_only=True):
    """The limit from this month on."""

    tokens_limit: Annotated[int, msgspec.Meta(ge=0, le=10**12)]


# --- Reviews -----------------------------------------------------------------------------------


class ReviewLine(Reply, frozen=True, kw_only=True):
    """A staged item in the queue, the riskiest first."""

    id: str
    course_id: str
    course: str
    origin: ReviewOrigin
    kind: questions.Kind
    title: str
    skill: str
    level: int
    language: str
    risk: int
    second: bool
    reports: int
    created_at: Time


class ReportLine(Reply, frozen=True, kw_only=True):
    """What a learner said is wrong; the reviewer is not told who."""

    reason: str
    note: str
    created_at: Time


class ReviewEdit(Body, frozen=True, kw_only=True):
    """What an edit may change of an item."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    content: questions.Content
    key: questions.Key
    difficulty: questions.Difficulty
    skills: Annotated[list[questions.Word], msgspec.Meta(min_length=1, max_length=20)]
    level: questions.Grade


class FirstLook(Reply, frozen=True, kw_only=True):
    """What the first reviewer decided about an item; `before` is what an edit found there, null where nothing was changed."""

    name: str
    decision: ReviewDecision
    before: ReviewEdit | None
    decided_at: Time


class Review(Reply, frozen=True, kw_only=True):
    """A staged item with its source beside it; `version` is to be given back with the decision."""

    line: ReviewLine
    version: int
    content: questions.Content
    key: questions.Key
    skills: list[str]
    difficulty: int
    source: str
    # Where in the source it stands, as the two numbers of [from, to) in characters; null where it does not.
    quote: list[int] | None
    gates: list[ai.Finding]
    brief: ai.Brief | None
    tier: Tier | None
    model: str
    reports: list[ReportLine]
    # What its figures in use say against it, as in the quality of the bank.
    faults: list[str]
    # Of one that waits for its second reviewer; null in the sample, whose two reviewers look each for themselves.
    first: FirstLook | None = None
    pictures: dict[str, str] = {}


class ReviewBody(Body, frozen=True, kw_only=True):
    """A decision about version `version`; an edit has the whole item, a rejection at least one reason."""

    version: int
    decision: ReviewDecision
    reasons: Annotated[list[ReviewReason], msgspec.Meta(max_length=5)] = []
    note: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    edit: ReviewEdit | None = None
    took_ms: Annotated[int, msgspec.Meta(ge=0, le=86_400_000)] = 0


class ReviewStanding(Reply, frozen=True, kw_only=True):
    """How many reviewers some items need, how many there are, and how many wait for another one than the caller."""

    needed: int
    reviewers: int
    for_another: int


class Reviewed(Reply, frozen=True, kw_only=True):
    """What became of the item, and the next of the queue."""

    id: str
    state: Literal["second", "accepted", "rejected", "kept", "retired"]
    next: str | None
    waiting: int


# --- After use ---------------------------------------------------------------------------------


class ProvenanceCard(Reply, frozen=True, kw_only=True):
    """Where an item of the bank comes from."""

    question_id: str
    job_id: str | None
    tier: Tier
    provider: str
    model: str
    prompts: dict[str, str]
    quote: str
    gates: list[ai.Finding]
    reviewers: list[str]
    edited: bool
    tokens: int
    cost_micros: int
    generated_at: Time
    accepted_at: Time
    ingested_at: Time
    recalled_at: Time | None


class StockMark(Body, frozen=True, kw_only=True):
    """Keep at least `low` items of a skill at a level; below that `batch` more are asked for."""

    skill: questions.Word
    level: questions.Grade
    language: questions.Language = "en"
    low: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    batch: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10
    kinds: Annotated[list[questions.Kind], msgspec.Meta(min_length=1, max_length=5)]
    source: Annotated[str, msgspec.Meta(max_length=100_000)] = ""


class StockLine(Reply, frozen=True, kw_only=True):
    """How many items there are of a skill and level, and how many there should be (0: nobody said)."""

    skill: str
    level: int
    language: str
    items: int
    low: int
    batch: int
    job_id: str | None


class SimilarLine(Reply, frozen=True, kw_only=True):
    """An item that is like another; `likeness` is 1 for the same."""

    question_id: str
    title: str
    kind: questions.Kind
    state: questions.State
    level: int
    language: str
    likeness: float


class Similar(Reply, frozen=True, kw_only=True):
    """The most alike first; none before the item was looked at, which takes an hour."""

    items: list[SimilarLine]


class QualityLine(Reply, frozen=True, kw_only=True):
    """How an item did in use: mean share of the points (the p-value of one that is right or wrong), 0 to 1."""

    question_id: str
    version: int
    title: str
    kind: questions.Kind
    state: questions.State
    answered: int
    mean_share: float
    point_biserial: float | None
    dead_options: list[str]
    faults: list[str]
    generated: bool


class Rates(Reply, frozen=True, kw_only=True):
    """Shares from 0 to 1; null where there is nothing to share out."""

    schema_pass: float | None
    gates_pass: float | None
    accept: float | None
    edit: float | None
    # Cohen's kappa over the items that two looked at: 1 is one mind, 0 is chance.
    agreement: float | None
    # Of the seeded bad items, those that a reviewer let pass; of the accepted, those held or recalled later.
    seeded_missed: float | None
    escapes: float | None


class ReviewerLine(Reply, frozen=True, kw_only=True):
    """How one reviewer does: of `seeded` bad items that were mixed in, `missed` were let pass as they were."""

    user_id: str
    name: str
    decisions: int
    seeded: int
    missed: int
    median_ms: int


class FactoryDashboard(Reply, frozen=True, kw_only=True):
    """How the factory does, over the last so many days; who reviews how well is told to administrators alone."""

    days: int
    jobs: int
    drafts: int
    passed: int
    accepted: int
    waiting: int
    rates: Rates
    tokens: int
    cost_micros: int
    tokens_per_accepted: float | None
    cost_micros_per_accepted: float | None
    dropped_by: dict[str, int]
    rejected_for: dict[str, int]
    reviewers: list[ReviewerLine]
    budget: Budget
