"""Long-polling: packets wait here until the browser asks, and an upgrade takes them along."""

import asyncio
from collections import deque
from collections.abc import Callable

from signaling.context import Clock
from signaling.wire import frames, websocket
from signaling.wire.faults import TRY_LATER, PeerError
from signaling.wire.gates import WireLimits
from signaling.wire.session import Link, Packet, Session


class Polling:
    """The transport of a session that has no websocket (yet)."""

    transport_name = "polling"

    def __init__(self, session: Session, *, limits: WireLimits, clock: Clock) -> None:
        self._session = session
        self._limits = limits
        self._clock = clock
        self._queue: deque[Packet] = deque()
        self._latest: dict[str, Packet] = {}
        self._size = 0
        self._poll: asyncio.Future[None] | None = None
        self._gone: Callable[[], bool] | None = None
        self._reading = asyncio.Event()
        self._reading.set()
        self.probed = False  # a websocket is about to take over
        self.posting = False

    @property
    def waiting(self) -> bool:
        """True while a poll waits for something to send."""
        return self._poll is not None

    # --- Out ---

    def send(self, packet: Packet, frame: bytes) -> None:
        """Keep a packet for the next poll."""
        if self._session.closed:
            return
        self._queue.append(packet)
        self._size += len(packet)
        if self._size > self._limits.backlog_bytes:
            self._queue.clear()
            self._queue.extend(self._session.behind())
            self._session.failed(PeerError("slow_reader", TRY_LATER))
        self._release()

    def send_latest(self, key: str, packet: Packet, frame: bytes) -> None:
        """Keep only the newest packet of this key."""
        self._latest[key] = packet
        self._release()

    def _release(self) -> None:
        if self._poll is not None and not self._poll.done():
            self._poll.set_result(None)

    async def poll(self, gone: Callable[[], bool]) -> list[Packet]:
        """What a GET is answered with; waits for something to say.

        `gone` tells whether the connection that asks is still there; what is handed to one that is
        not would be lost, so the session ends with it.
        """
        if self._poll is not None:
            raise PeerError("second_poll")
        self._gone = gone
        if not (self._queue or self._latest or self.probed):
            self._poll = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(
                    self._limits.ping_interval_s + self._limits.ping_timeout_s
                ):
                    await self._poll
            except TimeoutError:
                self._session.close("ping timeout")
            finally:
                self._poll = None
        self._gone = None
        if gone():
            self._session.close("transport close")
        if self.probed and not self._queue:
            return [frames.NOOP]
        return self.take()

    def take(self) -> list[Packet]:
        """Everything that waits, in order."""
        packets = [*self._queue, *self._latest.values()]
        self._queue.clear()
        self._latest.clear()
        self._size = 0
        return packets

    def probe(self) -> None:
        """A websocket asked to take over: let the waiting poll end."""
        self.probed = True
        self._release()

    def hand_over(self, link: Link) -> None:
        """Send what waits by the new transport."""
        for packet in self.take():
            link.send(packet, websocket.data_frame(packet))

    # --- In ---

    async def passable(self) -> None:
        """Wait until the session reads on; raise PeerError when that takes too long."""
        try:
            async with asyncio.timeout(self._limits.body_deadline_s):
                await self._reading.wait()
        except TimeoutError:
            raise PeerError("flood") from None

    def pause(self) -> None:
        """Let POSTs wait."""
        self._reading.clear()

    def resume(self) -> None:
        """Let POSTs go on."""
        self._reading.set()

    # --- The end ---

    def close(self, code: int, *, by_client: bool = False) -> None:
        """Answer the poll that waits: it is over."""
        self._queue.append(frames.NOOP if by_client else frames.CLOSE)
        self._reading.set()
        self._release()

    def stalled(self, now: float) -> bool:
        """True when the connection of the waiting poll is gone.

        A client that does not poll at all runs into its ping timeout.
        """
        return self._gone is not None and self._gone()
