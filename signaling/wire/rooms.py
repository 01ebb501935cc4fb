"""Who is in which room of which namespace, with every lookup in constant time."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import socketio

from signaling.errors import Busy

Callback = Callable[..., Any]


class Rooms(socketio.AsyncManager):  # type: ignore[misc]  # the library is untyped
    """python-socketio's client manager, kept so that leaving costs what was joined, no more.

    A connection that has not been welcomed yet, or is being sent away, is no member of anything.
    """

    def __init__(self, calls_max: int) -> None:
        super().__init__()
        self.rooms: dict[str, dict[str | None, dict[str, str]]] = {}
        self._of: dict[str, set[str | None]] = {}  # sid -> its rooms
        self._engine_sid: dict[str, str] = {}
        self._calls: dict[str, dict[int, Callback]] = {}
        self._calls_max = calls_max
        self._numbers = itertools.count(1)

    # --- Coming and going ---

    def join(self, sid: str, namespace: str, engine_sid: str) -> None:
        """A connection was welcomed to a namespace."""
        self._engine_sid[sid] = engine_sid
        self._of[sid] = set()
        for room in (None, sid):
            self.basic_enter_room(sid, namespace, room, engine_sid)

    def basic_disconnect(self, sid: str, namespace: str, **_: Any) -> None:
        """A connection left a namespace."""
        for room in tuple(self._of.get(sid, ())):
            self.basic_leave_room(sid, namespace, room)
        self._of.pop(sid, None)
        self._engine_sid.pop(sid, None)
        self._calls.pop(sid, None)

    def is_connected(self, sid: str, namespace: str) -> bool:
        """True while the connection is a member of the namespace."""
        return sid in self.rooms.get(namespace, {}).get(None, {})

    def eio_sid_from_sid(self, sid: str, namespace: str) -> str | None:
        """The Engine.IO session of a connection."""
        return self.rooms.get(namespace, {}).get(None, {}).get(sid)

    # --- Rooms ---

    def basic_enter_room(
        self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None
    ) -> None:
        """Put a connection into a room."""
        mine = self._of.get(sid)
        if mine is None:
            raise ValueError("sid is not connected to requested namespace")
        mine.add(room)
        rooms = self.rooms.setdefault(namespace, {})
        rooms.setdefault(room, {})[sid] = self._engine_sid[sid]

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        """Take a connection out of a room; an empty one is forgotten."""
        rooms = self.rooms.get(namespace, {})
        members = rooms.get(room, {})
        members.pop(sid, None)
        self._of.get(sid, set()).discard(room)
        if not members:
            rooms.pop(room, None)
        if not rooms:
            self.rooms.pop(namespace, None)

    def basic_close_room(self, room: str, namespace: str) -> None:
        """Empty a room."""
        for sid, _ in list(self.get_participants(namespace, room)):
            self.basic_leave_room(sid, namespace, room)

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        """The rooms of a connection."""
        return [room for room in self._of.get(sid, ()) if room is not None]

    def get_participants(
        self, namespace: str, room: str | Iterable[str] | None
    ) -> Iterator[tuple[str, str]]:
        """The members of a room, or of several, each once."""
        rooms = self.rooms.get(namespace, {})
        if room is None or isinstance(room, str):
            yield from tuple(rooms.get(room, {}).items())
            return
        several: dict[str, str] = {}
        for one in room:
            several.update(rooms.get(one, {}))
        yield from several.items()

    # --- Acknowledgements of what the server asks ---

    def expect(self, sid: str, callback: Callback) -> int:
        """Number a question to a browser; raise Busy when too many are open."""
        calls = self._calls.setdefault(sid, {})
        if len(calls) >= self._calls_max:
            raise Busy("Too many questions to this browser are unanswered.")
        number = next(self._numbers)
        calls[number] = callback
        return number

    def answered(self, sid: str, number: int) -> Callback | None:
        """Who asked this, once; None when nobody did."""
        calls = self._calls.get(sid)
        return calls.pop(number, None) if calls else None
