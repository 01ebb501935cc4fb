"""H264 payloads (RFC 6184): whether a packet starts a key frame, in a single NAL unit, STAP-A or FU-A."""

_SLICE_OF_KEY_FRAME = 5
_SEQUENCE_PARAMETERS = 7
_KEY_TYPES = frozenset((_SLICE_OF_KEY_FRAME, _SEQUENCE_PARAMETERS))
_STAP_A = 24
_FU_A = 28
_TYPE_MASK = 0x1F
_FU_START = 0x80


def starts_key_frame(payload: bytes) -> bool:
    """True at the sequence parameters or the first slice of an IDR picture; anything unreadable is False."""
    if not payload:
        return False
    nal_type = payload[0] & _TYPE_MASK
    if nal_type == _STAP_A:
        return _aggregate_holds_key(payload)
    if nal_type == _FU_A:
        return (
            len(payload) > 1
            and payload[1] & _FU_START != 0
            and payload[1] & _TYPE_MASK in _KEY_TYPES
        )
    return nal_type in _KEY_TYPES


def _aggregate_holds_key(payload: bytes) -> bool:
    position = 1
    while position + 2 < len(payload):
        if payload[position + 2] & _TYPE_MASK in _KEY_TYPES:
            return True
        position += 2 + (payload[position] << 8 | payload[position + 1])
    return False
