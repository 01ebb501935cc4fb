"""SQL of what scoring reads: papers, the answers that count, versions of items; writes nothing."""

from collections.abc import Iterable, Sequence

import asyncpg
import msgspec

from lms.attempts import papers
from lms.attempts.model import Paper, Pin, Value
from lms.grading.model import Answer, Asked
from lms.ids import ItemId
from lms.questions.model import Content, Key

Versions = dict[tuple[str, int], Asked]

_pins = msgspec.json.Decoder(list[Pin])
_paper = msgspec.json.Decoder(Paper)
_value = msgspec.json.Decoder(Value)
_content = msgspec.json.Decoder(Content)
_key = msgspec.json.Decoder(Key)


async def pins(
    connection: asyncpg.Connection, tenant_id: str, attempt_ids: Sequence[str]
) -> dict[str, list[Pin]]:
    """Which item version each slot of these attempts is."""
    rows = await connection.fetch(
        "SELECT attempt_id, pins FROM attempt_papers WHERE tenant_id = $1 AND attempt_id = ANY($2::uuid[])",
        tenant_id,
        attempt_ids,
    )
    return {str(row["attempt_id"]): _pins.decode(row["pins"]) for row in rows}


async def paper(connection: asyncpg.Connection, tenant_id: str, attempt_id: str) -> Paper:
    """What an attempt asks, in its order; parts by their ids, as keys name them."""
    row = await connection.fetchrow(
        "SELECT paper, pins FROM attempt_papers WHERE tenant_id = $1 AND attempt_id = $2",
        tenant_id,
        attempt_id,
    )
    if row is None:
        raise LookupError("an attempt that was begun has a paper")
    names = {pin.item_id: pin.names for pin in _pins.decode(row["pins"])}
    kept = _paper.decode(row["paper"])
    items = [
        msgspec.structs.replace(item, content=papers.by_ids(item.content, names.get(item.id, {})))
        for item in kept.items
    ]
    return msgspec.structs.replace(kept, items=items)


async def answers(
    connection: asyncpg.Connection, tenant_id: str, attempt_ids: Sequence[str]
) -> dict[str, dict[str, Answer]]:
    """The answers of these attempts that count, by attempt and item: lms.attempts.counting.counts_until, for many at once.

    What a paper calls by a name of its own has its id here.
    """
    pinned = await pins(connection, tenant_id, attempt_ids)
    named = [pin for some in pinned.values() for pin in some if pin.names]
    names = {pin.item_id: pin.names for pin in named}
    gaps = await _gaps(connection, tenant_id, [pin for pin in named if pin.kind == "cloze"])
    rows = await connection.fetch(
        "SELECT DISTINCT ON (a.attempt_id, a.item_id) a.attempt_id, a.item_id, a.opening, a.seq, a.value,"
        " a.arrived_at > t.ends_at + t.grace_ms * interval '1 ms' AS late,"
        " greatest(a.arrived_at, t.ends_at + t.grace_ms * interval '1 ms') AS files_until"
        " FROM answers a JOIN attempts t ON t.tenant_id = $1 AND t.attempt_id = a.attempt_id"
        " WHERE a.tenant_id = $1 AND a.attempt_id = ANY($2::uuid[])"
        " AND a.arrived_at <= greatest(t.late_until, t.ends_at + (t.grace_ms"
        " + CASE t.late_policy WHEN 'count' THEN t.late_window_ms ELSE 0 END) * interval '1 ms')"
        " ORDER BY a.attempt_id, a.item_id, a.opening DESC, a.seq DESC",
        tenant_id,
        attempt_ids,
    )
    found: dict[str, dict[str, Answer]] = {one: {} for one in attempt_ids}
    for row in rows:
        item_id = ItemId(str(row["item_id"]))
        found[str(row["attempt_id"])][item_id] = Answer(
            item_id=item_id,
            opening=row["opening"],
            seq=row["seq"],
            value=papers.value_by_ids(
                _value.decode(row["value"]), names.get(item_id, {}), gaps.get(item_id, {})
            ),
            late=row["late"],
            files_until=row["files_until"],
        )
    return found


async def _gaps(
    connection: asyncpg.Connection, tenant_id: str, clozes: Sequence[Pin]
) -> dict[str, dict[str, bool]]:
    """What lms.attempts.papers.gaps_of says of these, by item."""
    if not clozes:
        return {}
    wanted = {pin.item_id: (pin.question_id, pin.version) for pin in clozes}
    found = await versions(connection, tenant_id, wanted.values())
    return {one: papers.gaps_of(found[at].content) for one, at in wanted.items() if at in found}


async def versions(
    connection: asyncpg.Connection, tenant_id: str, wanted: Iterable[tuple[str, int]]
) -> Versions:
    """These versions of items, with their keys."""
    ids = sorted(set(wanted))
    rows = await connection.fetch(
        "SELECT question_id, version, kind, content, key FROM question_versions"
        " WHERE tenant_id = $1 AND (question_id, version) IN"
        " (SELECT * FROM unnest($2::uuid[], $3::integer[]))",
        tenant_id,
        [question_id for question_id, _ in ids],
        [version for _, version in ids],
    )
    return {
        (str(row["question_id"]), row["version"]): Asked(
            kind=row["kind"],
            content=_content.decode(row["content"]),
            key=_key.decode(row["key"]),
        )
        for row in rows
    }
