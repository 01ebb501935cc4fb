"""Accepted items come into the bank, each with its card: run twice, or killed and run again, each comes in once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby

import asyncpg

from lms import audit, outbox
from lms.ai import ingest_store, review_store, store
from lms.ai.model import Card
from lms.ai.review_store import Decided
from lms.ai.staging_store import Staged
from lms.attempts.model import Desk
from lms.courses import store as courses
from lms.errors import Conflict
from lms.events import AnyEvent, ItemsIngested
from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from lms.questions import service as questions
from lms.questions.model import Question

# One transaction, in which all of these come into the bank or none.
BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingested:
    """What came in with a batch, what has no room in its bank or stands in a course that is over, and where to go on (None: that was all)."""

    items: int
    left: int
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An accepted item with what was decided about it."""

    staged: Staged
    decided: Sequence[Decided]

    @property
    def place(self) -> tuple[str, str]:
        """Its course, and who let it pass."""
        return self.staged.candidate.course_id, self.decided[-1].reviewer_id


async def batch(
    connection: asyncpg.Connection, tenant_id: str, after: str | None, desk: Desk
) -> Ingested:
    """The next accepted items after an id, in the caller's transaction."""
    found = await ingest_store.accepted(connection, tenant_id, after, BATCH)
    ids = [one.candidate.candidate_id for one in found]
    said = dict[str, list[Decided]]()
    for one in await review_store.decisions(connection, tenant_id, ids):
        said.setdefault(one.candidate_id, []).append(one)
    cases = sorted(
        (_Case(staged=one, decided=said[one.candidate.candidate_id]) for one in found),
        key=lambda case: case.place,
    )
    over = await courses.archived_among(
        connection, tenant_id, {one.candidate.course_id for one in found}
    )
    made = list[tuple[_Case, Question]]()
    for place, some in groupby(cases, key=lambda case: case.place):
        if place[0] not in over:
            made += await _into_bank(connection, tenant_id, place, list(some), desk)
    if made:
        await _keep(connection, tenant_id, made, desk)
    return Ingested(
        items=len(made),
        left=len(found) - len(made),
        after=ids[-1] if len(found) == BATCH else None,
    )


async def _into_bank(
    connection: asyncpg.Connection,
    tenant_id: str,
    place: tuple[str, str],
    cases: list[_Case],
    desk: Desk,
) -> list[tuple[_Case, Question]]:
    """Those of one course that one reviewer let pass, in that person's name; none when the bank has no room for them."""
    course_id, reviewer_id = place
    bank = questions.Desk(
        who=Principal(
            tenant_id=TenantId(tenant_id),
            user_id=UserId(reviewer_id),
            session_id=SessionId(""),
            roles=frozenset({"reviewer"}),
        ),
        course_id=course_id,
        now=desk.now,
        new_id=desk.new_id,
    )
    try:
        await questions.check_room(connection, bank, len(cases))
    except Conflict:
        return []
    items = [one.staged.candidate.item for one in cases]
    return list(zip(cases, await questions.add_all(connection, bank, items), strict=True))


async def _keep(
    connection: asyncpg.Connection, tenant_id: str, made: list[tuple[_Case, Question]], desk: Desk
) -> None:
    """The cards, the state of the staged items and of their jobs, and the news of it."""
    cards = [
        ingest_store.Kept(
            question_id=question.listed.question_id,
            candidate_id=case.staged.candidate.candidate_id,
            job_id=case.staged.candidate.job_id,
            card=_card(case),
            ingested_at=desk.now,
        )
        for case, question in made
    ]
    await ingest_store.add_cards(connection, tenant_id, cards)
    await ingest_store.move_vectors(connection, tenant_id, cards)
    jobs = dict[tuple[str, str], list[str]]()
    for case, question in made:
        one = case.staged.candidate
        if one.job_id is not None:
            jobs.setdefault((one.job_id, one.course_id), []).append(question.listed.question_id)
    events = list[AnyEvent]()
    for (job_id, course_id), ids in sorted(jobs.items()):
        # The row of the job is held from here on, as the events of a job ask for it.
        await store.count_ingested(connection, tenant_id, job_id, len(ids), desk.now)
        events.append(ItemsIngested(job_id=job_id, course_id=course_id, question_ids=ids))
        await _note(connection, tenant_id, job_id, len(ids), desk)
    await outbox.append(connection, tenant_id, events, desk.now)


def _card(case: _Case) -> Card:
    """Where the item comes from, with the people who let it pass."""
    return replace(
        case.staged.candidate.card,
        reviewers=tuple(dict.fromkeys(one.reviewer_id for one in case.decided)),
        accepted_at_ms=_ms(case.decided[-1].at),
    )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def _note(
    connection: asyncpg.Connection, tenant_id: str, job_id: str, items: int, desk: Desk
) -> None:
    entry = audit.Entry(
        audit_id=desk.new_id(),
        user_id=None,
        action="items.ingested",
        subject_id=job_id,
        data={"items": items},
    )
    await audit.note(connection, tenant_id, entry, desk.now)
