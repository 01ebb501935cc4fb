"""Tells STUN, DTLS, RTP and RTCP apart by the first bytes of a datagram (RFC 7983, RFC 5761)."""

from typing import Literal

Kind = Literal["stun", "dtls", "rtp", "rtcp", "turn_channel", "unknown"]

_SHORTEST_RTP_BYTES = 12
_SHORTEST_RTCP_BYTES = 8
_FIRST_RTCP_TYPE = 192
_LAST_RTCP_TYPE = 223


def kind_of(datagram: bytes) -> Kind:
    """What the datagram claims to be; an empty or too short one is unknown."""
    if not datagram:
        return "unknown"
    first = datagram[0]
    if 128 <= first <= 191:
        return _rtp_or_rtcp(datagram)
    if first <= 3:
        return "stun"
    if 20 <= first <= 63:
        return "dtls"
    if 64 <= first <= 79:
        return "turn_channel"
    return "unknown"


def _rtp_or_rtcp(datagram: bytes) -> Kind:
    size = len(datagram)
    if size >= _SHORTEST_RTCP_BYTES and _FIRST_RTCP_TYPE <= datagram[1] <= _LAST_RTCP_TYPE:
        return "rtcp"
    return "rtp" if size >= _SHORTEST_RTP_BYTES else "unknown"
