"""One browser's connection from offer to goodbye: its path, its DTLS, and when it is lost."""

from typing import Literal

from sfu.settings import SfuSettings
from sfu.transport.dtls import Dtls, Identity
from sfu.transport.ice import Door, Path
from sfu.types import Address, Keys, Local, Remote

State = Literal["offered", "connecting", "secured", "over"]
PROBE_EVERY_S = 0.5
Packets = list[tuple[bytes, Address]]


class Peer:
    """offered -> connecting (its side is known) -> secured (keys) -> over."""

    def __init__(self, local: Local, settings: SfuSettings, door: Door, *, now: float) -> None:
        self.leg = local.leg
        self.state: State = "offered"
        self.keys: Keys | None = None
        self._settings = settings
        self._door = door
        self._path: Path = door.open(local)
        self._dtls: Dtls | None = None
        self._resend_at: float | None = None
        self._probe_at = 0.0
        self._deadline = now + settings.setup_timeout_s

    @property
    def address(self) -> Address | None:
        """Where its media goes."""
        return self._path.selected

    def connect(self, remote: Remote, identity: Identity) -> None:
        """Its description has come. Again with the same one after a re-offer: nothing changes."""
        if self._path.remote is None:
            self._path.remote = remote
            self._dtls = Dtls(identity, remote.fingerprints)
            self.state = "connecting"

    def dtls(self, datagram: bytes, address: Address, now: float) -> Packets:
        """A datagram that the guard let through; what answers it. `keys` and `state` may be new after it."""
        if self._dtls is None or self.state == "over":
            return []
        out = self._dtls.receive(datagram)
        timeout_s = self._dtls.timeout_s()
        self._resend_at = None if timeout_s is None else now + timeout_s
        if self._dtls.failed or self._dtls.closed:
            self.state = "over"
        elif self._dtls.keys is not None and self.state == "connecting":
            self.keys = self._dtls.keys
            self.state = "secured"
        return [(datagram, address) for datagram in out]

    def tick(self, now: float) -> Packets:
        """Resend what got no answer, ask a silent browser whether it is there, give up in time."""
        if self._is_lost(now):
            self.state = "over"
            return []
        out: Packets = []
        address = self._path.selected
        if address is None or self._dtls is None:
            return out
        if self._resend_at is not None and now >= self._resend_at:
            out += [(datagram, address) for datagram in self._dtls.resend()]
            timeout_s = self._dtls.timeout_s()
            self._resend_at = None if timeout_s is None else now + timeout_s
            if self._dtls.failed:
                self.state = "over"
        silent_s = now - (self._path.heard_at or now)
        if (
            self.state == "secured"
            and silent_s >= self._settings.probe_after_s
            and now >= self._probe_at
        ):
            self._probe_at = now + PROBE_EVERY_S
            out.append((self._door.probe(self._path, address), address))
        return out

    def farewell(self) -> Packets:
        """What tells the browser that it is over."""
        address = self._path.selected
        if address is None or self._dtls is None:
            return []
        return [(datagram, address) for datagram in self._dtls.close()]

    def close(self) -> None:
        """Forget it."""
        self.state = "over"
        self._door.close(self.leg)

    def _is_lost(self, now: float) -> bool:
        if self.state != "secured":
            return now >= self._deadline
        return now - (self._path.heard_at or now) >= self._settings.silence_timeout_s
