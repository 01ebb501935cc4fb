"""What a peer did wrong: the name it is counted under, and how its websocket is closed."""

# Close codes of RFC 6455 section 7.4.1 and its registry.
NORMAL = 1000
GOING_AWAY = 1001
PROTOCOL_ERROR = 1002
UNSUPPORTED = 1003
BAD_TEXT = 1007
POLICY = 1008
TOO_BIG = 1009
TRY_LATER = 1013


class PeerError(Exception):
    """Theirs, never ours: counted, answered by closing, and never logged one by one."""

    def __init__(self, reason: str, close_code: int = POLICY) -> None:
        super().__init__(reason)
        self.reason = reason
        self.close_code = close_code
