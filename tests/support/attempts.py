"""An attempt as a value, for tests of what is decided about it."""

from dataclasses import replace

from lms.attempts.model import Attempt
from lms.ids import AssessmentId, AttemptId, CourseId, ItemId, UserId


def ready_attempt(**more: object) -> Attempt:
    """One of an hour that nobody has begun, with these fields otherwise."""
    made = Attempt(
        attempt_id=AttemptId("a"),
        assessment_id=AssessmentId("e"),
        assessment_version=1,
        course_id=CourseId("c"),
        user_id=UserId("u"),
        number=1,
        state="ready",
        opens_at=None,
        closes_at=None,
        time_limit_ms=3_600_000,
        grace_ms=30_000,
        late_policy="keep",
        late_window_ms=600_000,
        item_ids=(ItemId("i"),),
        item_types="s",
        opening=0,
        started_at=None,
        ends_at=None,
        shuts_at=None,
        submitted_at=None,
        submitted_by=None,
        last_opening=None,
        last_seq=None,
        receipt=None,
        digest=None,
        answered=None,
        late=False,
        late_until=None,
        grade_revision=0,
        released_at=None,
    )
    return replace(made, **more)  # type: ignore[arg-type]  # the fields of an attempt
