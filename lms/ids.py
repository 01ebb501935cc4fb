"""Typed ids: UUIDv7 from the time and the random bytes that it is given."""

import re
from typing import NewType

TenantId = NewType("TenantId", str)
UserId = NewType("UserId", str)
SessionId = NewType("SessionId", str)
CourseId = NewType("CourseId", str)
EnrolmentId = NewType("EnrolmentId", str)
LessonId = NewType("LessonId", str)
ClassId = NewType("ClassId", str)
QuestionId = NewType("QuestionId", str)
AssessmentId = NewType("AssessmentId", str)
AttemptId = NewType("AttemptId", str)
ItemId = NewType("ItemId", str)
UploadId = NewType("UploadId", str)
JobId = NewType("JobId", str)
QuizId = NewType("QuizId", str)
CandidateId = NewType("CandidateId", str)

RANDOM_BYTES = 10
UUID7 = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII
)


def uuid7(unix_ms: int, chance: bytes) -> str:
    """RFC 9562, section 5.7: 48 bits of milliseconds, then version, variant and 74 bits of chance."""
    if not 0 <= unix_ms < 1 << 48:
        raise ValueError("the time does not fit into 48 bits")
    if len(chance) != RANDOM_BYTES:
        raise ValueError(f"{RANDOM_BYTES} random bytes are needed")
    head, tail = f"{unix_ms:012x}", chance.hex()
    return f"{head[:8]}-{head[8:]}-7{tail[:3]}-{_VARIANTS[tail[4]]}{tail[5:8]}-{tail[8:]}"


def least_of(unix_ms: int) -> str:
    """Ids of this moment and after it begin here, so that of an interval of time there is an interval of ids, and an index over it."""
    return uuid7(unix_ms, bytes(RANDOM_BYTES))


# The digit of chance that gives two of its bits, and what it becomes beside the variant's two.
_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def is_uuid7(text: str) -> bool:
    """Whether this is an id in the one spelling that Lectern writes."""
    return UUID7.fullmatch(text) is not None
