"""Who is to be given other items next, from the events: at once after a quiz in class, else when there is time."""

from collections.abc import Sequence

from lms.adaptive.model import Ask
from lms.events import (
    AnyEvent,
    AttemptReleased,
    ItemsRecalled,
    PracticeFinished,
    PracticeWanted,
    QuizAnswered,
)
from lms.projections.model import Told

HEARS = frozenset(
    {
        "quiz.answered",
        "practice.finished",
        "practice.wanted",
        "attempt.released",
        "items.recalled",
    }
)


def asks(told: Sequence[Told[AnyEvent]]) -> list[Ask]:
    """One for each learner and course, the most urgent and the newest of its asks, in the order of their ids."""
    found: dict[tuple[str, str], Ask] = {}
    for one in told:
        event = one.event
        if isinstance(event, QuizAnswered | PracticeFinished | PracticeWanted | AttemptReleased):
            key = (event.course_id, event.user_id)
            before = found.get(key)
            found[key] = Ask(
                course_id=event.course_id,
                user_id=event.user_id,
                urgent=_is_urgent(event) or (before is not None and before.urgent),
                at=one.at if before is None else max(one.at, before.at),
            )
    return [found[key] for key in sorted(found)]


def _is_urgent(event: AnyEvent) -> bool:
    return isinstance(event, QuizAnswered) or (isinstance(event, PracticeWanted) and event.urgent)


def recalls(told: Sequence[Told[AnyEvent]]) -> list[Told[ItemsRecalled]]:
    """Items that are to be in no list any more."""
    return [
        Told(event=one.event, at=one.at) for one in told if isinstance(one.event, ItemsRecalled)
    ]
