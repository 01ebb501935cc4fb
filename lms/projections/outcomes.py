"""How each item went, from the events: the items of the grade that stands, and none where none stands."""

from collections.abc import Sequence

from lms.events import AttemptEvent, AttemptExtended, AttemptGraded
from lms.projections.model import Outcome, Told

HEARS = frozenset({"attempt.graded", "attempt.extended"})


def standing(told: Sequence[Told[AttemptEvent]]) -> dict[str, list[Outcome]]:
    """What stands of each attempt whose grade these events change; an empty list takes what stood away."""
    found: dict[str, list[Outcome]] = {}
    for one in told:
        event = one.event
        if isinstance(event, AttemptGraded):
            found[event.attempt_id] = _outcomes(event) if event.complete else []
        elif isinstance(event, AttemptExtended) and event.reopened:
            found[event.attempt_id] = []
    return found


def _outcomes(event: AttemptGraded) -> list[Outcome]:
    return [
        Outcome(
            question_id=item.question_id,
            version=item.version,
            attempt_id=event.attempt_id,
            item_id=item.item_id,
            assessment_id=event.assessment_id,
            earned_milli=item.earned_milli,
            possible_milli=item.possible_milli,
            attempt_earned_milli=event.earned_milli,
            attempt_possible_milli=event.possible_milli,
        )
        for item in event.items
    ]
