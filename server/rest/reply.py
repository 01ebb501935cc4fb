"""Typed results to JSON: ETags, problems."""

import msgspec

from server import problems
from server.rest import shapes
from server.rest.call import Answer
from sfu.errors import SfuError

PROBLEM_TYPE = "application/problem+json"
TYPE_BASE = "https://lectern.dev/problems/"

_encoder = msgspec.json.Encoder()


def encoded(body: msgspec.Struct | bytes | None) -> bytes | None:
    """The bytes of a body."""
    return _encoder.encode(body) if isinstance(body, msgspec.Struct) else body


# A browser keeps these and asks each time whether they still stand.
ASK_AGAIN = {"Cache-Control": "private, no-cache"}


def etag(version: int, *also: object) -> str:
    """The strong ETag of a version, and of what else is shown with it and may change without it."""
    return f'"v{".".join(map(str, (version, *also)))}"'


def unless_known(given: str, answer: Answer, tag: str) -> Answer:
    """The answer with its ETag; without its body for who has it by the If-None-Match that was `given`."""
    headers = {**answer.headers, **ASK_AGAIN, "ETag": tag}
    # A proxy that compresses weakens ETags: the opaque part is what counts.
    if tag in (one.strip().removeprefix("W/") for one in given.split(",")):
        return Answer(status=304, headers=headers)
    return msgspec.structs.replace(answer, headers=headers)


def versioned(answer: Answer, version: int) -> Answer:
    """The answer with the ETag of what it shows."""
    return msgspec.structs.replace(answer, headers={**answer.headers, "ETag": etag(version)})


def problem(error: problems.Told, trace_id: str) -> Answer:
    """The error as problem+json."""
    status = problems.status_of(error)
    message = error.message if not isinstance(error, SfuError) else str(error)
    body = shapes.Problem(
        type=TYPE_BASE + error.code,
        title=problems.TITLES.get(status, "Error"),
        status=status,
        code=error.code,
        detail=message,
        trace_id=trace_id,
        errors=[
            shapes.Fault(pointer=fault.pointer, detail=fault.detail)
            for fault in problems.faults_of(error)
        ],
    )
    return Answer(
        status=status, body=body, content_type=PROBLEM_TYPE, headers=problems.headers(error)
    )
