"""◇ Whose link is alive: silent for 3 s is away, for 10 s more is lost."""

from dataclasses import dataclass, field

AWAY_AFTER_S = 3.0
LOST_AFTER_S = 13.0


@dataclass(slots=True, kw_only=True)
class _Link:
    connection: str
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
    """One live connection a person; connection ids sort by their time, the newest wins."""

    _links: dict[str, _Link] = field(default_factory=dict)

    def connect(self, user: str, connection: str, now: float) -> bool:
        """Take this connection as the person's; False when a newer one is there already."""
        link = self._links.get(user)
        if link is not None and link.connection > connection:
            return False
        self._links[user] = _Link(
            connection=connection, heard_at=now, away=bool(link and link.away)
        )
        return True

    def expect(self, user: str, now: float) -> None:
        """Somebody who is in the class by its log: give them time to be heard of."""
        self._links.setdefault(user, _Link(connection="", heard_at=now))

    def hear(self, user: str, connection: str, heard_at: float) -> bool:
        """A sign of life; False when it comes from a connection that was replaced."""
        link = self._links.get(user)
        if link is None or link.connection < connection:
            away = bool(link and link.away)
            self._links[user] = _Link(connection=connection, heard_at=heard_at, away=away)
            return True
        if link.connection > connection:
            return False
        link.heard_at = max(link.heard_at, heard_at)
        return True

    def forget(self, user: str) -> None:
        """They left."""
        self._links.pop(user, None)

    def connection_of(self, user: str) -> str | None:
        """The connection that counts."""
        link = self._links.get(user)
        return link.connection if link else None

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
