"""A log of reviews through the memory of the tutor, beside a constant and the library with its whole days."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta

from fsrs import Card, Rating, Scheduler

from lms.adaptive import memory
from lms.adaptive.model import SkillState
from loadtests.learning.logs import Reviewed
from loadtests.learning.measures import Predicted

# Within a day of the last review nobody has forgotten much: those are not counted, as the library's own optimizer does not.
COUNTED_FROM = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halves:
    """Predictions of the reviews that count, by time: the first half and the later one."""

    first: list[Predicted]
    later: list[Predicted]


def halves(
    log: Sequence[Reviewed], predict: Callable[[Sequence[Reviewed]], list[float]]
) -> Halves:
    """Predict all, count those a day or more after the last review of the card."""
    last: dict[str, Reviewed] = {}
    counted = []
    for one, chance in zip(log, predict(log), strict=True):
        if one.card in last and one.at - last[one.card].at >= COUNTED_FROM:
            counted.append(Predicted(chance=chance, right=one.share > 0))
        last[one.card] = one
    middle = len(counted) // 2
    return Halves(first=counted[:middle], later=counted[middle:])


def by_memory(log: Sequence[Reviewed]) -> list[float]:
    """Recall before each review, by lms.adaptive.memory."""
    states: dict[str, SkillState] = {}
    chances = []
    for one in log:
        state = states.get(one.card, SkillState())
        chances.append(memory.recall(state, one.at))
        stability, hardness = memory.after(state, one.share, one.at)
        states[one.card] = SkillState(stability_days=stability, hardness=hardness, last_at=one.at)
    return chances


def by_library(log: Sequence[Reviewed]) -> list[float]:
    """The same by the library's scheduler, which counts whole days."""
    scheduler = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    cards: dict[str, Card] = {}
    chances = []
    for one in log:
        at = one.at.astimezone(UTC)
        card = cards.get(one.card, Card())
        chances.append(scheduler.get_card_retrievability(card, at))
        cards[one.card], _ = scheduler.review_card(card, Rating(memory.rated(one.share)), at)
    return chances


def constant(halves_of: Halves) -> list[Predicted]:
    """The later half, each with the share of the first half that was remembered."""
    share = sum(one.right for one in halves_of.first) / len(halves_of.first)
    return [Predicted(chance=share, right=one.right) for one in halves_of.later]
