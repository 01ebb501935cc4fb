"""ICE-lite on one port (RFC 8445): who is at which address, proven by authenticated checks; the guard at the node's door.

Theory of operation. A browser's check names our ufrag and is sealed with our password; only then is its address known
here, and only from known addresses does anything but STUN go further. So a stranger's ClientHello, junk and empty
datagrams end at a dictionary look-up, and an unauthenticated check gets no answer at all (nothing to amplify).

The first nominated address is used at once, since DTLS proves that somebody is there. A later move must be proven:
a sender of forged source addresses could otherwise turn a class's pictures on a victim. We send a check of our own to
the new address and move when its sealed answer comes. The same checks tell a silent browser from a dead one.

A browser may reach several of our addresses from one of its own, and takes answers only from the one it wrote to: so
`via` remembers, for each of its addresses, which of our sockets its nominating check came to.
"""

import secrets
from dataclasses import dataclass, field

from aioice import stun as codec

from sfu.packet import stun
from sfu.types import Address, Leg, Local, Remote

MAX_ADDRESSES = 8  # of one browser
MAX_OUTSTANDING = 16  # checks of our own without an answer
WINDOW_S = 1.0
MAX_CHECKS = 250  # read in a window, of one browser: each is opened and its seal tried
PROBE_PRIORITY = (110 << 24) + (65_535 << 8) + 255  # peer reflexive


@dataclass(slots=True, kw_only=True)
class Path:
    """Where one browser is."""

    local: Local
    remote: Remote | None = None
    selected: Address | None = None
    addresses: dict[Address, float] = field(
        default_factory=dict
    )  # proven, with the time of the last check
    probes: dict[bytes, Address] = field(default_factory=dict)  # our checks under way
    heard_at: float | None = None
    window_at: float = 0.0
    window_checks: int = 0
    window_strange: int = 0

    def may_check(self, address: Address, now: float) -> bool:
        """Count one message in this name; False beyond what a browser sends at its busiest.

        What comes from elsewhere counts apart: who has read the name on the way cannot use up what is hers.
        """
        if now - self.window_at >= WINDOW_S:
            self.window_at, self.window_checks, self.window_strange = now, 0, 0
        if address in self.addresses:
            self.window_checks += 1
            return self.window_checks <= MAX_CHECKS
        self.window_strange += 1
        return self.window_strange <= MAX_CHECKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one STUN message of a known browser led to."""

    leg: Leg
    replies: tuple[tuple[bytes, Address], ...] = ()
    selected: Address | None = None  # set when it is new


class Door:
    """All browsers of the node by ufrag and by address."""

    def __init__(self, *, silence_s: float) -> None:
        self._silence_s = silence_s
        self._by_ufrag: dict[str, Path] = {}
        self._by_leg: dict[Leg, Path] = {}
        self.legs: dict[Address, Leg] = {}  # the guard: who may send anything but STUN
        self.via: dict[Address, int] = {}  # the number of the socket that answers there

    def open(self, local: Local) -> Path:
        """Expect checks for this ufrag."""
        path = Path(local=local)
        self._by_ufrag[local.ufrag] = path
        self._by_leg[local.leg] = path
        return path

    def close(self, leg: Leg) -> None:
        """Know nothing of it any more."""
        path = self._by_leg.pop(leg, None)
        if path is None:
            return
        del self._by_ufrag[path.local.ufrag]
        for address in path.addresses:
            if self.legs.get(address) == leg:
                self._forget(address)

    def forgive(self, seconds: float) -> None:
        """The node itself stood still for so long: nobody could be heard."""
        for path in self._by_leg.values():
            if path.heard_at is not None:
                path.heard_at += seconds

    def stun(self, datagram: bytes, address: Address, now: float, via: int = 0) -> Heard | None:
        """One STUN message; None when it is not for us. Malformed when it is no STUN."""
        ufrag = stun.named(datagram)
        leg = self.legs.get(address)
        named = self._by_leg.get(leg or 0) if ufrag is None else self._by_ufrag.get(ufrag)
        if named is None or not named.may_check(address, now):
            return (
                None  # a stranger's message is not worth reading, nor a flood in somebody's name
            )
        check = stun.parse_check(datagram)
        if check is None:
            return self._answered(datagram, address, now)
        path = self._by_ufrag.get(check.local_ufrag)
        if path is None or not stun.is_authentic(check.message, path.local.password):
            return None
        if path.remote is not None and check.remote_ufrag != path.remote.ufrag:
            return None
        if not self._admit(path, address, now):
            return None
        host, port = plain(address)
        reply = stun.binding_success(check.transaction_id, host, port, path.local.password)
        replies = [(reply, address)]
        selected = None
        if check.use_candidate or address not in self.via:
            self.via[address] = via
        if check.use_candidate and path.selected is None:
            path.selected = selected = address
        elif check.use_candidate and path.selected != address and path.remote is not None:
            replies.append((self.probe(path, address), address))
        return Heard(leg=path.local.leg, replies=tuple(replies), selected=selected)

    def probe(self, path: Path, address: Address) -> bytes:
        """A check of our own, sealed with the browser's password; its answer proves the address."""
        assert path.remote is not None
        message = codec.Message(
            message_method=codec.Method.BINDING,
            message_class=codec.Class.REQUEST,
            transaction_id=secrets.token_bytes(12),
            attributes={
                "USERNAME": f"{path.remote.ufrag}:{path.local.ufrag}",
                "PRIORITY": PROBE_PRIORITY,
                "ICE-CONTROLLED": path.local.session,
            },
        )
        message.add_message_integrity(path.remote.password.encode())
        while len(path.probes) >= MAX_OUTSTANDING:
            path.probes.pop(next(iter(path.probes)))
        path.probes[message.transaction_id] = address
        return bytes(message)

    def _answered(self, datagram: bytes, address: Address, now: float) -> Heard | None:
        """The answer to a check of ours: alive, and moved when the address is another one."""
        leg = self.legs.get(address)
        path = self._by_leg.get(leg) if leg is not None else None
        if path is None or path.remote is None:
            return None
        message = stun.parse(datagram)
        if (
            message.message_class != codec.Class.RESPONSE
            or path.probes.get(message.transaction_id) != address
        ):
            return None
        if not stun.is_authentic(message, path.remote.password):
            return None
        del path.probes[message.transaction_id]
        path.heard_at = now
        moved = path.selected is not None and path.selected != address
        if moved:
            path.selected = address
        return Heard(leg=path.local.leg, selected=address if moved else None)

    def _admit(self, path: Path, address: Address, now: float) -> bool:
        """Let the address in, unless a living browser holds it: a check may be sent under a forged source."""
        leg = path.local.leg
        holder = self.legs.get(address)
        if holder is not None and holder != leg:
            other = self._by_leg[holder]
            if now - other.addresses[address] < self._silence_s:
                return False
            del other.addresses[address]
        if address not in path.addresses and len(path.addresses) >= MAX_ADDRESSES:
            oldest = min(
                (a for a in path.addresses if a != path.selected), key=path.addresses.__getitem__
            )
            del path.addresses[oldest]
            self._forget(oldest)
        path.addresses[address] = path.heard_at = now
        self.legs[address] = leg
        return True

    def _forget(self, address: Address) -> None:
        del self.legs[address]
        self.via.pop(address, None)


def plain(address: Address) -> tuple[str, int]:
    """Host and port without IPv6's scope."""
    return address[0].partition("%")[0], address[1]
