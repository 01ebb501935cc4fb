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
PracticeId = NewType("PracticeId", str)
PlacementId = NewType("PlacementId", str)
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
    tail = int.from_bytes(chance, "big")
    rand_a = tail >> 68 & 0xFFF
    rand_b = tail & (1 << 62) - 1
    text = f"{unix_ms << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def is_uuid7(text: str) -> bool:
    """Whether this is an id in the one spelling that Lectern writes."""
    return UUID7.fullmatch(text) is not None
