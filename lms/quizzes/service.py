"""Pose an item to a class, take the answers, show the key."""

from dataclasses import dataclass, replace

import asyncpg

from lms import outbox
from lms.attempts import papers, values
from lms.attempts.model import Desk, Value
from lms.classes import service as classes
from lms.classes.model import LiveClass
from lms.errors import Conflict, NotFound
from lms.events import QuizAnswered
from lms.grading import scorers
from lms.grading.model import Asked
from lms.identity import Permission, Principal, may
from lms.ids import QuizId
from lms.questions import service as questions
from lms.questions import store as bank
from lms.questions.model import Content, Key, Labels
from lms.quizzes import rules, store
from lms.quizzes.model import Counts, Given, Quiz


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A quiz as one person may see it; what is None is not for them, or not yet."""

    quiz: Quiz
    content: Content
    key: Key | None
    mine: Given | None
    counts: Counts | None


async def pose(
    connection: asyncpg.Connection, who: Principal, class_id: str, question_id: str, desk: Desk
) -> Seen:
    """Pose an item of the bank of the class's course to the room; the class must be open."""
    live_class = await classes.get(connection, who, class_id, "class.run")
    _check_open(live_class)
    question = await questions.get(connection, who, question_id)
    if question.listed.course_id != live_class.course_id:
        raise NotFound("There is no such question.")
    quiz_id = QuizId(desk.new_id())
    quiz = Quiz(
        quiz_id=quiz_id,
        class_id=live_class.class_id,
        course_id=live_class.course_id,
        question_id=question.listed.question_id,
        version=question.listed.version,
        # An id has 74 bits of chance, and nobody sees the seed before the order that follows from it.
        posed=rules.posed(question, f"{quiz_id}|{desk.new_id()}"),
        posed_at=desk.now,
        revealed_at=None,
    )
    await store.add(connection, who.tenant_id, quiz, who.user_id)
    return await _seen(connection, who, quiz, runs=True)


async def get(connection: asyncpg.Connection, who: Principal, quiz_id: str) -> Seen:
    """One quiz, for those who may see its class."""
    quiz, live_class = await _found(connection, who, quiz_id, "class.see")
    return await _seen(connection, who, quiz, runs=_runs(who, live_class))


async def page(
    connection: asyncpg.Connection, who: Principal, class_id: str, after: str | None, limit: int
) -> list[Seen]:
    """The quizzes of a class in the order in which they were posed."""
    live_class = await classes.get(connection, who, class_id, "class.see")
    found = await store.of_class(connection, (who.tenant_id, class_id), after, limit)
    runs = _runs(who, live_class)
    return [await _seen(connection, who, quiz, runs=runs) for quiz in found]


async def answer(
    connection: asyncpg.Connection,
    who: Principal,
    quiz_id: str,
    given: tuple[int, Value],
    desk: Desk,
) -> Quiz:
    """Take (seq, value) of a learner of the course, in time as long as the key is not shown."""
    seq, value = given
    quiz, live_class = await _found(connection, who, quiz_id, "practice.do", lock="SHARE")
    _check_open(live_class)
    rules.check_open(quiz)
    value_type, _ = values.kept(value)
    rules.check_kind(quiz, value_type)
    named = papers.value_by_ids(value, quiz.posed.names, papers.gaps_of(quiz.posed.content))
    place = (who.tenant_id, quiz.quiz_id, who.user_id)
    before = await store.last_answers(connection, *place)
    if not rules.is_new(before[0] if before else None, seq, named):
        return quiz
    if await store.count_answers(connection, place) >= rules.ANSWERS_MAX:
        raise Conflict("This quiz was answered often enough.", code="answers_full")
    one = await _scored(connection, who, quiz, (seq, named))
    if not await store.add_answer(connection, place[:2], one, scorers.CURRENT, desk.now):
        raise Conflict("This answer is being stored right now.", code="seq_conflict")
    return quiz


async def reveal(connection: asyncpg.Connection, who: Principal, quiz_id: str, desk: Desk) -> Seen:
    """Show the key and the counts to everybody; revealed is revealed."""
    quiz, _ = await _found(connection, who, quiz_id, "class.run", lock="UPDATE")
    await _show(connection, who.tenant_id, quiz, desk)
    return await get(connection, who, quiz_id)


async def end_of_class(
    connection: asyncpg.Connection, who: Principal, class_id: str, desk: Desk
) -> None:
    """What was posed and never revealed in a class that the caller has just closed: nobody answers it any more."""
    for quiz in await store.hidden(connection, who.tenant_id, class_id):
        await _show(connection, who.tenant_id, quiz, desk)


async def _show(connection: asyncpg.Connection, tenant_id: str, quiz: Quiz, desk: Desk) -> None:
    """Only now the answers move anybody's next lesson: before, what comes next would tell who is wrong."""
    if not await store.reveal(connection, tenant_id, quiz.quiz_id, desk.now):
        return
    question = await bank.get(connection, tenant_id, quiz.question_id)
    if question is None:
        raise NotFound("There is no such question.")
    given = await store.last_answers(connection, tenant_id, quiz.quiz_id)
    events = [_event(quiz, question.listed.labels, one) for one in given]
    await outbox.append(connection, tenant_id, events, desk.now)


async def _found(
    connection: asyncpg.Connection,
    who: Principal,
    quiz_id: str,
    permission: Permission,
    *,
    lock: str = "",
) -> tuple[Quiz, LiveClass]:
    quiz = await store.get(connection, who.tenant_id, quiz_id, lock=lock)
    if quiz is None:
        raise NotFound("There is no such quiz.")
    try:
        return quiz, await classes.get(connection, who, quiz.class_id, permission)
    except NotFound:
        raise NotFound("There is no such quiz.") from None


def _check_open(live_class: LiveClass) -> None:
    if live_class.state != "open":
        raise Conflict("A quiz needs a class that is open.", code="class_not_open")


def _runs(who: Principal, live_class: LiveClass) -> bool:
    return may(who, "class.run", live_class.course_role)


async def _seen(connection: asyncpg.Connection, who: Principal, quiz: Quiz, *, runs: bool) -> Seen:
    revealed = quiz.revealed_at is not None
    if (
        revealed
        and not runs
        and await store.asked_in_exam(connection, who.tenant_id, quiz, who.user_id)
    ):
        # Whoever sits an exam with this question finds its key nowhere: for them it is not shown yet.
        quiz, revealed = replace(quiz, revealed_at=None), False
    mine = await store.last_answers(connection, who.tenant_id, quiz.quiz_id, who.user_id)
    every = (
        await store.last_answers(connection, who.tenant_id, quiz.quiz_id)
        if runs or revealed
        else None
    )
    # Names are for as long as the key is kept: from then on everything is under the ids that the key has.
    hidden = not (revealed or runs)
    by_ids = papers.by_ids(quiz.posed.content, quiz.posed.names)
    return Seen(
        quiz=quiz,
        content=quiz.posed.content if hidden else by_ids,
        key=(await _key(connection, who, quiz)) if revealed else None,
        mine=(rules.under_names(quiz, mine[0]) if hidden else mine[0]) if mine else None,
        counts=None if every is None else rules.counts(quiz.posed.kind, every),
    )


async def _key(connection: asyncpg.Connection, who: Principal, quiz: Quiz) -> Key:
    said = await bank.version(connection, who.tenant_id, quiz.question_id, quiz.version)
    if said is None:
        raise NotFound("There is no such question.")
    return said[1]


async def _scored(
    connection: asyncpg.Connection, who: Principal, quiz: Quiz, given: tuple[int, Value]
) -> Given:
    seq, value = given
    asked = Asked(
        kind=quiz.posed.kind,
        content=papers.by_ids(quiz.posed.content, quiz.posed.names),
        key=await _key(connection, who, quiz),
    )
    outcome = scorers.score(scorers.CURRENT, asked, rules.POINTS_MILLI, value)
    return Given(
        user_id=who.user_id,
        seq=seq,
        value=value,
        earned_milli=outcome.earned_milli,
        possible_milli=rules.POINTS_MILLI,
    )


def _event(quiz: Quiz, labels: Labels, one: Given) -> QuizAnswered:
    return QuizAnswered(
        user_id=one.user_id,
        course_id=quiz.course_id,
        class_id=quiz.class_id,
        source_id=quiz.quiz_id,
        item_id=quiz.quiz_id,
        question_id=quiz.question_id,
        version=quiz.version,
        skills=list(labels.skills),
        difficulty=labels.difficulty,
        share_milli=one.earned_milli * 1000 // one.possible_milli,
    )
