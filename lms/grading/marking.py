"""What people decide of an attempt: marks by hand, and whether late answers count; each decision is a revision of the grade."""

from dataclasses import dataclass
from uuid import UUID, uuid5

import asyncpg

from lms import audit
from lms.attempts.model import Desk
from lms.errors import Conflict, NotFound, Stale
from lms.grading import access, combining, rubric, service, sources, store
from lms.grading.model import BY_HAND, Grade, ItemGrade, Mark
from lms.grading.service import Case, Revision
from lms.grading.store import Graded
from lms.identity import Principal
from lms.ids import ItemId


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a marker gives: points, or a level for each criterion; `version` is the one decided on, 0 for the first."""

    round: int
    version: int
    earned_milli: int | None
    criteria: dict[str, int]
    comment: str


async def give(
    connection: asyncpg.Connection,
    who: Principal,
    place: tuple[str, str],
    given: Given,
    desk: Desk,
) -> Mark:
    """Mark an item by hand; `place` is (attempt, item)."""
    attempt_id, item_id = place
    attempt = await access.attempt(connection, who, attempt_id, "mark.give", lock=True)
    grade = await _standing(connection, who, attempt)
    case = await service.read_case(connection, who.tenant_id, attempt)
    marks = await store.marks(connection, who.tenant_id, attempt_id)
    item = next((one for one in grade.items if one.item_id == item_id), None)
    if item is None:
        raise NotFound("There is no such item in this attempt.")
    mark = _decided(
        case, item, (given, [one for one in marks if one.item_id == item_id]), who, desk
    )
    if not await store.set_mark(connection, who.tenant_id, mark):
        raise _stale()
    await audit.note(connection, who.tenant_id, _mark_entry(mark, desk), desk.now)
    written = await store.marks(connection, who.tenant_id, attempt_id)
    items = [_by_hand(case, one, written, grade.scorer_version) for one in grade.items]
    if items != list(grade.items):
        cause = str(uuid5(UUID(attempt_id), f"marked {item_id} {mark.round} {mark.version}"))
        revision = Revision(
            cause="marked",
            cause_id=cause,
            items=items,
            scorer_version=grade.scorer_version,
            by=who.user_id,
        )
        await service.revise(connection, who.tenant_id, case.basis, revision, desk.now)
    return next(one for one in written if (one.item_id, one.round) == (item_id, mark.round))


async def _standing(connection: asyncpg.Connection, who: Principal, attempt: Graded) -> Grade:
    found = await store.standing(connection, who.tenant_id, [attempt.attempt_id])
    if attempt.state not in ("marking", "graded") or attempt.attempt_id not in found:
        raise Conflict("The attempt has not been scored yet.", code="not_scored")
    return found[attempt.attempt_id]


def _decided(
    case: Case,
    item: ItemGrade,
    decision: tuple[Given, list[Mark]],
    who: Principal,
    desk: Desk,
) -> Mark:
    """The mark as it is to be written; raises where it may not be given."""
    given, marks = decision
    rounds = {one.round: one for one in marks}
    rubric.check_by_hand(item)
    rubric.check_round(given.round, rounds, who.user_id, second_round=case.settings.second_round)
    if given.version != (rounds[given.round].version if given.round in rounds else 0):
        raise _stale()
    pin = next(one for one in case.pins if one.item_id == item.item_id)
    criteria = case.asked(pin).key.rubric
    return Mark(
        attempt_id=case.attempt.attempt_id,
        item_id=ItemId(item.item_id),
        round=given.round,
        marker=who.user_id,
        marker_name="",
        earned_milli=rubric.points(
            criteria, given.criteria, given.earned_milli, item.possible_milli
        ),
        criteria=given.criteria,
        comment=given.comment,
        opening=item.opening,
        seq=item.seq,
        version=given.version + 1,
        at=desk.now,
    )


def _stale() -> Stale:
    return Stale("Somebody has marked this in the meantime: load it again and decide anew.")


def _mark_entry(mark: Mark, desk: Desk) -> audit.Entry:
    return audit.Entry(
        audit_id=desk.new_id(),
        user_id=mark.marker,
        action="mark.given",
        subject_id=mark.attempt_id,
        data={
            "item_id": mark.item_id,
            "round": mark.round,
            "version": mark.version,
            "earned_milli": mark.earned_milli,
        },
    )


def _by_hand(case: Case, item: ItemGrade, marks: list[Mark], scorer_version: int) -> ItemGrade:
    """The item as its marks make it; what is scored stays as it was."""
    if item.kind not in BY_HAND or item.reason == "recalled":
        return item
    pin = next(one for one in case.pins if one.item_id == item.item_id)
    bare = combining.scored(
        pin,
        case.asked(pin),
        item.key_version,
        case.answers.get(item.item_id),
        scorer_version,
    )
    return service.with_marks(bare, marks, case.settings)


async def decide_late(
    connection: asyncpg.Connection, who: Principal, attempt_id: str, count: bool, desk: Desk
) -> None:
    """Count the answers that came late until now, or do not; where that changes nothing, nothing happens."""
    tenant_id = who.tenant_id
    attempt = await access.attempt(connection, who, attempt_id, "mark.give", lock=True)
    if attempt.state not in ("submitted", "marking", "graded"):
        raise Conflict("The attempt has not been handed in.", code="not_submitted")
    before = await sources.answers(connection, tenant_id, [attempt_id])
    await store.set_late_until(connection, tenant_id, attempt_id, desk.now if count else None)
    case = await service.read_case(connection, tenant_id, attempt)
    if case.answers == before[attempt_id] and count == (attempt.late_until is not None):
        return
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=who.user_id,
        action="late.decided",
        subject_id=attempt_id,
        data={"count": count},
    )
    await audit.note(connection, tenant_id, entry, desk.now)
    if attempt.state != "submitted":  # else it is scored by what was decided
        await _late_counted(connection, who, case, entry, desk)


async def _late_counted(
    connection: asyncpg.Connection, who: Principal, case: Case, entry: audit.Entry, desk: Desk
) -> None:
    grade = await _standing(connection, who, case.attempt)
    marks = await store.marks(connection, who.tenant_id, case.attempt.attempt_id)
    revision = Revision(
        cause="late_counted",
        cause_id=entry.audit_id,
        items=service.scored_items(case, marks, grade.scorer_version),
        scorer_version=grade.scorer_version,
        by=who.user_id,
    )
    await service.revise(connection, who.tenant_id, case.basis, revision, desk.now)
