"""The engine's whole boundary: what goes in, what comes out (datagrams by the kernel's own list), and transport facts."""

from dataclasses import dataclass

from sfu.commands import Notification, Reply, Request

Address = tuple[str, int] | tuple[str, int, int, int]
Leg = int  # one connection of one browser, for the life of the node


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Our side of one new connection, made by the shell because it needs chance."""

    leg: Leg
    ufrag: str
    password: str
    fingerprint: str  # sha-256, AA:BB:...
    candidates: tuple[tuple[str, int], ...]
    tcp: bool = False  # the same candidates over TCP, passive
    session: int  # o= line
    ssrc_base: int  # the slots' SSRCs count up from here


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """The browser's side: who may answer our checks and whose certificate to expect."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]  # (algorithm, value in capitals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What DTLS agreed on: SRTP master key and salt, each way."""

    profile: bytes
    inbound: bytes
    outbound: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Signalling asks. `local` comes with what opens a connection."""

    request: Request
    local: Local | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """SRTP or SRTCP from the address that passed an authenticated check."""

    leg: Leg
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Secured:
    """DTLS is done: media may flow."""

    leg: Leg
    address: Address
    keys: Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An authenticated check nominated another address of the same browser."""

    leg: Leg
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The transport failed, was closed by the browser, or fell silent."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Time has passed."""


Input = Command | Datagram | Secured | Moved | Gone | Tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The reply to the Command just handled."""

    reply: Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A connection begins: answer the checks that name it."""

    local: Local


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect:
    """Its browser is known now: shake hands."""

    leg: Leg
    remote: Remote


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnect:
    """This connection is over: forget its transport."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify:
    """Tell signalling."""

    notification: Notification


Output = Answered | Open | Connect | Disconnect | Notify
