"""Every item of a bank gets its vector: what has none or was changed is embedded, some at a time, and nothing twice."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from lms.ai import vector_store
from lms.ai.asks import Away, Embedded, Embeds, Refused
from lms.ai.vector_store import Place, Text

AT_ONCE = 64

Said = Embedded | Refused | Away
Transaction = Callable[[], AbstractAsyncContextManager[asyncpg.Connection]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What one batch came to: how many items got their vector, and the id to go on after; None when nothing is left that can be done now."""

    items: int
    after: str | None
    tokens: int = 0
    cost_micros: int = 0


async def catch_up(
    transaction: Transaction,
    embeds: Embeds,
    place: Place,
    now: datetime,
    after: str | None = None,
) -> Caught:
    """Do one batch; the model is asked outside of any transaction. What it does not answer is found again another time."""
    async with transaction() as connection:
        texts = await vector_store.lacking(connection, place, after, AT_ONCE)
        kept = await vector_store.known(
            connection, place.tenant_id, place.space, [one.digest for one in texts]
        )
    new = list({one.digest: one for one in texts if one.digest not in kept}.values())
    answered = await _embedded(embeds, new)
    vectors = dict[bytes, Sequence[float]](kept)
    for some, said in answered:
        if isinstance(said, Embedded):
            vectors.update({one.digest: at for one, at in zip(some, said.vectors, strict=True)})
    rows = vector_store.vectored(texts, vectors)
    async with transaction() as connection:
        await vector_store.put(connection, place, rows, now)
        await vector_store.forget_decided(connection, place)
    is_away = any(isinstance(said, Away) for _, said in answered)
    return Caught(
        items=len(rows),
        after=None if is_away or len(texts) < AT_ONCE else texts[-1].subject_id,
        tokens=sum(said.tokens_in + said.tokens_out for _, said in answered),
        cost_micros=sum(said.cost_micros for _, said in answered),
    )


async def _embedded(embeds: Embeds, texts: Sequence[Text]) -> list[tuple[Sequence[Text], Said]]:
    """What was said to which texts. One that may not go out keeps the others waiting no longer than until they are asked one by one."""
    if not texts:
        return []
    said = await embeds.embed([one.text for one in texts])
    if not isinstance(said, Refused) or said.reason != "personal":
        return [(texts, said)]
    return [(texts, said)] + [([one], await embeds.embed([one.text])) for one in texts]
