"""Socket.IO packets as finished text, made once however many people they go to."""

MESSAGE = b"4"
EVENT = b"2"


def event_frame(namespace: str, event: str, json: bytes) -> bytes:
    """One event with one argument that is JSON already, as the text of its Engine.IO message."""
    place = b"" if namespace == "/" else namespace.encode() + b","
    return b"".join((MESSAGE, EVENT, place, b'["', event.encode(), b'",', json, b"]"))
