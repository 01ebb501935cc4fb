"""The state of an owned class and the only way to change it: rounds of decide, append, apply.

Theory of operation. Commands wait in a bounded inbox. One round takes all that wait, decides them one after the other
against the state as the ones before leave it, and commits their events as one append; what comes meanwhile is the next
round. Nothing is applied, sent or acknowledged before the commit, and nothing is appended while the lease of the node
has run out: the round waits, and goes on where a late renewal finds that nobody took over. When the append is fenced, or nobody can say whether
it stood, the ledger closes and its owner steps down: whoever asks next takes the class over from the log, and a command that was sent again
is found there by its id.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

import structlog

from lms.errors import LmsError
from signaling import protocol as wire
from signaling.classroom.decide import ClassCommand, decide
from signaling.classroom.log import (
    Append,
    Entry,
    Outcome,
    read_after,
    read_answers,
    read_snapshot,
    save_snapshot,
)
from signaling.classroom.state import ClassState, apply, fold
from signaling.classroom.tail import REPLAY_MAX, Tail
from signaling.context import Clock, Database, GroupCommit, Meters
from signaling.errors import Busy, Moved, SignalingError
from signaling.media.nodes import MediaNodes
from signaling.routing.lease import NodeLease
from signaling.routing.place import Place

INBOX_MAX = 2000
LATE_S = 1.0
ANSWER_S = 8.0
ROUND_MAX = 256
ANSWERS_KEPT = 4096
SNAPSHOT_EACH = 200

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What an owner acts through."""

    node_id: str
    lease: NodeLease
    database: Database
    commits: GroupCommit[Append, Outcome]
    media: MediaNodes
    clock: Clock
    meters: Meters


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A class as its log has it."""

    state: ClassState
    tail: Tail


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    command: ClassCommand
    by: str
    command_id: str | None
    done: asyncio.Future[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refused:
    code: str
    message: str


_Answer = int | _Refused | None


async def load(database: Database, place: Place) -> Loaded:
    """State and latest events, from the saved state and the log after it."""
    async with database.transaction(place.tenant_id) as tx:
        state, seq = await read_snapshot(tx, place)
        recent = await read_after(tx, place, max(0, seq - REPLAY_MAX))
        while True:
            state = fold(state, (event for event in recent if event.seq > seq))
            last = recent[-1].seq if recent else seq
            seq = max(seq, last)
            more = await read_after(tx, place, last)
            if not more:
                return Loaded(state=state, tail=Tail(seq, recent))
            recent = [*recent, *more][-REPLAY_MAX:]


class Ledger:
    """The state of one owned class and the only way to change it."""

    def __init__(
        self,
        *,
        place: Place,
        epoch: int,
        loaded: Loaded,
        around: Surroundings,
        happened: Callable[[wire.Event], None],
    ) -> None:
        self.place = place
        self.epoch = epoch
        self.state = loaded.state
        self.tail = loaded.tail
        self.alive = True
        self.has_appended = False
        self.has_failed = False  # it ended because an append did, and for no other owner
        self._around = around
        self._happened = happened
        self._inbox: deque[_Waiting] = deque()
        self._woken = asyncio.Event()
        self._answers: OrderedDict[tuple[str, str], _Answer] = OrderedDict()
        self._last_at_ms = 0
        self._saved_seq = loaded.tail.seq

    @property
    def seq(self) -> int:
        """The number of the latest event."""
        return self.tail.seq

    async def submit(
        self, command: ClassCommand, by: str, command_id: str | None = None
    ) -> int | None:
        """The seq of the event once it is durable, None when it was so already; raises what was refused."""
        if not self.alive:
            raise Moved("The class has another owner.")
        if len(self._inbox) >= INBOX_MAX:
            raise Busy("Too much is going on in this class: try again.")
        done: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._inbox.append(_Waiting(command=command, by=by, command_id=command_id, done=done))
        self._woken.set()
        try:
            async with asyncio.timeout(ANSWER_S):
                return await done
        except TimeoutError:
            # It may still come about; sent again with its id, it gets the answer that it has by then.
            raise Busy("Nothing can be saved right now: try again.", code="unavailable") from None

    async def run(self) -> None:
        """Rounds until this node owns the class no longer."""
        try:
            while self.alive:
                await self._woken.wait()
                self._woken.clear()
                while self._inbox and self.alive:
                    count = min(ROUND_MAX, len(self._inbox))
                    await self._round([self._inbox.popleft() for _ in range(count)])
        finally:
            self.step_down()

    def step_down(self) -> None:
        """Act no more; whoever waits is sent to the next owner."""
        if self.alive:
            self.alive = False
            self._around.meters.count("class_owners_stepped_down_total")
        self._woken.set()
        _refuse(self._inbox, Moved("The class has another owner."))
        self._inbox.clear()

    async def _round(self, batch: list[_Waiting]) -> None:
        """One append for everything that waits; decided again when the log knew one of the commands already."""
        outcome: Outcome = "repeated"
        try:
            while outcome == "repeated":
                state, entries, answers = self._decide_all(batch)
                outcome = await self._append(entries)
                if outcome == "repeated":
                    await self._learn(entries)
        except Busy as error:
            _refuse(batch, error)
            return
        except Exception as error:  # noqa: BLE001 - an actor must outlive whatever its store raises
            # Whether the append stood is not known here: the next owner reads it from the log.
            _log.warning("class.append_failed", reason=type(error).__name__)
            outcome, self.has_failed = "fenced", True
        if outcome == "fenced":
            _refuse(batch, Moved("The class has another owner."))
            self.step_down()
            return
        self._commit(state, entries)
        for waiting, answer in zip(batch, answers, strict=True):
            self._remember(waiting, answer)
            self._count(waiting, answer)
            _settle(waiting.done, answer)
        await self._save_sometimes()

    def _decide_all(self, batch: list[_Waiting]) -> tuple[ClassState, list[Entry], list[_Answer]]:
        """Each against the state that the ones before leave; a repeated command gets its first answer."""
        state, entries, answers = self.state, list[Entry](), list[_Answer]()
        fresh: dict[tuple[str, str], _Answer] = {}
        for waiting in batch:
            key = (waiting.by, waiting.command_id) if waiting.command_id else None
            if key is not None and key in self._answers:
                answers.append(self._answers[key])
                continue
            if key is not None and key in fresh:
                answers.append(fresh[key])
                continue
            answer: _Answer = None
            try:
                for data in decide(state, waiting.command, waiting.by):
                    event = self._number(data, waiting.by, self.seq + len(entries) + 1)
                    entries.append(Entry(event=event, command_id=waiting.command_id))
                    state = apply(state, event)
                    answer = event.seq
            except SignalingError as error:
                answer = _Refused(code=error.code, message=error.message)
            answers.append(answer)
            if key is not None:
                fresh[key] = answer
        return state, entries, answers

    def _number(self, data: wire.EventData, by: str, seq: int) -> wire.Event:
        self._last_at_ms = max(self._last_at_ms, self._around.clock.wall_ms())
        return wire.Event(
            epoch=self.epoch,
            seq=seq,
            type=wire.TYPE_OF_EVENT[type(data)],
            at=self._last_at_ms,
            by=by,
            data=data,
        )

    async def _append(self, entries: list[Entry]) -> Outcome:
        if not entries:
            return "appended"
        while self.alive and not await self._around.lease.regained(LATE_S):
            self._around.meters.count("class_rounds_waited_total")
        if not self.alive:
            return "fenced"
        row = Append(
            place=self.place,
            node_id=self._around.node_id,
            epoch=self.epoch,
            entries=tuple(entries),
        )
        return await self._around.commits.submit(row)

    async def _learn(self, entries: list[Entry]) -> None:
        """Some of these commands were answered by an owner before this one."""
        keys = [(e.event.by, e.command_id) for e in entries if e.command_id is not None]
        async with self._around.database.transaction(self.place.tenant_id) as tx:
            known = await read_answers(tx, self.place, keys)
        self._answers.update(known)

    def _commit(self, state: ClassState, entries: list[Entry]) -> None:
        self.state = state
        self.has_appended = self.has_appended or bool(entries)
        for entry in entries:
            self.tail.add(entry.event)
            self._around.meters.count("class_events_total", {"type": entry.event.type})
            self._happened(entry.event)

    def _count(self, waiting: _Waiting, answer: _Answer) -> None:
        outcome = answer.code if isinstance(answer, _Refused) else "ok"
        labels = {"kind": type(waiting.command).__name__, "outcome": outcome}
        self._around.meters.count("class_commands_total", labels)

    def _remember(self, waiting: _Waiting, answer: _Answer) -> None:
        if waiting.command_id is None:
            return
        self._answers[(waiting.by, waiting.command_id)] = answer
        while len(self._answers) > ANSWERS_KEPT:
            self._answers.popitem(last=False)

    async def _save_sometimes(self) -> None:
        """A state now and then, so that the next owner need not fold the whole log; without it, it can."""
        if self.seq - self._saved_seq < SNAPSHOT_EACH:
            return
        self._saved_seq = self.seq
        try:
            async with self._around.database.transaction(self.place.tenant_id) as tx:
                await save_snapshot(tx, self.place, self.epoch, self.state, self.seq)
        except LmsError as error:
            _log.warning("class.snapshot_not_saved", code=error.code)


def _settle(done: asyncio.Future[int | None], answer: _Answer) -> None:
    if done.done():
        return
    if isinstance(answer, _Refused):
        done.set_exception(SignalingError(answer.message, code=answer.code))
    else:
        done.set_result(answer)


def _refuse(batch: list[_Waiting] | deque[_Waiting], error: SignalingError) -> None:
    for waiting in batch:
        if not waiting.done.done():
            waiting.done.set_exception(error)
