"""What can go wrong in the SFU: whose fault it is decides what happens."""


class SfuError(Exception):
    """Root of the SFU's errors; `code` is stable."""

    code = "media"


class Malformed(SfuError):
    """Bytes from outside that break their RFC: counted and dropped, never logged one by one."""

    code = "media_malformed"


class BadOffer(SfuError):
    """An SDP that cannot be answered: the caller is told why in a sentence."""

    code = "bad_sdp"


class NoSuchPeer(SfuError):
    """The room, peer or track is not here (any more)."""

    code = "no_such_peer"


class Full(SfuError):
    """A limit of the node is reached (peers, rooms, tracks)."""

    code = "media_full"


class Misuse(SfuError):
    """Our own fault: a programming error; raised, never caught in the engine."""

    code = "misuse"
