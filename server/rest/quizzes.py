"""Quick quizzes in a live class: answers come by REST; the class hears that there is a quiz, and that its key is shown."""

from dataclasses import replace
from typing import Any

import asyncpg
import msgspec

from lms.questions import links
from lms.quizzes import service
from lms.quizzes.model import Given
from lms.quizzes.service import Seen
from server.rest import pages, pictures, practice_shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from signaling.classroom.quizzes import Tell


def _mine(given: Given, *, revealed: bool) -> practice_shapes.QuizMine:
    return practice_shapes.QuizMine(
        seq=given.seq,
        value=given.value,
        earned_milli=given.earned_milli if revealed else None,
        possible_milli=given.possible_milli if revealed else None,
    )


def _shown(seen: Seen) -> practice_shapes.Quiz:
    quiz, counts = seen.quiz, seen.counts
    revealed = quiz.revealed_at is not None
    shares = {} if counts is None else counts.shares
    return practice_shapes.Quiz(
        id=quiz.quiz_id,
        class_id=quiz.class_id,
        question_id=quiz.question_id,
        kind=quiz.posed.kind,
        content=seen.content,
        posed_at=quiz.posed_at,
        revealed=revealed,
        answered=None if counts is None else counts.answered,
        right=None if counts is None else counts.right,
        shares=[practice_shapes.QuizShare(id=one, answers=many) for one, many in shares.items()],
        key=seen.key,
        mine=None if seen.mine is None else _mine(seen.mine, revealed=revealed),
    )


def _quiz_of(answer: Answer) -> practice_shapes.Quiz:
    """What the answer holds; a repeated one comes as it was sent."""
    if isinstance(answer.body, practice_shapes.Quiz):
        return answer.body
    assert isinstance(answer.body, bytes), "a repeated answer is kept as bytes"
    return msgspec.json.decode(answer.body, type=practice_shapes.Quiz)


async def _told(call: Call[Any], answer: Answer) -> Answer:
    """The answer once the class was told, after the commit; told again it hears it once, so a repeat mends what failed here."""
    quiz, who = _quiz_of(answer), call.principal
    tell = Tell(quiz=quiz.id, revealed=quiz.revealed)
    await call.deps.classes.tell_quiz(who.tenant_id, quiz.class_id, who.user_id, tell)
    return msgspec.structs.replace(answer, body=await _with_pictures(call, quiz))


async def _with_pictures(call: Call[Any], quiz: practice_shapes.Quiz) -> practice_shapes.Quiz:
    shown = [quiz.content] if quiz.key is None else [quiz.content, quiz.key]
    found = await pictures.addresses(call, links.texts(*shown))
    return msgspec.structs.replace(quiz, pictures=dict(found))


async def pose_quiz(call: Call[practice_shapes.NewQuiz]) -> Answer:
    """Pose an item to the room."""
    who, class_id, question_id = call.principal, call.params["class_id"], call.body.question_id

    async def effect(connection: asyncpg.Connection) -> Answer:
        desk = call.deps.desk()
        seen = await service.pose(connection, who, class_id, question_id, desk)
        return Answer(status=201, body=_shown(seen))

    return await _told(call, await once(call, effect))


async def list_quizzes(call: Call[None]) -> Answer:
    """The quizzes of a class in the order in which they were posed; pictures come with each quiz by itself."""
    asked = pages.span(call, str)
    after = asked.after[1] if asked.after else None
    async with call.read() as connection:
        found = await service.page(
            connection, call.principal, call.params["class_id"], after, asked.fetch
        )
    return pages.answer(call, asked, found, lambda one: ("", one.quiz.quiz_id), _shown)


async def get_quiz(call: Call[None]) -> Answer:
    """One quiz as the caller may see it."""
    async with call.read() as connection:
        seen = await service.get(connection, call.principal, call.params["quiz_id"])
    return Answer(body=await _with_pictures(call, _shown(seen)))


async def answer_quiz(call: Call[practice_shapes.QuizAnswerBody]) -> Answer:
    """Answer a quiz; stored when this is answered."""
    body, desk = call.body, replace(call.deps.desk(), now=call.arrived_at)
    async with call.read() as connection:
        await service.answer(
            connection, call.principal, call.params["quiz_id"], (body.seq, body.value), desk
        )
    return Answer(body=practice_shapes.QuizAck(seq=body.seq, server_time=desk.now))


async def reveal_quiz(call: Call[None]) -> Answer:
    """Show the key and the counts to everybody."""

    async def effect(connection: asyncpg.Connection) -> Answer:
        seen = await service.reveal(
            connection, call.principal, call.params["quiz_id"], call.deps.desk()
        )
        return Answer(body=_shown(seen))

    return await _told(call, await once(call, effect))
