"""How many answers a second one core folds into skill and memory."""

import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import process_time

from lms.adaptive import skill
from lms.adaptive.model import Response, SkillState

ANSWERS, ROUNDS, SKILLS, LEARNERS = 40_000, 7, 12, 50
BEGUN = datetime(2026, 9, 1, tzinfo=UTC)


def folded_a_second(skills_an_item: int) -> float:
    """Answers with so many skills each, strengths and memory and all; the median of some rounds, in CPU time."""
    responses = [_response(number, skills_an_item) for number in range(ANSWERS)]

    def fold() -> None:
        learners: list[dict[str, SkillState]] = [{} for _ in range(LEARNERS)]
        for number, response in enumerate(responses):
            states = learners[number % LEARNERS]
            states.update(skill.after(states, response))

    return ANSWERS / statistics.median(_seconds(fold) for _ in range(ROUNDS))


def _response(number: int, skills: int) -> Response:
    return Response(
        skills=tuple(f"skill {(number * 7 + one) % SKILLS}" for one in range(skills)),
        difficulty=30 + number % 40,
        share=float(number % 4 > 0),
        at=BEGUN + timedelta(minutes=17 * number),
        source="practice",
        question_id=str(number),
        version=1,
    )


def _seconds(work: Callable[[], None]) -> float:
    begun = process_time()
    work()
    return process_time() - begun
