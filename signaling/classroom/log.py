"""The class log in PostgreSQL: append under the epoch by group commit, read after a seq, snapshots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import asyncpg
import msgspec

from signaling import protocol as wire
from signaling.classroom.state import (
    CLASS_ITSELF,
    REMOVED_FOR_MS,
    ClassState,
    decode_state,
    encode_state,
)
from signaling.routing.place import Place

Outcome = Literal["appended", "fenced", "repeated"]
READ_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event and the command that made it; None for what the class does by itself."""

    event: wire.Event
    command_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """Consecutive events of one class, taken whole or not at all."""

    place: Place
    node_id: str
    epoch: int
    entries: tuple[Entry, ...]

    @property
    def first_seq(self) -> int:
        return self.entries[0].event.seq

    @property
    def last_seq(self) -> int:
        return self.entries[-1].event.seq


async def flush(connection: asyncpg.Connection, rows: Sequence[Append]) -> list[Outcome]:
    """One group commit of many classes: the outcome of each append, in the order given."""
    entries = [(place, entry) for place, row in enumerate(rows, 1) for entry in row.entries]
    outcomes = await connection.fetchval(
        "SELECT append_class_events($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        [UUID(row.place.tenant_id) for row in rows],
        [UUID(row.place.class_id) for row in rows],
        [UUID(row.node_id) for row in rows],
        [row.epoch for row in rows],
        [row.first_seq for row in rows],
        [row.last_seq for row in rows],
        [place for place, _ in entries],
        [entry.event.seq for _, entry in entries],
        [entry.event.at for _, entry in entries],
        [entry.event.by for _, entry in entries],
        [entry.event.type for _, entry in entries],
        [entry.command_id for _, entry in entries],
        [msgspec.json.encode(entry.event.data).decode() for _, entry in entries],
    )
    return list(outcomes)


async def read_after(
    connection: asyncpg.Connection, place: Place, seq: int, limit: int = READ_MAX
) -> list[wire.Event]:
    """The events after `seq`, in order; the words of a message that was taken back are not read."""
    rows = await connection.fetch(
        """
        SELECT e.seq, e.epoch, e.at_ms, e.by_user, e.type,
            CASE WHEN e.type IN ('chat.said', 'upload.ready') AND EXISTS (
                SELECT 1 FROM class_events AS d
                WHERE d.tenant_id = e.tenant_id AND d.class_id = e.class_id
                    AND d.type = 'chat.deleted' AND (d.data ->> 'message')::bigint = e.seq
            ) THEN jsonb_set(
                e.data,
                CASE e.type WHEN 'chat.said' THEN '{text}'::text[] ELSE '{file,name}'::text[] END,
                '""'
            ) ELSE e.data END AS data
        FROM class_events AS e
        WHERE e.tenant_id = $1 AND e.class_id = $2 AND e.seq > $3
        ORDER BY e.seq LIMIT $4
        """,
        UUID(place.tenant_id),
        UUID(place.class_id),
        seq,
        limit,
    )
    return [
        wire.Event(
            epoch=row["epoch"],
            seq=row["seq"],
            type=row["type"],
            at=row["at_ms"],
            by=row["by_user"],
            data=msgspec.json.decode(row["data"], type=wire.EVENT_TYPES[row["type"]]),
        )
        for row in rows
    ]


async def read_answers(
    connection: asyncpg.Connection, place: Place, commands: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], int]:
    """Which of these commands (by, id) are in the log, and under which seq."""
    wanted = list(commands)
    rows = await connection.fetch(
        """
        SELECT e.by_user, e.command_id, e.seq FROM class_events AS e
        JOIN unnest($3::text[], $4::text[]) AS w (by_user, command_id) USING (by_user, command_id)
        WHERE e.tenant_id = $1 AND e.class_id = $2
        """,
        UUID(place.tenant_id),
        UUID(place.class_id),
        [by for by, _ in wanted],
        [command_id for _, command_id in wanted],
    )
    return {(row["by_user"], row["command_id"]): row["seq"] for row in rows}


async def read_announced(
    connection: asyncpg.Connection, place: Place, by: str, command_id: str
) -> Literal["stands", "taken_back"] | None:
    """Whether the class was told of this file, and whether that was taken back since."""
    is_back = await connection.fetchval(
        """
        SELECT EXISTS (
            SELECT 1 FROM class_events AS d
            WHERE d.tenant_id = e.tenant_id AND d.class_id = e.class_id
                AND d.type = 'chat.deleted' AND (d.data ->> 'message')::bigint = e.seq
        )
        FROM class_events AS e
        WHERE e.tenant_id = $1 AND e.class_id = $2 AND e.by_user = $3 AND e.command_id = $4
        """,
        UUID(place.tenant_id),
        UUID(place.class_id),
        by,
        command_id,
    )
    if is_back is None:
        return None
    return "taken_back" if is_back else "stands"


async def read_shut_until_ms(
    connection: asyncpg.Connection, place: Place, user: str
) -> int | None:
    """Until when a teacher keeps this person out of the class, as state.py has it; None when nobody does."""
    # Said in the words of the index, which holds the few removals of a long log.
    removed_at_ms = await connection.fetchval(
        f"""
        SELECT max(at_ms) FROM class_events
        WHERE tenant_id = $1 AND class_id = $2 AND data ->> 'user' = $3
            AND type = 'person.left' AND data ->> 'reason' = 'removed' AND by_user <> '{CLASS_ITSELF}'
        """,  # noqa: S608 - a constant of ours
        UUID(place.tenant_id),
        UUID(place.class_id),
        user,
    )
    return None if removed_at_ms is None else int(removed_at_ms) + REMOVED_FOR_MS


async def read_snapshot(connection: asyncpg.Connection, place: Place) -> tuple[ClassState, int]:
    """The latest saved state and the seq that it stands at; the empty state at 0 when there is none."""
    row = await connection.fetchrow(
        "SELECT snapshot, snapshot_seq FROM live_classes WHERE tenant_id = $1 AND class_id = $2",
        UUID(place.tenant_id),
        UUID(place.class_id),
    )
    if row is None or row["snapshot"] is None:
        return ClassState(), 0
    return decode_state(row["snapshot"]), row["snapshot_seq"]


async def save_snapshot(
    connection: asyncpg.Connection, place: Place, epoch: int, state: ClassState, seq: int
) -> None:
    """Keep this state for the next owner, unless another owner has come or a later one is kept.

    The log has it all, so the disk is not waited for, and neither does the next append wait for this row.
    """
    await connection.execute("SET LOCAL synchronous_commit = off")
    await connection.execute(
        """
        UPDATE live_classes SET snapshot = $4::text::jsonb, snapshot_seq = $5
        WHERE tenant_id = $1 AND class_id = $2 AND epoch = $3 AND snapshot_seq < $5
        """,
        UUID(place.tenant_id),
        UUID(place.class_id),
        epoch,
        encode_state(state).decode(),
        seq,
    )
