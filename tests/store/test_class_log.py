"""The class log on the real PostgreSQL: only the owner of the epoch appends, each command once, in order, without a gap."""

import secrets
from uuid import UUID

import asyncpg
import pytest

from server.clock import SystemClock
from server.storage.commit import GroupCommit
from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from signaling import protocol as wire
from signaling.classroom import log
from signaling.classroom.ledger import load
from signaling.classroom.log import Append, Entry, Outcome
from signaling.classroom.state import REMOVED_FOR_MS, ClassState, fold
from signaling.errors import SignalingError
from signaling.routing.lease import Claimed, NodeLease, OwnedBy
from signaling.routing.place import Place
from tests.support.class_nodes import a_class, new_id

pytestmark = pytest.mark.store


async def a_lease(database: Database) -> NodeLease:
    lease = NodeLease(
        node_id=new_id(),
        database=database,
        renewals=database,
        clock=SystemClock(),
        meters=PrometheusMeters(),
    )
    await lease.renew()
    return lease


async def owned(database: Database) -> tuple[Place, NodeLease, int]:
    place, lease = await a_class(database), await a_lease(database)
    claimed = await lease.claim(place)
    assert isinstance(claimed, Claimed)
    return place, lease, claimed.epoch


def said(place: Place, node_id: str, epoch: int, seq: int, *ids: str) -> Append:
    entries = tuple(
        Entry(
            event=wire.Event(
                epoch=epoch,
                seq=seq + n,
                type="chat.said",
                at=1000 + n,
                by="ann",
                data=wire.ChatSaid(user="ann", name="Ann", text=f"text {command_id}"),
            ),
            command_id=command_id,
        )
        for n, command_id in enumerate(ids)
    )
    return Append(place=place, node_id=node_id, epoch=epoch, entries=entries)


async def append(database: Database, *rows: Append) -> list[Outcome]:
    async with database.transaction(None) as tx:
        return await log.flush(tx, rows)


async def seqs(database: Database, place: Place) -> list[int]:
    async with database.transaction(place.tenant_id) as tx:
        return [event.seq for event in await log.read_after(tx, place, 0)]


async def test_the_log_is_read_as_it_was_written(database: Database) -> None:
    place, lease, epoch = await owned(database)
    row = said(place, lease.node_id, epoch, 1, "a", "b")
    assert await append(database, row) == ["appended"]
    async with database.transaction(place.tenant_id) as tx:
        assert await log.read_after(tx, place, 0) == [entry.event for entry in row.entries]
        assert await log.read_answers(tx, place, [("ann", "b"), ("ann", "x")]) == {("ann", "b"): 2}


async def test_how_long_somebody_is_kept_out_is_read_as_the_class_has_it(
    database: Database,
) -> None:
    place, lease, epoch = await owned(database)
    removed = wire.PersonLeft(user="sam", reason="removed")
    gone = [
        (removed, "tess"),
        (removed, "tess"),
        (wire.PersonLeft(user="kim", reason="removed"), "class"),
        (wire.PersonLeft(user="ann", reason="left"), "ann"),
    ]
    entries = tuple(
        Entry(
            event=wire.Event(
                epoch=epoch,
                seq=n + 1,
                type="person.left",
                at=1000 * (n + 1),
                by=by,
                data=left,
            ),
            command_id=None,
        )
        for n, (left, by) in enumerate(gone)
    )
    row = Append(place=place, node_id=lease.node_id, epoch=epoch, entries=entries)
    assert await append(database, row) == ["appended"]

    kept = fold(ClassState(), (entry.event for entry in entries)).shut_until_ms
    async with database.transaction(place.tenant_id) as tx:
        read = [await log.read_shut_until_ms(tx, place, user) for user in ("sam", "kim", "ann")]
    assert read == [2000 + REMOVED_FOR_MS, None, None]
    assert kept["sam"] == read[0]


async def test_of_two_owners_only_the_later_appends(database: Database) -> None:
    place, first, epoch = await owned(database)
    assert await append(database, said(place, first.node_id, epoch, 1, "a")) == ["appended"]
    await first.release()
    second = await a_lease(database)
    claimed = await second.claim(place)
    assert claimed == Claimed(epoch=epoch + 1, seq=1)

    stale = said(place, first.node_id, epoch, 2, "b")
    fresh = said(place, second.node_id, epoch + 1, 2, "c")

    assert await append(database, stale, fresh) == ["fenced", "appended"]
    assert await seqs(database, place) == [1, 2]


async def test_an_append_continues_the_log_or_is_fenced(database: Database) -> None:
    place, lease, epoch = await owned(database)
    assert await append(database, said(place, lease.node_id, epoch, 2, "gap")) == ["fenced"]
    assert await append(database, said(place, lease.node_id, epoch, 1, "a")) == ["appended"]
    assert await append(database, said(place, lease.node_id, epoch, 1, "b")) == ["fenced"]
    assert await append(database, said(place, lease.node_id, epoch + 1, 2, "c")) == ["fenced"]
    assert await append(database, said(place, new_id(), epoch, 2, "d")) == ["fenced"]
    assert await seqs(database, place) == [1]


async def test_a_command_is_in_the_log_once(database: Database) -> None:
    place, lease, epoch = await owned(database)
    assert await append(database, said(place, lease.node_id, epoch, 1, "a")) == ["appended"]
    assert await append(database, said(place, lease.node_id, epoch, 2, "b", "a")) == ["repeated"]
    assert await seqs(database, place) == [1]


async def test_one_commit_of_many_classes_has_an_outcome_each(database: Database) -> None:
    commits: GroupCommit[Append, Outcome] = GroupCommit(
        database, log.flush, meters=PrometheusMeters()
    )
    ours = [await owned(database) for _ in range(5)]
    rows = [said(place, lease.node_id, epoch, 1, "a", "b") for place, lease, epoch in ours]
    rows[3] = said(ours[3][0], ours[3][1].node_id, 99, 1, "a")
    async with database.transaction(None) as tx:
        assert await log.flush(tx, rows) == [
            "appended",
            "appended",
            "appended",
            "fenced",
            "appended",
        ]
    async with commits.running():
        assert await commits.submit(said(ours[0][0], ours[0][1].node_id, 1, 3, "c")) == "appended"


async def test_a_live_owner_keeps_its_class(database: Database) -> None:
    place, first, epoch = await owned(database)
    second = await a_lease(database)
    assert await second.claim(place) == OwnedBy(node_id=first.node_id)
    assert await first.claim(place) == Claimed(epoch=epoch + 1, seq=0)


async def test_a_node_without_a_lease_gets_no_class(database: Database) -> None:
    lease = await a_lease(database)
    await lease.release()
    assert not lease.held()
    assert await lease.claim(await a_class(database)) == OwnedBy(node_id=None)


async def test_there_must_be_such_a_class(database: Database) -> None:
    lease, place = await a_lease(database), await a_class(database)
    with pytest.raises(SignalingError, match="no such class"):
        await lease.claim(Place(tenant_id=place.tenant_id, class_id=new_id()))


async def test_the_text_of_a_deleted_message_is_not_read(database: Database) -> None:
    place, lease, epoch = await owned(database)
    await append(database, said(place, lease.node_id, epoch, 1, "a", "b"))
    deleted = wire.Event(
        epoch=epoch, seq=3, type="chat.deleted", at=1, by="ann", data=wire.ChatDeleted(message=1)
    )
    entry = Entry(event=deleted, command_id=None)
    await append(
        database, Append(place=place, node_id=lease.node_id, epoch=epoch, entries=(entry,))
    )
    async with database.transaction(place.tenant_id) as tx:
        events = await log.read_after(tx, place, 0)
    assert [e.data.text for e in events if isinstance(e.data, wire.ChatSaid)] == ["", "text b"]


async def test_a_file_that_was_taken_back_loses_its_name_and_is_not_announced_again(
    database: Database,
) -> None:
    place, lease, epoch = await owned(database)
    made: list[wire.EventData] = [
        wire.UploadReady(
            user="ann",
            name="Ann",
            file=wire.ClassFile(id=str(n), name="mine.txt", type="text/plain", size=1),
        )
        for n in (1, 2)
    ]
    made.append(wire.ChatDeleted(message=1))
    entries = tuple(
        Entry(
            event=wire.Event(
                epoch=epoch, seq=seq, type=wire.TYPE_OF_EVENT[type(one)], at=1, by="ann", data=one
            ),
            command_id=f"file {seq}",
        )
        for seq, one in enumerate(made, 1)
    )
    row = Append(place=place, node_id=lease.node_id, epoch=epoch, entries=entries)
    assert await append(database, row) == ["appended"]
    async with database.transaction(place.tenant_id) as tx:
        events = await log.read_after(tx, place, 0)
        told = [await log.read_announced(tx, place, "ann", f"file {n}") for n in (1, 2, 9)]
        other = await log.read_announced(tx, place, "bob", "file 2")
    files = [event.data.file for event in events if isinstance(event.data, wire.UploadReady)]
    assert [(file.id, file.name) for file in files] == [("1", ""), ("2", "mine.txt")]
    assert (told, other) == (["taken_back", "stands", None], None)


async def test_a_new_owner_starts_from_the_saved_state_and_the_rest(database: Database) -> None:
    place, lease, epoch = await owned(database)
    ids = [secrets.token_hex(4) for _ in range(1300)]
    row = said(place, lease.node_id, epoch, 1, *ids)
    await append(database, row)
    whole = await load(database, place)
    assert whole.tail.seq == 1300
    assert len(whole.state.chat) == 200
    async with database.transaction(place.tenant_id) as tx:
        await log.save_snapshot(tx, place, epoch, fold_to(row, 1000), 1000)
        await log.save_snapshot(tx, place, epoch - 1, fold_to(row, 1100), 1100)
    again = await load(database, place)
    assert again.state == whole.state
    assert len(whole.tail.after(800) or []) == 500
    assert again.tail.after(800) == whole.tail.after(800)


def fold_to(row: Append, seq: int) -> ClassState:
    return fold(ClassState(), (entry.event for entry in row.entries[:seq]))


async def test_another_school_sees_nothing_and_nobody_writes_past_the_function(
    database: Database,
) -> None:
    place, lease, epoch = await owned(database)
    other = await a_class(database)
    await append(database, said(place, lease.node_id, epoch, 1, "a"))
    async with database.transaction(other.tenant_id) as tx:
        for table in ("live_classes", "class_events"):
            assert (
                await tx.fetchval(
                    f"SELECT count(*) FROM {table} WHERE class_id = $1", UUID(place.class_id)
                )
                == 0
            )
    for statement in ("DELETE FROM class_events", "UPDATE class_events SET at_ms = 0"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with database.transaction(place.tenant_id) as tx:
                await tx.execute(statement)
