"""SQL of the ingest and of provenance cards."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import msgspec

from lms.ai.model import Card
from lms.ai.staging_store import STAGED, Staged, staged_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A card of an item of the bank."""

    question_id: str
    candidate_id: str
    job_id: str | None
    card: Card
    ingested_at: datetime
    recalled_at: datetime | None = None


async def accepted(
    connection: asyncpg.Connection, tenant_id: str, after: str | None, limit: int
) -> list[Staged]:
    """The next accepted items after an id, for this transaction alone; seeded and reported ones are none of them."""
    rows = await connection.fetch(
        f"SELECT {STAGED} FROM questions_staging s WHERE s.tenant_id = $1 AND s.state = 'accepted'"
        " AND s.origin = 'generated' AND ($2::uuid IS NULL OR s.candidate_id > $2)"
        " ORDER BY s.candidate_id LIMIT $3 FOR UPDATE",
        tenant_id,
        after,
        limit,
    )
    return [staged_of(row) for row in rows]


async def add_cards(connection: asyncpg.Connection, tenant_id: str, cards: Sequence[Kept]) -> None:
    """Keep the cards, and say of the staged items that they are in the bank."""
    await connection.execute(
        "INSERT INTO provenance_cards (tenant_id, question_id, candidate_id, job_id, card, ingested_at)"
        " SELECT $1, * FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::jsonb[], $6::timestamptz[])",
        tenant_id,
        [one.question_id for one in cards],
        [one.candidate_id for one in cards],
        [one.job_id for one in cards],
        [msgspec.json.encode(one.card).decode() for one in cards],
        [one.ingested_at for one in cards],
    )
    await connection.execute(
        "UPDATE questions_staging s SET state = 'ingested', question_id = sent.question_id, version = 1"
        " FROM unnest($2::uuid[], $3::uuid[]) AS sent (candidate_id, question_id)"
        " WHERE s.tenant_id = $1 AND s.candidate_id = sent.candidate_id",
        tenant_id,
        [one.candidate_id for one in cards],
        [one.question_id for one in cards],
    )


async def move_vectors(
    connection: asyncpg.Connection, tenant_id: str, cards: Sequence[Kept]
) -> None:
    """What a staged item means, its item of the bank means; of one that was edited nobody knows yet."""
    await connection.execute(
        "DELETE FROM item_vectors WHERE tenant_id = $1 AND subject_id = ANY($2::uuid[])",
        tenant_id,
        [one.candidate_id for one in cards if one.card.edited],
    )
    await connection.execute(
        "UPDATE item_vectors v SET subject_id = sent.question_id, staged = false"
        " FROM unnest($2::uuid[], $3::uuid[]) AS sent (candidate_id, question_id)"
        " WHERE v.tenant_id = $1 AND v.subject_id = sent.candidate_id",
        tenant_id,
        [one.candidate_id for one in cards],
        [one.question_id for one in cards],
    )


async def cards(
    connection: asyncpg.Connection, tenant_id: str, question_ids: Collection[str]
) -> dict[str, Kept]:
    """The cards of items of the bank; those that a person wrote have none."""
    rows = await connection.fetch(
        "SELECT * FROM provenance_cards WHERE tenant_id = $1 AND question_id = ANY($2::uuid[])",
        tenant_id,
        list(question_ids),
    )
    return {
        str(row["question_id"]): Kept(
            question_id=str(row["question_id"]),
            candidate_id=str(row["candidate_id"]),
            job_id=None if row["job_id"] is None else str(row["job_id"]),
            card=msgspec.json.decode(row["card"], type=Card),
            ingested_at=row["ingested_at"],
            recalled_at=row["recalled_at"],
        )
        for row in rows
    }
