"""What of the events reaches the skills of a learner, and when it is folded anew."""

from dataclasses import replace
from datetime import timedelta

from lms.adaptive.model import Response
from lms.events import (
    AnyEvent,
    AttemptExtended,
    AttemptGraded,
    AttemptReleased,
    ItemOutcome,
    PracticeWanted,
    QuizAnswered,
)
from lms.projections import refills, skills
from lms.projections.model import Told
from lms.projections.skills import Line
from tests.support.histories import NOW

ABOUT = {"attempt_id": "a", "assessment_id": "e", "course_id": "c", "user_id": "u"}


def told(*events: AnyEvent) -> list[Told[AnyEvent]]:
    return [Told(event=event, at=NOW + timedelta(minutes=n)) for n, event in enumerate(events)]


def graded(revision: int = 1, *, complete: bool = True, earned: int = 1000) -> AttemptGraded:
    item = ItemOutcome(
        item_id="i", question_id="q", version=1, earned_milli=earned, possible_milli=1000
    )
    return AttemptGraded(
        **ABOUT,
        number=1,
        revision=revision,
        cause="scored",
        complete=complete,
        earned_milli=earned,
        possible_milli=1000,
        items=[item],
    )


def shares(*events: AnyEvent) -> list[float]:
    """What an attempt teaches after these events."""
    found = skills.standings({}, told(*events))
    return [one.response.share for one in skills.lines("a", found["a"])]


RELEASED = AttemptReleased(**ABOUT)
REOPENED = AttemptExtended(**ABOUT, ends_at_ms=1, reopened=True)


def test_an_exam_teaches_from_its_release_on() -> None:
    assert shares(graded()) == []
    assert shares(RELEASED) == []
    assert shares(graded(), RELEASED) == [1.0]
    assert shares(RELEASED, graded()) == [1.0]


def test_what_waits_for_marks_or_was_reopened_teaches_nothing() -> None:
    assert shares(graded(complete=False), RELEASED) == []
    assert shares(graded(), RELEASED, graded(2, complete=False)) == []
    assert shares(graded(), RELEASED, REOPENED) == []
    assert shares(graded(), RELEASED, REOPENED, graded(2)) == []
    assert shares(graded(), RELEASED, REOPENED, graded(2), RELEASED) == [1.0]


def test_a_regrade_takes_the_place_of_what_was_without_becoming_younger() -> None:
    assert shares(graded(), RELEASED, graded(2, earned=250)) == [0.25]
    assert shares(graded(2), RELEASED, graded(1, earned=250)) == [1.0]
    [line] = skills.lines("a", skills.standings({}, told(graded(), RELEASED, graded(2)))["a"])
    assert line.response.at == NOW


def quiz(share: int) -> QuizAnswered:
    return QuizAnswered(
        user_id="u",
        course_id="c",
        class_id="k",
        source_id="z",
        item_id="z",
        question_id="q",
        version=1,
        skills=["adding"],
        difficulty=50,
        share_milli=share,
    )


def test_the_last_word_to_a_quiz_counts() -> None:
    [line] = skills.answered(told(quiz(0), quiz(1000)))
    assert line.response.share == 1.0


def line(item: str, minute: int, share: float = 1.0, source: str = "s") -> Line:
    response = Response(
        skills=("adding",),
        difficulty=50,
        share=share,
        at=NOW + timedelta(minutes=minute),
        source="practice",
        question_id="q",
        version=1,
    )
    return Line(user_id="u", course_id="c", source_id=source, item_id=item, response=response)


def test_only_what_is_older_or_another_is_folded_anew() -> None:
    stands = {one.key: one for one in (line("i", 0), line("j", 5))}
    folded = {("u", "c"): line("j", 5).place}

    def disordered(*wanted: Line, whole: frozenset[str] = frozenset()) -> bool:
        return bool(skills.changes(stands, wanted, set(whole)).disordered(folded))

    assert not disordered(line("k", 6))
    assert not disordered(line("j", 5)), "told twice"
    assert disordered(line("k", 3))
    assert disordered(line("j", 5, share=0.5))
    assert disordered(line("i", 0), whole=frozenset({"s"})), "the other one is gone"


def test_a_fold_in_steps_is_the_fold_in_one() -> None:
    responses = [line(str(n), n, share=n % 2).response for n in range(20)]
    states = skills.fold({}, responses[:7])
    assert skills.fold(states, responses[7:]) == skills.fold({}, responses)
    assert skills.fold({}, [replace(one, skills=()) for one in responses]).keys() == {""}


def test_asks_of_a_learner_are_one_and_as_urgent_as_the_most_urgent() -> None:
    calm = PracticeWanted(user_id="u", course_id="c", urgent=False)
    [ask] = refills.asks(told(calm, quiz(0), calm))
    assert (ask.urgent, ask.at) == (True, NOW + timedelta(minutes=2))
    [calm_one] = refills.asks(told(calm))
    assert not calm_one.urgent
