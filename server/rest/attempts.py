"""Attempts: start, answer, submit; and the live board."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import asyncpg
import msgspec

from lms.assessments import service as assessments
from lms.attempts import answering, board, extending, service, versions
from lms.attempts.attempt import CLOSED, remaining_ms
from lms.attempts.model import Counted, Handed
from lms.attempts.values import kept
from lms.errors import Conflict, Forbidden
from lms.projections import log
from server.clock import moment
from server.failpoints import reach
from server.limits import middleware as limits
from server.rest import exam_shapes as shapes
from server.rest import pictures
from server.rest.call import Answer, Call
from server.rest.idempotency import once
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


async def extend_all(call: Call[shapes.Extension]) -> Answer:
    """More time for every open attempt."""
    body = call.body
    more = extending.More(
        time=timedelta(minutes=body.minutes), reason=body.reason, reopen_since=body.reopen_since
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        extended, reopened = await extending.extend_all(
            connection, call.principal, call.params["assessment_id"], more, call.deps.desk()
        )
        return Answer(body=shapes.Extended(extended=extended, reopened=reopened))

    return await once(call, effect)


async def show_board(call: Call[None]) -> Answer:
    """Who is where, now."""
    who, assessment_id = call.principal, call.params["assessment_id"]
    async with call.read() as connection:
        found = await assessments.get(connection, who, assessment_id, "attempt.see")
        lines = await board.lines(connection, who.tenant_id, assessment_id, found.course_id)
        lag_ms = await log.behind_ms(connection, "progress", call.deps.exams.clock.now())
    seen = await call.deps.exams.beats.of((who.tenant_id, assessment_id))
    now = call.deps.exams.clock.now()
    return Answer(
        body=shapes.Board(
            server_time=now,
            lag_ms=lag_ms,
            links_known=seen is not None,
            rows=[_row(line, seen, now) for line in lines],
        )
    )


def _row(line: board.Line, seen: Mapping[str, int] | None, now: datetime) -> shapes.BoardRow:
    at_ms = (seen or {}).get(line.user_id)
    seen_at = None if at_ms is None else moment(at_ms)
    return shapes.BoardRow(
        user_id=line.user_id,
        name=line.name,
        attempt_id=line.attempt_id,
        live=board.live(line, seen_at, seen is not None, now),
        answered=line.answered,
        asked=line.asked,
        opening=line.opening,
        started_at=line.started_at,
        ends_at=line.ends_at,
        submitted_at=line.submitted_at,
        answered_at=line.answered_at,
        seen_at=seen_at,
        late=line.late,
    )


async def start_attempt(call: Call[shapes.StartAttempt]) -> Answer:
    """Start an attempt, or open it on this device."""
    opened = await _guarded(call)
    attempt = opened.attempt
    assert attempt.ends_at is not None
    paper = msgspec.json.decode(opened.paper, type=RawPaper)
    now = call.deps.exams.clock.now()
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
        pictures=dict(await pictures.addresses(call, [opened.paper])),
    )
    return Answer(status=201, body=body)


async def _guarded(call: Call[shapes.StartAttempt]) -> service.Opened:
    """The start; whoever tries passwords is slowed down, and everything else costs nothing here."""
    if not call.body.password:
        return await _begun(call)
    who, limiter = call.principal, call.deps.limiter
    place = f"{who.tenant_id}.{who.user_id}.{call.params['assessment_id']}"
    await limits.take(limiter, "exam_password", place, 1)
    guessed = False
    try:
        return await _begun(call)
    except Forbidden:
        guessed = True
        raise
    finally:
        if not guessed:
            await limiter.take("exam_password", place, -1)


async def _begun(call: Call[shapes.StartAttempt]) -> service.Opened:
    password, desk = call.body.password, call.deps.desk()
    async with call.read() as connection:
        return await service.start(
            connection, call.principal, call.params["assessment_id"], password, desk
        )


def _saved(one: Counted) -> RawSaved:
    return RawSaved(value=msgspec.Raw(one.value.encode()), opening=one.opening, seq=one.seq)


async def get_attempt(call: Call[None]) -> Answer:
    """How an attempt stands."""
    who = call.principal
    async with call.read() as connection:
        attempt = await service.seen(connection, who, call.params["attempt_id"])
        progress = await service.progress(
            connection, who.tenant_id, attempt, call.query.get("seen")
        )
    now = call.deps.exams.clock.now()
    body = shapes.AttemptView(
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
        answered=progress.answered,
        asked=len(attempt.item_ids),
        late=attempt.late,
        submitted_at=attempt.submitted_at,
        submitted_by=attempt.submitted_by,
        receipt=_receipt(service.handed(attempt)) if attempt.receipt else None,
        released=attempt.released_at is not None,
        version=progress.version,
    )
    return Answer(body=body)


async def save_answer(call: Call[shapes.AnswerBody]) -> Answer:
    """Save an answer."""
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
        call.arrived_at,
    )
    reach("answers.before_commit")
    outcome = await call.deps.exams.answers.submit(row)
    reach("answers.after_commit")
    if outcome.code != "saved":
        raise answering.refusal(outcome.code)
    now = call.deps.exams.clock.now()
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
        reach("submit.before_commit")
    reach("submit.after_commit")
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
        version=versions.of(attempt.last_opening or 0, attempt.last_seq or 0, attempt.state),
    )


async def beat(call: Call[shapes.Beat]) -> Answer:
    """The page is still there."""
    who = call.principal
    async with call.read() as connection:
        attempt = await service.mine(connection, who, call.params["attempt_id"])
    if attempt.ends_at is None:
        raise Conflict(CLOSED, code="attempt_closed")
    now = call.deps.exams.clock.now()
    at_ms = round(now.timestamp() * 1000)
    await call.deps.exams.beats.note((who.tenant_id, attempt.assessment_id), who.user_id, at_ms)
    call.deps.meters.observe("exam_unsaved_rows", call.body.unsaved)
    body = shapes.BeatAnswer(
        state=attempt.state,
        ends_at=attempt.ends_at,
        server_time=now,
        remaining_ms=remaining_ms(attempt, now),
        current_opening=attempt.opening,
    )
    return Answer(body=body)
