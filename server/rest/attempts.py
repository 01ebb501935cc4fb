"""Attempts: start, answer, submit; and the live board."""

from datetime import timedelta
from typing import Any

import msgspec

from lms.attempts import answering, service, versions
from lms.attempts.attempt import remaining_ms
from lms.attempts.model import Attempt, Counted, Handed
from lms.attempts.values import kept
from server.rest import exam_shapes as shapes
from server.rest.call import Answer, Call
from server.rest.shapes import Reply, Time


class RawPaper(msgspec.Struct, frozen=True):
    """A paper whose parts stay the bytes that they are."""

    sections: msgspec.Raw
    items: msgspec.Raw


class RawSaved(Reply, frozen=True, kw_only=True):
    """exam_shapes.SavedAnswer, with the value as it is kept."""

    value: msgspec.Raw
    opening: int
    seq: int


class RawOpenAttempt(Reply, frozen=True, kw_only=True):
    """exam_shapes.OpenAttempt around a paper that is encoded already."""

    id: str
    assessment_id: str
    title: str
    number: int
    opening: int
    state: shapes.AttemptState
    ends_at: Time
    server_time: Time
    remaining_ms: int
    sections: msgspec.Raw
    items: msgspec.Raw
    answers: dict[str, RawSaved]
    pictures: dict[str, str]


async def extend_all(call: Call[Any]) -> Answer:
    """More time for every open attempt."""
    raise NotImplementedError


async def board(call: Call[Any]) -> Answer:
    """Who is where, now."""
    raise NotImplementedError


async def start_attempt(call: Call[shapes.StartAttempt]) -> Answer:
    """Start an attempt, or open it on this device."""
    desk = call.deps.desk()
    async with call.read() as connection:
        opened = await service.start(
            connection, call.principal, call.params["assessment_id"], call.body.password, desk
        )
    attempt = opened.attempt
    assert attempt.ends_at is not None
    paper = msgspec.json.decode(opened.paper, type=RawPaper)
    now = call.deps.exam_clock.now()
    body = RawOpenAttempt(
        id=attempt.attempt_id,
        assessment_id=attempt.assessment_id,
        title=opened.title,
        number=attempt.number,
        opening=attempt.opening,
        state=attempt.state,
        ends_at=attempt.ends_at,
        server_time=now,
        remaining_ms=remaining_ms(attempt, now),
        sections=paper.sections,
        items=paper.items,
        answers={item: _saved(one) for item, one in opened.saved.items()},
        pictures={},
    )
    return Answer(status=201, body=body)


def _saved(one: Counted) -> RawSaved:
    return RawSaved(value=msgspec.Raw(one.value.encode()), opening=one.opening, seq=one.seq)


async def get_attempt(call: Call[None]) -> Answer:
    """How an attempt stands."""
    async with call.read() as connection:
        attempt = await service.mine(connection, call.principal, call.params["attempt_id"])
    return Answer(body=_view(attempt, call))


def _view(attempt: Attempt, call: Call[Any]) -> shapes.AttemptView:
    now = call.deps.exam_clock.now()
    return shapes.AttemptView(
        id=attempt.attempt_id,
        assessment_id=attempt.assessment_id,
        user_id=attempt.user_id,
        number=attempt.number,
        state=attempt.state,
        opening=attempt.opening,
        started_at=attempt.started_at,
        ends_at=attempt.ends_at,
        server_time=now,
        remaining_ms=remaining_ms(attempt, now),
        answered=attempt.answered or 0,
        asked=len(attempt.item_ids),
        late=attempt.late,
        submitted_at=attempt.submitted_at,
        submitted_by=attempt.submitted_by,
        receipt=_receipt(service.handed(attempt)) if attempt.receipt else None,
        released=attempt.released_at is not None,
        version=_version(attempt),
    )


def _version(attempt: Attempt) -> str:
    return versions.of(
        attempt.last_opening or attempt.opening, attempt.last_seq or 0, attempt.state
    )


async def save_answer(call: Call[shapes.AnswerBody]) -> Answer:
    """Save an answer."""
    arrived_at = call.deps.exam_clock.now()
    kind, value = kept(call.body.value)
    row = answering.Row(
        call.principal.tenant_id,
        call.params["attempt_id"],
        call.principal.user_id,
        call.params["item_id"],
        call.body.opening,
        call.body.seq,
        kind,
        value,
        arrived_at,
    )
    outcome = await call.deps.answers.submit(row)
    if outcome.code != "saved":
        raise answering.refusal(outcome.code)
    now = call.deps.exam_clock.now()
    left = (outcome.ends_at - now) // timedelta(milliseconds=1)
    body = shapes.AnswerAck(
        opening=call.body.opening,
        seq=call.body.seq,
        server_time=now,
        remaining_ms=max(0, left) if outcome.state == "open" else 0,
        late=outcome.late,
        current_opening=outcome.opening,
        version=versions.of(call.body.opening, call.body.seq, outcome.state),
    )
    return Answer(body=body)


async def submit_attempt(call: Call[shapes.Submit]) -> Answer:
    """Hand the attempt in."""
    async with call.read() as connection:
        handed = await service.submit(
            connection,
            call.principal,
            call.params["attempt_id"],
            (call.body.opening, call.body.last_seq),
            call.deps.desk(),
        )
    return Answer(body=_receipt(handed))


def _receipt(handed: Handed) -> shapes.Receipt:
    attempt = handed.attempt
    return shapes.Receipt(
        attempt_id=attempt.attempt_id,
        receipt=handed.receipt,
        submitted_at=handed.submitted_at,
        submitted_by=handed.submitted_by,
        late=attempt.late,
        answered=handed.answered,
        asked=len(attempt.item_ids),
        digest=handed.digest,
        version=_version(attempt),
    )


async def beat(call: Call[Any]) -> Answer:
    """The page is still there."""
    raise NotImplementedError
