"""The browsers of one class at this node: what they hear, in order and without a gap, and whose link is silent.

Theory of operation. `seq` is how far this edge has sent the log on. A frame that is the next one is sent at once; one
from further on means that the channel lost something, and the log is read up to there instead. A joiner gets a
snapshot as of its own seq: frames it has are held back from it, frames it lacks come from the ring.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

from signaling import protocol as wire
from signaling.classroom import letters
from signaling.classroom.framing import frame, framed_event
from signaling.classroom.log import READ_MAX, read_after
from signaling.context import Clock, Database, Meters
from signaling.routing.place import Place
from signaling.session import Session

RING = 512
HEARTBEAT_MS = 1000


class Outlet(Protocol):
    """How frames leave this node: the wire."""

    def send(self, sids: Iterable[str], frame: bytes, latest: str | None = None) -> None:
        """Write to these connections, now."""

    def cut(self, sid: str) -> None:
        """End the connection after what was written before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSurroundings:
    """What an edge acts through."""

    node_id: str
    outlet: Outlet
    database: Database
    clock: Clock
    meters: Meters


class _Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """protocol.Snapshot with its state encoded already."""

    epoch: int
    seq: int
    you: str
    server_time: int
    heartbeat_ms: int
    away: list[str]
    state: msgspec.Raw


class _Replay(msgspec.Struct, frozen=True, kw_only=True):
    """protocol.Replay with its events encoded already."""

    epoch: int
    seq: int
    you: str
    server_time: int
    heartbeat_ms: int
    away: list[str]
    events: list[msgspec.Raw]


class Edge:
    """Made when the first browser of a class comes to this node, dropped after the last has gone."""

    def __init__(
        self,
        *,
        place: Place,
        around: EdgeSurroundings,
        owner_is: Callable[[letters.OwnerIs], None],
    ) -> None:
        self.place = place
        self.joining = 0
        self.listening = False
        self.door = asyncio.Lock()
        self.empty_since = around.clock.monotonic()
        self._around = around
        self._owner_is = owner_is
        self._seq: int | None = None
        self._target = 0
        self._mending = asyncio.Lock()
        self._ring: deque[letters.EventFrame] = deque(maxlen=RING)
        self._sessions: dict[str, Session] = {}
        self._ahead: set[str] = set()

    @property
    def sessions(self) -> list[Session]:
        """The connections that hear this class here."""
        return list(self._sessions.values())

    @property
    def behind(self) -> bool:
        """Whether the log is known to go further than what was sent on."""
        return self._seq is not None and self._target > self._seq

    def is_idle(self, now: float, patience_s: float) -> bool:
        """Whether nobody has been here for a while."""
        return not self._sessions and not self.joining and now - self.empty_since > patience_s

    # --- Coming and going -----------------------------------------------------------------------

    def admit(self, session: Session, joined: letters.Joined) -> None:
        """Give a joiner the class as of now, and all that comes after."""
        if joined.media_lost:
            # First: what is begun on the welcome is of the new media already, and must not be taken for lost.
            lost = frame("notice", wire.MediaLostNotice(direction="both"))
            self._around.outlet.send([session.sid], lost)
        self._around.outlet.send([session.sid], self._welcome(session, joined))
        self._sessions[session.sid] = session
        if self._seq is None:
            self._seq = joined.seq
            early = list(self._ring)
            self._ring.clear()
            for held in early:
                self._event(held)
        elif joined.seq > self._seq:
            self._ahead.add(session.sid)
            self._target = max(self._target, joined.seq)
        else:
            self._catch_up(session)

    def leave(self, sid: str) -> Session | None:
        """The connection is gone; whether the person is, the owner finds by their silence."""
        session = self._sessions.pop(sid, None)
        self._ahead.discard(sid)
        if not self._sessions:
            self.empty_since = self._around.clock.monotonic()
        return session

    def end(
        self,
        session: Session,
        notice: wire.ReplacedNotice | wire.EndedNotice | wire.ResumeNotice | None,
    ) -> None:
        """Say why, and cut the connection."""
        self.leave(session.sid)
        if notice is not None:
            self._around.outlet.send([session.sid], frame("notice", notice))
        self._around.outlet.cut(session.sid)

    def end_where(
        self, which: Callable[[Session], bool], reason: Literal["removed", "signed_out", "closed"]
    ) -> list[Session]:
        """End all connections that match."""
        found = [session for session in self.sessions if which(session)]
        for session in found:
            self.end(session, wire.EndedNotice(reason=reason))
        return found

    def _welcome(self, session: Session, joined: letters.Joined) -> bytes:
        now_ms = self._around.clock.wall_ms()
        if joined.events is not None:
            replay = _Replay(
                epoch=joined.epoch,
                seq=joined.seq,
                you=session.user_id,
                server_time=now_ms,
                heartbeat_ms=HEARTBEAT_MS,
                away=joined.away,
                events=[msgspec.Raw(event) for event in joined.events],
            )
            return frame("replay", replay)
        snapshot = _Snapshot(
            epoch=joined.epoch,
            seq=joined.seq,
            you=session.user_id,
            server_time=now_ms,
            heartbeat_ms=HEARTBEAT_MS,
            away=joined.away,
            state=msgspec.Raw(joined.state or b"null"),
        )
        return frame("snapshot", snapshot)

    def _catch_up(self, session: Session) -> None:
        missed = [held for held in self._ring if held.seq > session.seq]
        if session.seq + len(missed) != self._seq:
            self.end(session, wire.ResumeNotice(delay_ms=0))
            return
        for held in missed:
            self._around.outlet.send([session.sid], held.frame)

    # --- Hearing --------------------------------------------------------------------------------

    def hear(self, payload: bytes) -> None:
        """A frame from the channel; this node's own came here directly."""
        heard = letters.decode_frame(payload)
        if heard.origin != self._around.node_id:
            self.take(heard)

    def take(self, heard: letters.Frame) -> None:
        """Send on what is for the browsers here."""
        match heard:
            case letters.EventFrame():
                self._event(heard)
            case letters.NoticeFrame():
                self._around.outlet.send(self._sids_of(heard.users), heard.frame, heard.latest)
            case letters.Replaced():
                self.drop_older(heard.user, heard.connection)
            case letters.OwnerIs():
                self._owner_is(heard)

    def drop_older(self, user: str, number: int) -> None:
        """Of this person only the connection of this number counts."""
        for session in self.sessions:
            if session.user_id == user and session.number < number:
                self.end(session, wire.ReplacedNotice())

    def _sids_of(self, users: list[str] | None) -> list[str]:
        if users is None:
            return list(self._sessions)
        return [sid for sid, session in self._sessions.items() if session.user_id in users]

    def _event(self, heard: letters.EventFrame) -> None:
        if self._seq is None:
            self._ring.append(heard)
            return
        self._target = max(self._target, heard.seq)
        if heard.seq == self._seq + 1:
            self._send_on(heard)

    def _send_on(self, heard: letters.EventFrame) -> None:
        self._seq = heard.seq
        self._ring.append(heard)
        self._around.outlet.send(self._sids_at(heard.seq), heard.frame)
        if heard.kind == "class.closed":
            self.end_where(lambda _: True, "closed")
        elif heard.left is not None:
            self._left(heard.left, heard.reason)

    def _sids_at(self, seq: int) -> list[str]:
        """Everybody but those whose snapshot held this event already."""
        if not self._ahead:
            return list(self._sessions)
        self._ahead = {sid for sid in self._ahead if self._sessions[sid].seq > seq}
        return [
            sid
            for sid, session in self._sessions.items()
            if sid not in self._ahead and session.seq < seq
        ]

    def _left(self, user: str, reason: str | None) -> None:
        """Who left by themselves still waits for the answer, and closes; who was lost may be back on a new connection."""
        for session in [session for session in self.sessions if session.user_id == user]:
            if reason == "left":
                self.leave(session.sid)
            else:
                self.end(
                    session, wire.EndedNotice(reason="removed") if reason == "removed" else None
                )

    # --- Mending and reporting ------------------------------------------------------------------

    def beat(self, sid: str) -> None:
        """A browser lives."""
        session = self._sessions.get(sid)
        if session is not None:
            session.heard_at = self._around.clock.monotonic()

    def report(self) -> letters.ReportAsk:
        """Whom this edge hears."""
        now = self._around.clock.monotonic()
        return letters.ReportAsk(
            place=self.place,
            edge=self._around.node_id,
            heard=[
                letters.Heard(
                    user=session.user_id,
                    connection=session.number,
                    silent_ms=int((now - session.heard_at) * 1000),
                )
                for session in self._sessions.values()
            ],
        )

    def reported(self, reported: letters.Reported) -> None:
        """What the owner made of the report."""
        self._target = max(self._target, reported.seq)
        for user, number in reported.replaced:
            self.drop_older(user, number)

    async def mend(self) -> None:
        """Send on what the log has beyond this edge."""
        if self._mending.locked() or self._seq is None:
            return
        async with self._mending:
            while True:
                async with self._around.database.transaction(self.place.tenant_id) as tx:
                    events = await read_after(tx, self.place, self._seq)
                for event in events:
                    if event.seq == self._seq + 1:
                        self._around.meters.count("class_events_mended_total")
                        self._send_on(framed_event("log", event))
                if len(events) < READ_MAX:
                    return
