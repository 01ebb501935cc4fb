"""The way into the reviewers' queue: for the factory's items, with bad ones mixed in, and for items of the bank that are said to be bad."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

import asyncpg

from lms.ai import ingest_store, seeds, staging_store
from lms.ai.model import Candidate, Card
from lms.ai.staging_store import Placed
from lms.ids import CandidateId, uuid7
from lms.practice import store as practice
from lms.questions import store as questions
from lms.questions.model import New, Question

# Of an item that a person wrote.
WRITTEN = Card(job_id="", tier="rules", provider="", model="", prompts={}, source_digest="")


async def stage(
    connection: asyncpg.Connection, tenant_id: str, candidates: Sequence[Candidate], now: datetime
) -> list[str]:
    """Put what passed the gates before the reviewers, in the caller's transaction: the ids of those that were not there before.

    One slot of a job is staged once. The connection is one of lectern_factory or lectern_review.
    """
    secret = await practice.seed(connection, tenant_id)
    twins = {one.candidate_id: seeds.twin(secret, one) for one in candidates}
    placed = [_placed(secret, one, twins[one.candidate_id]) for one in candidates]
    added = set(await staging_store.add(connection, tenant_id, placed, now))
    # A twin comes with its item alone: never for one that was there.
    mixed_in = [twin for one, twin in twins.items() if twin is not None and one in added]
    await staging_store.add(connection, tenant_id, [_placed(secret, one) for one in mixed_in], now)
    return [one.candidate_id for one in candidates if one.candidate_id in added]


def _placed(secret: str, candidate: Candidate, twin: Candidate | None = None) -> Placed:
    return Placed(
        candidate=candidate,
        sampled=seeds.is_sampled(secret, candidate.candidate_id),
        behind=None if twin is None else twin.candidate_id,
    )


async def stage_reported(
    connection: asyncpg.Connection,
    tenant_id: str,
    faults: dict[str, tuple[str, int]],
    now: datetime,
) -> list[str]:
    """Put items of the bank before the reviewers: question id to (what is said against it, risk). Those that wait already are left out.

    One of the factory is shown with the source that it was made from.
    """
    found = await questions.get_all(connection, tenant_id, list(faults))
    cards = await ingest_store.cards(connection, tenant_id, list(faults))
    placed = [
        Placed(
            candidate=Candidate(
                candidate_id=_id_of(one, now),
                course_id=one.listed.course_id,
                origin="reported",
                item=New(
                    kind=one.listed.kind,
                    labels=one.listed.labels,
                    content=one.content,
                    key=one.key,
                ),
                risk=risk,
                card=cards[question_id].card if question_id in cards else WRITTEN,
                job_id=cards[question_id].job_id if question_id in cards else None,
                question_id=question_id,
                version=one.listed.version,
                fault=fault,
            ),
            sampled=False,
        )
        for question_id, (fault, risk) in sorted(faults.items())
        if (one := found.get(question_id)) is not None
    ]
    return await staging_store.add(connection, tenant_id, placed, now)


def _id_of(question: Question, now: datetime) -> CandidateId:
    """An id of now."""
    listed = question.listed
    chance = hashlib.sha256(f"{listed.question_id}|{listed.version}".encode()).digest()[:10]
    return CandidateId(uuid7(int(now.timestamp() * 1000), chance))
