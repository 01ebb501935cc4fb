"""Compares what the learners' journals hold with what PostgreSQL holds: whatever was promised and is not so is counted."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from loadtests.clients.examinee import RIGHT

# The clock of the learners' process and that of the database are one machine's, read at different moments.
SLACK = timedelta(seconds=1)
POINT_MILLI = 1000
# What a learner may be told beside success, when it is so.
AT_THE_END = {"attempt_submitted", "attempt_closed", "attempts_used_up"}


@dataclass
class Journals:
    """The promises, by what they are about."""

    acked: list[Any] = field(default_factory=list)
    receipts: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    opened: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    refused: list[Any] = field(default_factory=list)
    given_up: list[Any] = field(default_factory=list)
    broken: list[Any] = field(default_factory=list)

    @classmethod
    def read(cls, paths: Iterable[Path]) -> "Journals":
        found = cls()
        for path in paths:
            for line in path.read_bytes().splitlines():
                entry = msgspec.json.decode(line)
                match entry["kind"]:
                    case "acked":
                        found.acked.append(entry)
                    case "receipt":
                        found.receipts[entry["attempt"]].append(entry)
                    case "opened":
                        found.opened[entry["attempt"]].append(entry)
                    case "broken":
                        found.broken.append(entry)
                    case "given_up":
                        found.given_up.append(entry)
                    case _:
                        found.refused.append(entry)
        return found


@dataclass
class Verdict:
    """Counts of what was looked at, and of what is wrong; every one of `faults` has to be 0."""

    looked_at: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    examples: dict[str, Any] = field(default_factory=dict)

    def count(self, name: str, wrong: Iterable[Any]) -> None:
        found = list(wrong)
        self.faults[name] = len(found)
        if found:
            self.examples[name] = found[:3]

    @property
    def good(self) -> bool:
        return not any(self.faults.values())


@dataclass
class Stored:
    """The rows, read once."""

    attempts: dict[str, asyncpg.Record]
    of_learner: dict[str, str]
    answers: dict[tuple[str, str, int, int], asyncpg.Record]
    grades: dict[str, list[asyncpg.Record]]
    events: dict[tuple[str, str], list[Any]]
    progress: dict[str, asyncpg.Record]
    cells: dict[str, asyncpg.Record]


async def checked(owner: asyncpg.Connection, assessment_id: str, journals: Journals) -> Verdict:
    """The verdict on one assessment; `owner` sees every row."""
    stored = await _stored(owner, assessment_id)
    verdict = Verdict()
    verdict.looked_at = {
        "attempts": len(stored.attempts),
        "attempts that were started": len(journals.opened),
        "answers acknowledged": len(journals.acked),
        "answers in the database": len(stored.answers),
        "answers acknowledged as late": sum(one["late"] for one in journals.acked),
        "receipts seen": sum(len(found) for found in journals.receipts.values()),
        "handed in by the deadline": sum(
            row["submitted_by"] == "deadline" for row in stored.attempts.values()
        ),
        "refusals": len(journals.refused),
    }
    _check_answers(verdict, journals, stored)
    _check_hand_in(verdict, journals, stored)
    _check_grades(verdict, journals, stored)
    _check_events(verdict, stored)
    await _check_log(verdict, owner)
    verdict.count("learners who gave up", journals.given_up)
    verdict.count("answers of status 500", journals.broken)
    return verdict


async def _stored(owner: asyncpg.Connection, assessment_id: str) -> Stored:
    attempts = await owner.fetch("SELECT * FROM attempts WHERE assessment_id = $1", assessment_id)
    ids = [row["attempt_id"] for row in attempts]
    answers = await owner.fetch("SELECT * FROM answers WHERE attempt_id = ANY($1)", ids)
    grades = await owner.fetch("SELECT * FROM grades WHERE attempt_id = ANY($1)", ids)
    events = await owner.fetch(
        "SELECT key_id, name, data FROM event_log WHERE key_id = ANY($1)", ids
    )
    progress = await owner.fetch("SELECT * FROM progress WHERE attempt_id = ANY($1)", ids)
    cells = await owner.fetch("SELECT * FROM gradebook_cells WHERE attempt_id = ANY($1)", ids)
    found = Stored(
        attempts={str(row["attempt_id"]): row for row in attempts},
        of_learner={f"{row['user_id']}@x.test": str(row["attempt_id"]) for row in attempts},
        answers={
            (str(row["attempt_id"]), str(row["item_id"]), row["opening"], row["seq"]): row
            for row in answers
        },
        grades=defaultdict(list),
        events=defaultdict(list),
        progress={str(row["attempt_id"]): row for row in progress},
        cells={str(row["attempt_id"]): row for row in cells},
    )
    for row in grades:
        found.grades[str(row["attempt_id"])].append(row)
    for row in events:
        found.events[(str(row["key_id"]), row["name"])].append(msgspec.json.decode(row["data"]))
    return found


def _key(entry: Any) -> tuple[str, str, int, int]:
    return (entry["attempt"], entry["item"], entry["opening"], entry["seq"])


def _value(row: asyncpg.Record) -> Any:
    return msgspec.json.decode(row["value"])


def _grace_ends(row: asyncpg.Record) -> datetime:
    ends: datetime = row["ends_at"]
    return ends + timedelta(milliseconds=row["grace_ms"])


def _check_answers(verdict: Verdict, journals: Journals, stored: Stored) -> None:
    verdict.count(
        "acknowledged answers lost",
        [
            entry
            for entry in journals.acked
            if (row := stored.answers.get(_key(entry))) is None or _value(row) != entry["value"]
        ],
    )
    verdict.count(
        "acknowledged as in time and stored as late, or the other way round",
        [
            entry
            for entry in journals.acked
            if (row := stored.answers.get(_key(entry))) is not None
            and row["late"] != entry["late"]
        ],
    )
    verdict.count(
        "sent after the end and the grace, and taken as in time",
        [
            entry
            for entry in journals.acked
            if not entry["late"]
            and _moment(entry["sent_ms"], stored)
            > _grace_ends(stored.attempts[entry["attempt"]]) + SLACK
        ],
    )
    verdict.count(
        "acknowledged before the end and the grace, and called late",
        [
            entry
            for entry in journals.acked
            if entry["late"]
            and _moment(entry["at_ms"], stored)
            < _grace_ends(stored.attempts[entry["attempt"]]) - SLACK
        ],
    )
    verdict.count(
        "answers refused although the attempt was open and its time not over",
        [entry for entry in journals.refused if _unfounded(entry, stored)],
    )


def _moment(at_ms: int, stored: Stored) -> datetime:
    some = next(iter(stored.attempts.values()))
    return datetime.fromtimestamp(at_ms / 1000, some["created_at"].tzinfo)


def _unfounded(entry: Any, stored: Stored) -> bool:
    """A refusal is right only when it says that it is over, and it is."""
    row = stored.attempts.get(entry.get("attempt") or stored.of_learner[entry["email"]])
    if row is None or entry["code"] not in AT_THE_END or row["submitted_at"] is None:
        return True
    at: datetime = _moment(entry["at_ms"], stored)
    # Its time may be over a while before a worker that was dead has handed it in.
    return bool(at < min(row["submitted_at"], row["shuts_at"]) - SLACK)


def _check_hand_in(verdict: Verdict, journals: Journals, stored: Stored) -> None:
    verdict.count(
        "receipts that differ",
        [
            found
            for attempt, found in journals.receipts.items()
            if {
                (one["receipt"], one["digest"], one["submitted_at"], one["answered"])
                for one in found
            }
            != {_handed(stored.attempts[attempt], found[0])}
        ],
    )
    verdict.count(
        "attempts closed before their time",
        [
            dict(row)
            for row in stored.attempts.values()
            if row["submitted_by"] == "deadline" and row["submitted_at"] < row["shuts_at"]
        ],
    )
    verdict.count(
        "attempts started and never handed in",
        [
            attempt
            for attempt in journals.opened
            if stored.attempts[attempt]["state"] not in ("submitted", "graded", "marking")
        ],
    )


def _handed(row: asyncpg.Record, like: Any) -> tuple[Any, ...]:
    same = datetime.fromisoformat(like["submitted_at"]) == row["submitted_at"]
    return (
        row["receipt"],
        row["digest"],
        like["submitted_at"] if same else row["submitted_at"],
        row["answered"],
    )


def _counting(attempt: str, stored: Stored) -> dict[str, asyncpg.Record]:
    """By item the highest (opening, seq) that arrived in time: said here once more, apart from the code under test."""
    best: dict[str, asyncpg.Record] = {}
    until = _grace_ends(stored.attempts[attempt])
    for (of, item, opening, seq), row in stored.answers.items():
        if of != attempt or row["arrived_at"] > until:
            continue
        held = best.get(item)
        if held is None or (opening, seq) > (held["opening"], held["seq"]):
            best[item] = row
    return best


def _check_grades(verdict: Verdict, journals: Journals, stored: Stored) -> None:
    started = list(journals.opened)
    verdict.count("attempts without a grade", [one for one in started if not stored.grades[one]])
    verdict.count("duplicate grades", [one for one in started if len(stored.grades[one]) > 1])
    verdict.count(
        "late answers counted against the policy, or answers in time not counted",
        [
            one
            for one in started
            for grade in stored.grades[one]
            if grade["earned_milli"] != _earned(one, stored)
        ],
    )
    verdict.count(
        "gradebook cells that say something else",
        [
            one
            for one in started
            if (cell := stored.cells.get(one)) is None
            or not stored.grades[one]
            or cell["earned_milli"] != stored.grades[one][0]["earned_milli"]
        ],
    )


def _earned(attempt: str, stored: Stored) -> int:
    counting = _counting(attempt, stored)
    right = [row for row in counting.values() if _value(row) == RIGHT]
    return POINT_MILLI * len(right)


def _check_events(verdict: Verdict, stored: Stored) -> None:
    told = [
        (attempt, one["item_id"], one["opening"], one["seq"])
        for (attempt, name), found in stored.events.items()
        if name == "attempt.answered"
        for one in found
    ]
    verdict.count("answers without exactly one event", set(told) ^ stored.answers.keys())
    verdict.count("events told twice", [None] * (len(told) - len(set(told))))
    for name in ("attempt.submitted", "attempt.graded"):
        verdict.count(
            f"attempts with more or less than one {name}",
            [
                attempt
                for attempt, row in stored.attempts.items()
                if row["started_at"] is not None and len(stored.events[(attempt, name)]) != 1
            ],
        )
    verdict.count(
        "progress that says something else than the answers",
        [
            attempt
            for attempt, row in stored.attempts.items()
            if row["started_at"] is not None and not _progress_is_right(attempt, stored)
        ],
    )


def _progress_is_right(attempt: str, stored: Stored) -> bool:
    row = stored.progress.get(attempt)
    if row is None:
        return False
    in_time = {
        item
        for (of, item, _, _), one in stored.answers.items()
        if of == attempt and not one["late"]
    }
    return row["state"] == "graded" and {str(item) for item in row["answered"]} >= in_time


async def _check_log(verdict: Verdict, owner: asyncpg.Connection) -> None:
    gaps = await owner.fetch(
        "SELECT shard FROM event_log GROUP BY shard HAVING count(*) <> max(seq) OR min(seq) <> 1"
    )
    verdict.count("shards of the log with a gap", [row["shard"] for row in gaps])
    verdict.count("events left in the outbox", await owner.fetch("SELECT outbox_id FROM outbox"))
    verdict.count("dead letters", await owner.fetch("SELECT * FROM dead_letters"))
