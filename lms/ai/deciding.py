"""Reviewers at work: the queue, an item taken to be looked at, and the decision about it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import asyncpg
import msgspec

from lms import audit
from lms.ai import review, review_store, staging, store
from lms.ai.model import Brief, CandidateState, Decision, ReviewReason
from lms.ai.review_store import Decided, Look, Report, Waiting, Wanted
from lms.ai.staging_store import Staged
from lms.assessments import service as assessments
from lms.attempts.model import Desk
from lms.errors import Conflict, Forbidden, Invalid, NotFound
from lms.identity import Principal, may
from lms.people import store as people
from lms.questions import rules
from lms.questions import service as questions
from lms.questions import store as question_store
from lms.questions.model import New, Question
from lms.tenants import store as tenants

# For so long nobody else is given what one has opened.
TAKEN = timedelta(minutes=10)
# So many at once: nobody keeps a queue from the others by looking through it.
TAKEN_MOST = 3
GATHERED_MAX = 50
REPORTS_SHOWN = 50
WAITING_COUNTED = 1_000
# People with a role are counted up to this.
PEOPLE_COUNTED = 100
# A reported item is among the risky ones, the more so the more people say it.
REPORTED_RISK, RISK_A_REPORT, RISK_MAX = 70, 5, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An item with all that a reviewer may know of it.

    `first` is the first look at one that waits for its second. Of the sample it is None: two who are compared look each for themselves.
    """

    line: Waiting
    staged: Staged
    brief: Brief | None
    source: str
    reports: Sequence[Report]
    faults: Sequence[str]
    first: Look | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a reviewer decides about a version of an item; `edit` is the whole item as it should be."""

    version: int
    decision: Decision
    reasons: tuple[ReviewReason, ...] = ()
    note: str = ""
    edit: New | None = None
    took_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the item stands now, what is next for the reviewer, and how many wait."""

    staged: Staged
    next_id: str | None
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How many reviewers an item may need, how many there are, and how many items wait for another one than this."""

    needed: int
    reviewers: int
    for_another: int


def check(who: Principal) -> None:
    """Raise Forbidden unless the caller reviews."""
    if not may(who, "review.do"):
        raise Forbidden("Only reviewers decide about staged items.")


async def queue(
    connection: asyncpg.Connection,
    who: Principal,
    wanted: Wanted,
    page: tuple[tuple[int, str] | None, int],
    desk: Desk,
) -> list[Waiting]:
    """What waits for this reviewer; `page` is (after, limit). What learners reported since comes in with the first page."""
    check(who)
    if page[0] is None:
        await _gather(connection, who.tenant_id, desk)
    return await review_store.queue(
        connection, (who.tenant_id, who.user_id, desk.now), wanted, *page
    )


async def _gather(connection: asyncpg.Connection, tenant_id: str, desk: Desk) -> None:
    await review_store.withdraw_changed(connection, tenant_id, desk.now)
    if (await tenants.settings(connection, tenant_id)).reviewers < review.REVIEWERS:
        await _finish_seconds(connection, tenant_id, desk)
    found = await review_store.open_reports(connection, tenant_id, GATHERED_MAX)
    if found:
        faults = {
            question_id: (reason, min(RISK_MAX, REPORTED_RISK + RISK_A_REPORT * (reports - 1)))
            for question_id, (reason, reports) in found.items()
        }
        await staging.stage_reported(connection, tenant_id, faults, desk.now)


async def _finish_seconds(connection: asyncpg.Connection, tenant_id: str, desk: Desk) -> None:
    """Where one reviewer suffices by now, what one has decided about items that waited for a second is what counts."""
    done = await review_store.finish_seconds(connection, tenant_id, GATHERED_MAX, desk.now)
    for one in done:
        if one.job_id is not None:
            await store.count_decided(connection, tenant_id, one.job_id, accepted=one.is_accepted)
    if done:
        entry = audit.Entry(
            audit_id=desk.new_id(),
            user_id=None,
            action="review.one_suffices",
            subject_id=None,
            data={"items": len(done)},
        )
        await audit.note(connection, tenant_id, entry, desk.now)


async def standing(connection: asyncpg.Connection, who: Principal) -> Standing:
    """Whether there are reviewers enough for what waits."""
    check(who)
    settings = await tenants.settings(connection, who.tenant_id)
    place = (who.tenant_id, who.user_id)
    return Standing(
        needed=settings.reviewers,
        reviewers=await people.count_in(connection, who.tenant_id, "reviewer", PEOPLE_COUNTED),
        for_another=await review_store.for_another(connection, place, WAITING_COUNTED),
    )


async def take(
    connection: asyncpg.Connection, who: Principal, candidate_id: str, desk: Desk
) -> Seen:
    """Look at an item, which is this reviewer's for a while."""
    check(who)
    staged = await _open(connection, who, candidate_id, desk)
    place = (who.tenant_id, candidate_id)
    await review_store.take(connection, place, who.user_id, desk.now + TAKEN)
    await review_store.give_back(connection, who.tenant_id, who.user_id, TAKEN_MOST)
    return await _seen(connection, who.tenant_id, staged)


async def _open(
    connection: asyncpg.Connection, who: Principal, candidate_id: str, desk: Desk
) -> Staged:
    """The item, locked, if this reviewer may decide about it now."""
    staged = await review_store.lock(connection, who.tenant_id, candidate_id)
    if staged is None:
        raise NotFound("There is no such item to review.")
    if staged.state not in review.OPEN:
        raise Conflict("This item has been decided.", code="review_over")
    others = staged.taken_by not in (None, who.user_id)
    if others and staged.taken_until is not None and staged.taken_until > desk.now:
        raise Conflict("Somebody else looks at this item now.", code="review_taken")
    if staged.state == "second":
        said = await review_store.decisions(connection, who.tenant_id, [candidate_id])
        if any(one.reviewer_id == who.user_id for one in said):
            raise Conflict("Somebody else is to look at this item too.", code="review_own")
    return staged


async def _seen(connection: asyncpg.Connection, tenant_id: str, staged: Staged) -> Seen:
    one = staged.candidate
    brief, source = None, ""
    if one.job_id is not None:
        brief, source = await store.source_of(connection, tenant_id, one.job_id)
    said, faults = list[Report](), list[str]()
    if one.question_id is not None:
        said = await review_store.reports(connection, tenant_id, one.question_id, REPORTS_SHOWN)
        faults = await review_store.faults(connection, tenant_id, one.question_id)
    return Seen(
        line=await review_store.line(connection, tenant_id, one.candidate_id),
        staged=staged,
        brief=brief,
        source=source,
        reports=said,
        faults=faults,
        first=await _first(connection, tenant_id, staged),
    )


async def _first(connection: asyncpg.Connection, tenant_id: str, staged: Staged) -> Look | None:
    if staged.state != "second" or staged.sampled:
        return None
    return await review_store.first_look(connection, tenant_id, staged.candidate.candidate_id)


async def find(connection: asyncpg.Connection, who: Principal, candidate_id: str) -> Staged:
    """The item as it stands, whoever is at it."""
    check(who)
    staged = await review_store.lock(connection, who.tenant_id, candidate_id)
    if staged is None:
        raise NotFound("There is no such item to review.")
    return staged


# --- The decision --------------------------------------------------------------------------------


async def decide(
    connection: asyncpg.Connection,
    who: Principal,
    candidate_id: str,
    verdict: Verdict,
    desk: Desk,
) -> Outcome:
    """Decide about an item; said again the same is answered again."""
    check(who)
    staged = await _repeated(connection, who, candidate_id, verdict)
    if staged is None:
        staged = await _open(connection, who, candidate_id, desk)
        if staged.version != verdict.version:
            raise Conflict("The item was changed since you opened it.", code="review_changed")
        staged = await _carried_out(connection, who, staged, verdict, desk)
    mine = (who.tenant_id, who.user_id, desk.now)
    return Outcome(
        staged=staged,
        next_id=await review_store.take_next(connection, mine, desk.now + TAKEN),
        waiting=await review_store.count_waiting(connection, mine, WAITING_COUNTED),
    )


async def _repeated(
    connection: asyncpg.Connection, who: Principal, candidate_id: str, verdict: Verdict
) -> Staged | None:
    """The item, if this reviewer has decided just so before."""
    staged = await review_store.lock(connection, who.tenant_id, candidate_id)
    said = await review_store.decisions(connection, who.tenant_id, [candidate_id])
    mine = next((one for one in said if one.reviewer_id == who.user_id), None)
    if staged is None or mine is None:
        return None
    if (mine.version, mine.decision, mine.reasons) != (
        verdict.version,
        verdict.decision,
        verdict.reasons,
    ):
        raise Conflict("You have decided about this item before.", code="review_decided")
    return staged


async def _carried_out(
    connection: asyncpg.Connection, who: Principal, staged: Staged, verdict: Verdict, desk: Desk
) -> Staged:
    before = staged.candidate
    item = _item(before.item, verdict)
    changes = review.diff(before.item, item)
    whose = await _eyes(connection, who.tenant_id, staged)
    state = review.after(staged.state, verdict.decision, whose)
    decided = Decided(
        decision_id=desk.new_id(),
        candidate_id=before.candidate_id,
        version=staged.version,
        round=2 if staged.state == "second" else 1,
        reviewer_id=who.user_id,
        decision=verdict.decision,
        reasons=verdict.reasons,
        at=desk.now,
    )
    said = (verdict.note, msgspec.json.encode(changes), verdict.took_ms)
    await review_store.add(connection, who.tenant_id, decided, said)
    after = replace(
        staged,
        state=state,
        version=staged.version + (1 if changes else 0),
        candidate=replace(
            before,
            item=item,
            card=replace(before.card, edited=before.card.edited or bool(changes)),
        ),
    )
    await review_store.save(connection, who.tenant_id, after, desk.now)
    await _follow(connection, who, after, verdict.decision, desk)
    await _note(connection, who, decided, state, desk)
    return after


async def _eyes(connection: asyncpg.Connection, tenant_id: str, staged: Staged) -> review.Eyes:
    """How many look at it; one that waits for its second is looked at by two, whatever the school has set since."""
    one, needed = staged.candidate, review.REVIEWERS
    if staged.state == "queued":
        needed = (await tenants.settings(connection, tenant_id)).reviewers
    return review.eyes(one.origin, one.risk, sampled=staged.sampled, reviewers=needed)


def _item(before: New, verdict: Verdict) -> New:
    """What the item says after the decision; Invalid when the decision is not a whole one."""
    if verdict.decision == "reject" and not verdict.reasons:
        raise Invalid(
            "Say why it is turned down.", pointer="/reasons", code="review_reason_missing"
        )
    if (verdict.decision == "edit") != (verdict.edit is not None):
        raise Invalid(
            "An edit has the whole item, and nothing else has one.",
            pointer="/edit",
            code="review_edit_missing",
        )
    if verdict.edit is None:
        return before
    item = rules.whole(verdict.edit)
    if item == before:
        raise Invalid("Nothing is changed: accept it.", pointer="/edit", code="review_edit_empty")
    return item


async def _follow(
    connection: asyncpg.Connection, who: Principal, staged: Staged, decision: Decision, desk: Desk
) -> None:
    """What a decision brings about beside the item itself."""
    one = staged.candidate
    if one.origin == "seeded":
        await review_store.let_out(connection, who.tenant_id, one.candidate_id)
    elif one.origin == "reported":
        await _in_the_bank(connection, who, staged, decision, desk)
    elif one.job_id is not None and staged.state not in review.OPEN:
        await store.count_decided(
            connection, who.tenant_id, one.job_id, accepted=staged.state == "accepted"
        )


async def _in_the_bank(
    connection: asyncpg.Connection, who: Principal, staged: Staged, decision: Decision, desk: Desk
) -> None:
    """An item that was reported goes on as it is, goes on mended, or is retired; its reports are looked into."""
    one = staged.candidate
    assert one.question_id is not None, "a reported item is one of the bank"
    question = await question_store.get(connection, who.tenant_id, one.question_id, lock=True)
    if question is None or question.listed.version != one.version:
        raise Conflict("The item was changed in the bank since.", code="review_changed")
    state = question.listed.labels.state
    if state not in ("published", "held"):
        raise Conflict("The item is not in use any more.", code="review_over")
    wanted = replace(
        one.item,
        labels=replace(one.item.labels, state="retired" if decision == "reject" else "published"),
    )
    after = questions.rewritten(question, wanted, desk.now)
    await _save(connection, who, question, after, desk)
    await review_store.end_reports(
        connection,
        (who.tenant_id, one.question_id),
        who.user_id,
        desk.now,
        upheld=decision != "accept",
    )


async def _save(
    connection: asyncpg.Connection, who: Principal, before: Question, after: Question, desk: Desk
) -> None:
    if after is before:
        return
    await questions.save_all(connection, who, [(before, after)], desk.now)
    await assessments.bank_changed(
        connection, who.tenant_id, before.listed.course_id, desk.new_id, desk.now
    )


async def _note(
    connection: asyncpg.Connection,
    who: Principal,
    decided: Decided,
    state: CandidateState,
    desk: Desk,
) -> None:
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=who.user_id,
        action=f"review.{decided.decision}",
        subject_id=decided.candidate_id,
        data={
            "version": decided.version,
            "round": decided.round,
            "reasons": ",".join(decided.reasons),
            "state": state,
        },
    )
    await audit.note(connection, who.tenant_id, entry, desk.now)
