"""What can go wrong in a class, each with a stable code for the wire; no HTTP in here."""


class SignalingError(Exception):
    """Root of what a caller may be told: `code` is stable, the message is a clear sentence."""

    code = "signaling"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Refused(SignalingError):
    """The caller may not do this (permissions.py), or the token does not open this class."""

    code = "forbidden"


class NotInClass(SignalingError):
    """The command came from somebody who has not joined, or has left."""

    code = "not_in_class"


class BadMessage(SignalingError):
    """The message does not have the form that protocol.py gives."""

    code = "bad_message"


class Busy(SignalingError):
    """Too many, too fast, or a queue is full: try again later."""

    code = "busy"


class Moved(SignalingError):
    """This node does not own the class (any more): ask the owner."""

    code = "moved"
