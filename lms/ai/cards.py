"""Where an item of the bank comes from, for those who may see the item."""

import asyncpg

from lms.ai import ingest_store
from lms.ai.ingest_store import Kept
from lms.errors import NotFound
from lms.identity import Principal
from lms.questions import service as questions


async def get(connection: asyncpg.Connection, who: Principal, question_id: str) -> Kept:
    """The card; NotFound for an item that a person wrote."""
    await questions.get(connection, who, question_id)
    card = (await ingest_store.cards(connection, who.tenant_id, [question_id])).get(question_id)
    if card is None:
        raise NotFound("This question has no card: a person wrote it.")
    return card
