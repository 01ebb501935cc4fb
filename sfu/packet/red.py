"""RED (RFC 2198) as Opus uses it: finds the primary block, for viewers that did not negotiate RED."""

from sfu.errors import Malformed

_MORE_BLOCKS = 0x80
_REDUNDANT_HEADER_BYTES = 4


def primary(payload: bytes) -> bytes:
    """The newest encoding in the payload, or Malformed when the block lengths do not fit."""
    position = 0
    redundant_bytes = 0
    size = len(payload)
    while position < size and payload[position] & _MORE_BLOCKS:
        if position + _REDUNDANT_HEADER_BYTES > size:
            raise Malformed("a RED block header is cut off")
        redundant_bytes += (payload[position + 2] & 0x03) << 8 | payload[position + 3]
        position += _REDUNDANT_HEADER_BYTES
    start = position + 1 + redundant_bytes
    if start > size:
        raise Malformed("RED blocks are longer than their packet")
    return payload[start:]
