"""Which answers count, the digest over them, and the receipt: pure."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from lms.attempts.model import Attempt, Counted

# Later than any arrival.
ALWAYS = datetime(9999, 1, 1, tzinfo=UTC)
RECEIPT_GROUP = 5
RECEIPT_CHARS = 20
# What a page sends for an answer that was taken back: "", [], {} and a number without figures.
EMPTY = frozenset({'""', "[]", "{}", '{"number":""}', '{"number":"","unit":""}'})


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A stored answer."""

    item_id: str
    opening: int
    seq: int
    value: str
    arrived_at: datetime


def on_time_until(attempt: Attempt) -> datetime:
    """Until when an answer is in time: the end and the grace."""
    if attempt.ends_at is None:
        return ALWAYS
    return attempt.ends_at + timedelta(milliseconds=attempt.grace_ms)


def counts_until(attempt: Attempt) -> datetime:
    """Until when an answer that arrives counts; by its arrival alone, so that an extension counts for what came before it."""
    late_ms = attempt.late_window_ms if attempt.late_policy == "count" else 0
    by_policy = on_time_until(attempt) + timedelta(milliseconds=late_ms)
    return by_policy if attempt.late_until is None else max(by_policy, attempt.late_until)


def counted(answers: Iterable[Arrived], until: datetime) -> dict[str, Counted]:
    """By item, the highest (opening, seq) of what arrived until then; store.counted is the same in SQL."""
    best: dict[str, Arrived] = {}
    for answer in answers:
        held = best.get(answer.item_id)
        if answer.arrived_at <= until and (
            held is None or (answer.opening, answer.seq) > (held.opening, held.seq)
        ):
            best[answer.item_id] = answer
    return {
        item: Counted(value=one.value, opening=one.opening, seq=one.seq)
        for item, one in best.items()
    }


def answered(counting: Mapping[str, Counted]) -> int:
    """How many items have an answer that says something."""
    return sum(one.value not in EMPTY for one in counting.values())


def digest(attempt_id: str, counting: Mapping[str, Counted]) -> str:
    """SHA-256 over the attempt and its answers that count, item by item: anybody who has them can work it out again."""
    said = [
        attempt_id,
        [[item, one.opening, one.seq, one.value] for item, one in sorted(counting.items())],
    ]
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def receipt(attempt_id: str, digest: str, submitted_at: datetime) -> str:
    """Twenty letters and figures to read out over a telephone."""
    said = f"{attempt_id} {digest} {submitted_at.astimezone(UTC).isoformat()}"
    text = base64.b32encode(hashlib.sha256(said.encode()).digest()).decode()[:RECEIPT_CHARS]
    return "-".join(
        text[start : start + RECEIPT_GROUP] for start in range(0, RECEIPT_CHARS, RECEIPT_GROUP)
    )
