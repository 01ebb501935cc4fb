"""Errors to the wire: the one table from error codes to HTTP status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms import errors as lms
from sfu.errors import SfuError
from signaling.errors import SignalingError

# What the web face itself refuses, and what is told in another status than its kind (below) has.
STATUS: Mapping[str, int] = {
    "bad_request": 400,
    "bad_json": 400,
    "bad_query": 400,
    "body_cut": 400,
    "cursor_invalid": 400,
    "idempotency_key_missing": 400,
    "idempotency_key_bad": 400,
    "unauthorized": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "credentials_wrong": 401,
    "refresh_reused": 401,
    "csrf": 403,
    "forbidden": 403,
    "address_forged": 403,
    "address_expired": 403,
    "removed": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "body_slow": 408,
    "idempotency_in_flight": 409,
    "stale": 412,
    "body_too_large": 413,
    "range_wrong": 416,
    "media_type": 415,
    "invalid_body": 422,
    "idempotency_mismatch": 422,
    "precondition_required": 428,
    "rate_limited": 429,
    "internal": 500,
    "busy": 503,
    "moved": 503,
    "unavailable": 503,
    "not_in_class": 409,
    "bad_message": 400,
    "bad_sdp": 400,
    "no_such_peer": 404,
    "media_full": 503,
    "media_unavailable": 503,
    "class_unreachable": 503,
    "class_closed": 409,
    "media_timeout": 504,
}

# The kinds of the school's errors: their codes grow, their meaning does not.
KIND_STATUS: Sequence[tuple[type[lms.LmsError], int]] = (
    (lms.NotFound, 404),
    (lms.Forbidden, 403),
    (lms.Conflict, 409),
    (lms.Stale, 412),
    (lms.Invalid, 422),
    (lms.Unavailable, 503),
)

TITLES: Mapping[int, str] = {
    400: "The request is not well formed",
    401: "Sign in first",
    403: "Not allowed",
    404: "Not found",
    405: "This address does not do that",
    408: "The request took too long",
    409: "Not possible in this state",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Another content type is needed",
    416: "There are no such bytes",
    422: "The request makes no sense",
    428: "If-Match is needed",
    429: "Too many requests",
    500: "Our fault",
    503: "Not available now",
    504: "The media node did not answer",
}

RETRY_AFTER_SECONDS: Mapping[str, int] = {
    "idempotency_in_flight": 1,
    "busy": 1,
    "moved": 1,
    "unavailable": 2,
    "answer_delayed": 1,
    "no_room": 30,
    "media_full": 5,
    "media_unavailable": 2,
    "class_unreachable": 1,
    "media_timeout": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a request: where (a JSON pointer) and what."""

    pointer: str
    detail: str


class Refusal(Exception):
    """What the web face itself refuses: a code of STATUS, a sentence, and what goes along."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.faults = list(faults)


Told = Refusal | lms.LmsError | SignalingError | SfuError


def status_of(error: Told) -> int:
    """The HTTP status under which this error is told."""
    if isinstance(error, lms.LmsError):
        for kind, status in KIND_STATUS:
            if isinstance(error, kind):
                return status
    if error.code in STATUS:
        return STATUS[error.code]
    # A class or a media node refuses what does not fit its state; it says so in words of its own.
    return 500 if isinstance(error, Refusal) else 409


def faults_of(error: Told) -> list[Fault]:
    """Where the fault lies, as far as that is known."""
    if isinstance(error, Refusal):
        return error.faults
    if isinstance(error, lms.Invalid):
        return [Fault(pointer=pointer, detail=detail) for pointer, detail in error.faults]
    return []


def headers(error: Told) -> dict[str, str]:
    """The headers that go with it."""
    found = dict(error.headers) if isinstance(error, Refusal) else {}
    wait = RETRY_AFTER_SECONDS.get(error.code)
    if wait is not None:
        found.setdefault("Retry-After", str(wait))
    if status_of(error) == 401:
        found["WWW-Authenticate"] = 'Bearer realm="lectern"'
    return found
