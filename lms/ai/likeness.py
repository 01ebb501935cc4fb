"""Which items of a bank are like one of them."""

import asyncpg

from lms.ai import vector_store
from lms.identity import Principal
from lms.questions import service as questions
from lms.questions.model import Filter, Listed

MOST = 20


async def similar(
    connection: asyncpg.Connection, who: Principal, question_id: str, wanted: Filter
) -> list[tuple[Listed, float]]:
    """The most like it first, each with its cosine; none before it has a vector. The connection is one that sees vectors."""
    question = await questions.get(connection, who, question_id)
    place = (who.tenant_id, question.listed.question_id)
    return await vector_store.similar(connection, place, wanted, MOST)
