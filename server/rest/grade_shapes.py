"""Bodies and replies of marking, results, regrades and the gradebook, beside shapes.py and under its rules.

Scores are in thousandths of a point; shares are 0 to 1.
"""

from typing import Annotated, Literal

import msgspec

from lms.attempts import model as attempts
from lms.grading import gradebook
from lms.questions import model as questions
from server.rest.exam_shapes import AttemptState, SubmittedBy
from server.rest.shapes import Body, Id, Reply, Time

Milli = Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]

# --- Results -----------------------------------------------------------------------------------


class ItemResult(Reply, frozen=True, kw_only=True):
    """One item of a released result; what the settings do not show is null."""

    item: attempts.PaperItem
    value: attempts.Value | None
    earned_milli: int | None
    possible_milli: int
    reason: str
    correct: bool | None
    key: questions.Key | None
    comment: str
    criteria: dict[str, int]


class Result(Reply, frozen=True, kw_only=True):
    """The result of an attempt for its learner; `released` is false while there is nothing to see yet."""

    attempt_id: str
    assessment_id: str
    title: str
    number: int
    state: AttemptState
    released: bool
    late: bool
    submitted_at: Time | None
    earned_milli: int | None
    possible_milli: int | None
    letter: str | None
    items: list[ItemResult]
    pictures: dict[str, str]


# --- Marking -----------------------------------------------------------------------------------


class Mark(Reply, frozen=True, kw_only=True):
    """What a person gave for one item in one round; `criteria` is criterion id to level (0 is the first)."""

    item_id: str
    round: int
    marker: str
    marker_name: str
    earned_milli: int
    criteria: dict[str, int]
    comment: str
    version: int
    at: Time


class MarkBody(Body, frozen=True, kw_only=True):
    """`version` is the one decided on, 0 for the first mark; with `criteria` the points follow from the rubric."""

    round: Literal[1, 2]
    version: Annotated[int, msgspec.Meta(ge=0)] = 0
    earned_milli: Milli | None = None
    criteria: dict[str, int] = {}
    comment: Annotated[str, msgspec.Meta(max_length=10_000)] = ""


class AttemptLine(Reply, frozen=True, kw_only=True):
    """An attempt in the list of an assessment, for those who mark."""

    id: str
    user_id: str
    name: str
    number: int
    state: AttemptState
    submitted_at: Time | None
    submitted_by: SubmittedBy | None
    late: bool
    late_answers: int
    count_late: bool
    to_mark: int
    earned_milli: int | None
    possible_milli: int | None
    released: bool


class Script(Reply, frozen=True, kw_only=True):
    """An attempt with everything that marking needs; `uploads` and `upload_names` are addresses and names of its files.

    `refused_files` says of each item which of its files the question does not allow, and why: they have no address.
    `differ` names the items whose two rounds are further apart than a fifth of the points.
    """

    attempt: AttemptLine
    items: list[ItemResult]
    marks: list[Mark]
    second_round: bool
    differ: list[str]
    uploads: dict[str, str]
    upload_names: dict[str, str]
    refused_files: dict[str, dict[str, Literal["too_many", "too_large", "wrong_type"]]]
    pictures: dict[str, str]


class LateDecision(Body, frozen=True, kw_only=True):
    """Whether the answers that came late count in this attempt."""

    count: bool


class Released(Reply, frozen=True, kw_only=True):
    released: int
    waiting: int


# --- Regrades ----------------------------------------------------------------------------------


class RegradeBody(Body, frozen=True, kw_only=True):
    """Score an item of an assessment by the key of another version of the same item."""

    question_id: Id
    key_version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]


class RegradeLine(Reply, frozen=True, kw_only=True):
    """Whom a regrade changes, and by how much."""

    attempt_id: str
    user_id: str
    name: str
    before_milli: int
    after_milli: int


class RegradePreview(Reply, frozen=True, kw_only=True):
    """Whom a regrade changes, the first 2,000 of `changed_count`, and how many stay as they are."""

    changed: list[RegradeLine]
    changed_count: int
    unchanged: int


class Regrade(Reply, frozen=True, kw_only=True):
    """A regrade and how far it is."""

    id: str
    question_id: str
    key_version: int
    state: Literal["running", "done", "failed"]
    changed: int
    unchanged: int
    created_at: Time
    done_at: Time | None


# --- Gradebook ---------------------------------------------------------------------------------


class GradebookSettings(Body, frozen=True, kw_only=True):
    categories: Annotated[list[gradebook.Category], msgspec.Meta(max_length=20)] = []
    letters: Annotated[list[gradebook.Letter], msgspec.Meta(max_length=20)] = []


class GradebookColumn(Reply, frozen=True, kw_only=True):
    assessment_id: str
    title: str
    category: str
    possible_milli: int | None
    released: bool


class GradebookCell(Reply, frozen=True, kw_only=True):
    """What counts for one learner in one assessment; `dropped` when the category leaves it out."""

    assessment_id: str
    attempt_id: str | None
    state: Literal["none", "open", "submitted", "marking", "graded"]
    earned_milli: int | None
    possible_milli: int | None
    late: bool
    dropped: bool
    released: bool


class GradebookRow(Reply, frozen=True, kw_only=True):
    user_id: str
    name: str
    cells: list[GradebookCell]
    share: float | None
    letter: str | None


class Gradebook(Reply, frozen=True, kw_only=True):
    """A course's grades, 2,000 learners at most; students see their own row of what is released."""

    course_id: str
    version: int
    settings: GradebookSettings
    columns: list[GradebookColumn]
    rows: list[GradebookRow]
    lag_ms: int
