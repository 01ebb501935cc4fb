"""What can go wrong in the SFU: whose fault it is decides what happens."""


class SfuError(Exception):
    """Root of the SFU's errors; `code` is stable."""

    code = "media"


class Malformed(SfuError):  # noqa: N818 - the house names a fault by what it is
    """Bytes from outside that break their RFC: counted and dropped, never logged one by one."""

    code = "media_malformed"


class BadOffer(SfuError):  # noqa: N818 - the house names a fault by what it is
    """An SDP that cannot be answered: the caller is told why in a sentence."""

    code = "bad_sdp"


class NoSuchPeer(SfuError):  # noqa: N818 - the house names a fault by what it is
    """The room, peer or track is not here (any more)."""

    code = "no_such_peer"


class Full(SfuError):  # noqa: N818 - the house names a fault by what it is
    """A limit of the node is reached (peers, rooms, tracks)."""

    code = "media_full"


class Misuse(SfuError):  # noqa: N818 - the house names a fault by what it is
    """Our own fault: a programming error; raised, never caught in the engine."""

    code = "misuse"
