"""What may come in from a browser, and how much of it: the limits of the wire."""

from dataclasses import dataclass

from signaling.protocol import JSON_MAX_DEPTH, MESSAGE_MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class WireLimits:
    """Every bound of one node's sockets."""

    message_bytes: int = MESSAGE_MAX_BYTES
    json_depth: int = JSON_MAX_DEPTH
    ping_interval_s: float = 10.0
    ping_timeout_s: float = 10.0
