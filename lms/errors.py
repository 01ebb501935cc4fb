"""What the school refuses, each with a stable code and a clear sentence; no HTTP in here."""

from collections.abc import Sequence


class LmsError(Exception):
    """Root of what a caller may be told."""

    code = "school"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class NotFound(LmsError):
    """It is not there, or the caller may not know that it is: the two are told apart by nobody."""

    code = "not_found"


class Forbidden(LmsError):
    """The caller may see it, but not do this to it."""

    code = "forbidden"


class Conflict(LmsError):
    """The state of the thing does not allow it now."""

    code = "conflict"


class Stale(LmsError):
    """The caller decided on an older version than the one that stands."""

    code = "stale"


class Invalid(LmsError):
    """What was asked makes no sense; `pointer` names the field (a JSON pointer into the body), `faults` all (field, why)."""

    code = "invalid"

    def __init__(
        self,
        message: str,
        *,
        pointer: str = "",
        code: str | None = None,
        faults: Sequence[tuple[str, str]] = (),
    ) -> None:
        super().__init__(message, code=code)
        self.pointer = pointer
        self.faults = tuple(faults) or (((pointer, message),) if pointer else ())


class Unavailable(LmsError):
    """A store is away for the moment: the same request may be tried again."""

    code = "unavailable"
