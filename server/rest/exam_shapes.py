"""Bodies and replies of questions, assessments and attempts, beside shapes.py and under its rules.

Times are RFC 3339 in UTC; what counts down is in milliseconds by the server's clock. Scores are in thousandths of a point.
"""

from typing import Annotated, Literal

import msgspec

from lms.assessments import model as assessments
from lms.attempts import model as attempts
from lms.questions import model as questions
from server.rest.shapes import Body, Id, Reply, Time, Title

QuestionKind = questions.Kind
QuestionState = questions.State
AssessmentState = assessments.State
AttemptState = attempts.State
LatePolicy = assessments.LatePolicy
Release = assessments.Release
Standing = assessments.Standing
SubmittedBy = attempts.SubmittedBy
LiveState = Literal["not_started", "started", "answering", "idle", "lost_link", "submitted"]
Words = Annotated[list[questions.Word], msgspec.Meta(max_length=20)]

# --- Uploads -----------------------------------------------------------------------------------


class NewUpload(Body, frozen=True, kw_only=True):
    """A file that is about to be sent; `type` is its media type.

    `class_id` says which class it is for, which the caller must be able to join: once complete, it is a line
    of the chat there, and those who may join may fetch it until it is taken back.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=255)]
    size: Annotated[int, msgspec.Meta(ge=1, le=10_000_000_000)]
    type: Annotated[str, msgspec.Meta(min_length=3, max_length=127)]
    class_id: Id | None = None


class UploadPart(Reply, frozen=True, kw_only=True):
    """One request that carries one part of the bytes, in the order of the list."""

    method: str
    url: str
    headers: dict[str, str]
    offset: int
    size: int


class UploadTicket(Reply, frozen=True, kw_only=True):
    """Where to send the bytes, until when; each part may be sent again, and what is missing has fresh addresses at `/parts`."""

    id: str
    parts: list[UploadPart]
    expires_at: Time


class Upload(Reply, frozen=True, kw_only=True):
    """A file that is here; `url` is good for a few minutes and gives it as a download."""

    id: str
    name: str
    type: str
    size: int
    state: Literal["started", "ready", "failed"]
    url: str | None


# --- Questions ---------------------------------------------------------------------------------


class NewQuestion(Body, frozen=True, kw_only=True):
    """An item for the bank: content is what learners see, key what they do not."""

    kind: QuestionKind
    title: Title
    content: questions.Content
    key: questions.Key
    skills: Words = []
    tags: Words = []
    level: questions.Grade = 1
    language: questions.Language = "en"
    difficulty: questions.Difficulty = 50
    state: QuestionState = "published"


class QuestionChange(Body, frozen=True, kw_only=True):
    """What is given is changed; a change of content or key makes the next version."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    content: questions.Content | msgspec.UnsetType = msgspec.UNSET
    key: questions.Key | msgspec.UnsetType = msgspec.UNSET
    skills: Words | msgspec.UnsetType = msgspec.UNSET
    tags: Words | msgspec.UnsetType = msgspec.UNSET
    level: questions.Grade | msgspec.UnsetType = msgspec.UNSET
    language: questions.Language | msgspec.UnsetType = msgspec.UNSET
    difficulty: questions.Difficulty | msgspec.UnsetType = msgspec.UNSET
    state: QuestionState | msgspec.UnsetType = msgspec.UNSET


class Question(Reply, frozen=True, kw_only=True):
    """An item with its key, for those who edit the bank; `pictures` are the addresses of the uploads in its texts."""

    id: str
    course_id: str
    version: int
    kind: QuestionKind
    title: str
    content: questions.Content
    key: questions.Key
    skills: list[str]
    tags: list[str]
    level: int
    language: str
    difficulty: int
    state: QuestionState
    updated_at: Time
    pictures: dict[str, str] = {}


class QuestionLine(Reply, frozen=True, kw_only=True):
    """An item in a list."""

    id: str
    version: int
    kind: QuestionKind
    title: str
    skills: list[str]
    tags: list[str]
    level: int
    language: str
    difficulty: int
    state: QuestionState
    updated_at: Time


class BankWords(Reply, frozen=True, kw_only=True):
    """What the items of a bank are sorted by, each with how many there are."""

    skills: dict[str, int]
    tags: dict[str, int]
    levels: dict[str, int]
    languages: dict[str, int]


class LineFault(Reply, frozen=True, kw_only=True):
    """What is wrong with a line of a CSV; lines count from 1, the head is line 1."""

    line: int
    detail: str


class QuestionImport(Reply, frozen=True, kw_only=True):
    """What an import did: all lines or none."""

    added: int
    changed: int
    faults: list[LineFault]


class ItemStatistics(Reply, frozen=True, kw_only=True):
    """How an item went wherever it was asked: mean share of its points, and how it goes with the rest of the attempt."""

    question_id: str
    version: int
    title: str
    kind: QuestionKind
    attempts: int
    mean_share: float
    discrimination: float | None


# --- Assessments -------------------------------------------------------------------------------


class NewAssessment(Body, frozen=True, kw_only=True):
    """An assessment, as a draft."""

    title: Title
    settings: assessments.Settings = assessments.Settings()
    opens_at: Time | None = None
    closes_at: Time | None = None


class AssessmentChange(Body, frozen=True, kw_only=True):
    """What is given is changed, under the next version; nobody who has begun is disturbed."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    settings: assessments.Settings | msgspec.UnsetType = msgspec.UNSET
    opens_at: Time | None | msgspec.UnsetType = msgspec.UNSET
    closes_at: Time | None | msgspec.UnsetType = msgspec.UNSET


class MyAttempt(Reply, frozen=True, kw_only=True):
    """One attempt of the caller; `version` is what it was read at: hand it back as `seen` to read nothing older."""

    id: str
    number: int
    state: AttemptState
    answered: int
    asked: int
    ends_at: Time | None
    submitted_at: Time | None
    released: bool
    version: str


class AssessmentForMe(Reply, frozen=True, kw_only=True):
    """What a learner may know before the start; times are this learner's own."""

    id: str
    course_id: str
    course_title: str
    title: str
    text: str
    state: AssessmentState
    opens_at: Time | None
    closes_at: Time | None
    time_limit_minutes: int | None
    attempts_allowed: int
    needs_password: bool
    late_policy: LatePolicy
    release: Release
    items: int
    server_time: Time
    attempts: list[MyAttempt]


class Assessment(Reply, frozen=True, kw_only=True):
    """An assessment for those who run it."""

    id: str
    course_id: str
    version: int
    title: str
    state: AssessmentState
    opens_at: Time | None
    closes_at: Time | None
    released_at: Time | None
    settings: assessments.Settings
    materialised: bool
    updated_at: Time


class AssessmentLine(Reply, frozen=True, kw_only=True):
    """An assessment in the list of its course."""

    id: str
    title: str
    state: AssessmentState
    opens_at: Time | None
    closes_at: Time | None
    released_at: Time | None
    time_limit_minutes: int | None
    category: str


class AccommodationChange(Body, frozen=True, kw_only=True):
    """What one learner is given beyond the settings; an attempt that is open gets its extra time at once."""

    extra_time_percent: Annotated[int, msgspec.Meta(ge=0, le=300)] = 0
    extra_attempts: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    closes_at: Time | None = None


class Accommodation(Reply, frozen=True, kw_only=True):
    user_id: str
    name: str
    extra_time_percent: int
    extra_attempts: int
    closes_at: Time | None


class Extension(Body, frozen=True, kw_only=True):
    """More time for everybody whose attempt is open, or was handed in by the deadline since `since`."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=10_000)]
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    reopen_since: Time | None = None


class Extended(Reply, frozen=True, kw_only=True):
    extended: int
    reopened: int


class BoardRow(Reply, frozen=True, kw_only=True):
    """One learner on the live board; `seen_at` is when the browser last spoke (null: not known)."""

    user_id: str
    name: str
    attempt_id: str | None
    live: LiveState
    answered: int
    asked: int
    opening: int
    started_at: Time | None
    ends_at: Time | None
    submitted_at: Time | None
    answered_at: Time | None
    seen_at: Time | None
    late: bool


class Board(Reply, frozen=True, kw_only=True):
    """Everybody who may sit an assessment, and how far they are; a copy that is `lag_ms` old."""

    server_time: Time
    lag_ms: int
    links_known: bool
    rows: list[BoardRow]


# --- Attempts ----------------------------------------------------------------------------------


class StartAttempt(Body, frozen=True, kw_only=True):
    password: Annotated[str, msgspec.Meta(max_length=100)] = ""


class SavedAnswer(Reply, frozen=True, kw_only=True):
    """The answer that counts for an item now."""

    value: attempts.Value
    opening: int
    seq: int


class OpenAttempt(Reply, frozen=True, kw_only=True):
    """An attempt that was started or opened again: what it asks, and what is saved of it."""

    id: str
    assessment_id: str
    title: str
    number: int
    opening: int
    state: AttemptState
    ends_at: Time
    server_time: Time
    remaining_ms: int
    sections: list[attempts.PaperSection]
    items: list[attempts.PaperItem]
    answers: dict[str, SavedAnswer]
    pictures: dict[str, str]


class AnswerBody(Body, frozen=True, kw_only=True):
    """One answer; `seq` counts up within the opening."""

    opening: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    seq: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    value: attempts.Value


class AnswerAck(Reply, frozen=True, kw_only=True):
    """It is saved for good; `current_opening` is higher than `opening` when another device has opened the attempt since."""

    opening: int
    seq: int
    server_time: Time
    remaining_ms: int
    late: bool
    current_opening: int
    version: str


class Submit(Body, frozen=True, kw_only=True):
    """`last_seq` is the highest seq of this opening that was acknowledged (0: none)."""

    opening: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    last_seq: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)]


class Receipt(Reply, frozen=True, kw_only=True):
    """What was handed in: the same one each time. `digest` is over the answers that count."""

    attempt_id: str
    receipt: str
    submitted_at: Time
    submitted_by: SubmittedBy
    late: bool
    answered: int
    asked: int
    digest: str
    version: str


class AttemptView(Reply, frozen=True, kw_only=True):
    """How an attempt stands."""

    id: str
    assessment_id: str
    user_id: str
    number: int
    state: AttemptState
    opening: int
    started_at: Time | None
    ends_at: Time | None
    server_time: Time
    remaining_ms: int
    answered: int
    asked: int
    late: bool
    submitted_at: Time | None
    submitted_by: SubmittedBy | None
    receipt: Receipt | None
    released: bool
    version: str


class Beat(Body, frozen=True, kw_only=True):
    """The page is still there; `unsaved` is how many answers wait in it."""

    opening: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    unsaved: Annotated[int, msgspec.Meta(ge=0, le=100_000)] = 0


class BeatAnswer(Reply, frozen=True, kw_only=True):
    """The clock, and whether anything has changed that the page should know."""

    state: AttemptState
    ends_at: Time
    server_time: Time
    remaining_ms: int
    current_opening: int
