"""◇ Whose link is alive: silent for 3 s is away, for 10 s more is lost."""

from dataclasses import dataclass, field

AWAY_AFTER_S = 3.0
LOST_AFTER_S = 13.0


@dataclass(slots=True, kw_only=True)
class _Link:
    connection: int
    heard_at: float
    away: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What changed since the last look: user ids."""

    away: list[str]
    back: list[str]
    lost: list[str]


@dataclass(slots=True)
class Presence:
    """One live connection a person, numbered by the owner's clock: the newest counts."""

    _links: dict[str, _Link] = field(default_factory=dict)

    def connect(self, user: str, now_ms: int, now: float) -> int:
        """A new connection of this person; its number is above every one before, whoever owned the class then."""
        link = self._links.get(user)
        connection = max(now_ms, link.connection + 1 if link else 0)
        self._links[user] = _Link(
            connection=connection, heard_at=now, away=bool(link and link.away)
        )
        return connection

    def expect(self, user: str, now: float) -> None:
        """Somebody who is in the class by its log: give them time to be heard of."""
        self._links.setdefault(user, _Link(connection=0, heard_at=now))

    def hear(self, user: str, connection: int, heard_at: float) -> bool:
        """A sign of life; False when it comes from a connection that counts no longer."""
        link = self._links.get(user)
        if link is None:
            return True
        if link.connection > connection:
            return False
        link.connection = connection
        link.heard_at = max(link.heard_at, heard_at)
        return True

    def excuse(self, blind_s: float, now: float) -> None:
        """Nobody could be heard for so long until now: that is not their silence."""
        for link in self._links.values():
            link.heard_at = min(now, link.heard_at + blind_s)

    def forget(self, user: str) -> None:
        """They left."""
        self._links.pop(user, None)

    def connection_of(self, user: str) -> int:
        """The connection that counts; 0 when none was heard of."""
        link = self._links.get(user)
        return link.connection if link else 0

    def away(self) -> list[str]:
        """Who is away now."""
        return sorted(user for user, link in self._links.items() if link.away)

    def sweep(self, now: float) -> Swept:
        """Look at everybody's silence; the lost are not forgotten until they are said to have left."""
        swept = Swept(away=[], back=[], lost=[])
        for user, link in self._links.items():
            silent_s = now - link.heard_at
            if silent_s >= LOST_AFTER_S:
                swept.lost.append(user)
            if silent_s >= AWAY_AFTER_S and not link.away:
                link.away = True
                swept.away.append(user)
            elif silent_s < AWAY_AFTER_S and link.away:
                link.away = False
                swept.back.append(user)
        return swept
