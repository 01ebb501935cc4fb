"""Statics2011 through the same pure functions that the projection and the daily job of difficulty use."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from lms.adaptive import difficulty, mixer, skill
from lms.adaptive.model import WHOLE_COURSE, Response, SkillState
from lms.adaptive.parameters import EVEN_DIFFICULTY
from loadtests.learning.logs import Answered
from loadtests.learning.measures import Predicted

# The log has no times: answers are a minute apart.
BEGUN = datetime(2011, 9, 1, tzinfo=UTC)
APART = timedelta(minutes=1)

Skills = Callable[[int], tuple[str, ...]]


def no_skills(_: int) -> tuple[str, ...]:
    """The log names none."""
    return ()


def neighbours(item: int) -> tuple[str, ...]:
    """Ten items numbered in a row, as if they were one skill: numbers follow the units of the course."""
    return (f"unit {item // 10}",)


def walked(
    answers: Sequence[Answered], difficulties: Mapping[int, int], skills: Skills = no_skills
) -> tuple[list[Predicted], Mapping[str, SkillState]]:
    """One learner: what was expected before each answer, and the states after the last."""
    states: dict[str, SkillState] = {}
    predictions = []
    for place, answer in enumerate(answers):
        response = Response(
            skills=skills(answer.item),
            difficulty=difficulties.get(answer.item, EVEN_DIFFICULTY),
            share=answer.share,
            at=BEGUN + place * APART,
            source="practice",
            question_id=str(answer.item),
            version=1,
        )
        chance = mixer.chance(states, response.skills, response.difficulty)
        predictions.append(Predicted(chance=chance, right=answer.share >= 1))
        states.update(skill.after(states, response))
    return predictions, states


def later_halves(
    learners: Iterable[Sequence[Answered]],
    difficulties: Mapping[int, int],
    skills: Skills = no_skills,
) -> list[Predicted]:
    """Predictions of the later half of each learner's answers; the first half is walked, not counted."""
    counted = []
    for answers in learners:
        predictions, _ = walked(answers, difficulties, skills)
        counted += predictions[math.ceil(len(answers) / 2) :]
    return counted


def measured(learners: Iterable[Sequence[Answered]]) -> dict[int, int]:
    """What the daily job would keep after these learners: every label was 50, every learner counts with the slow strength they have now."""
    answers_by_item: dict[int, list[tuple[float, float]]] = {}
    for answers in learners:
        _, states = walked(answers, {})
        strength = states[WHOLE_COURSE].slow
        for answer in answers:
            answers_by_item.setdefault(answer.item, []).append((strength, answer.share))
    return {
        item: difficulty.measured(EVEN_DIFFICULTY, some) for item, some in answers_by_item.items()
    }


def crossed(learners: Sequence[Sequence[Answered]], folds: int) -> list[Predicted]:
    """Everybody's later half, each with difficulties that the learners of the other folds gave."""
    counted = []
    for fold in range(folds):
        others = [answers for place, answers in enumerate(learners) if place % folds != fold]
        counted += later_halves(learners[fold::folds], measured(others))
    return counted


def from_nothing(learners: Sequence[Sequence[Answered]], nightly: int) -> list[Predicted]:
    """A school that begins with an unmeasured bank: so many learners come, then the job measures, and so on."""
    counted: list[Predicted] = []
    for first in range(0, len(learners), nightly):
        counted += later_halves(learners[first : first + nightly], measured(learners[:first]))
    return counted
