"""What may be posed to a room, how it is shown there, and how the answers are counted."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from lms.attempts import papers
from lms.attempts.model import VALUE_TYPES, Value
from lms.errors import Conflict, Invalid
from lms.grading.model import BY_HAND
from lms.questions.model import Kind, Option, Question
from lms.quizzes.model import Counts, Given, Posed, Quiz

POINTS_MILLI = 1000
# Of these a bar is drawn for each option; what people wrote themselves is not shown to the room.
CHOICES: frozenset[Kind] = frozenset({"single_choice", "multiple_choice", "true_false"})
SHARES_MAX = 40
# So often a learner may change an answer.
ANSWERS_MAX = 50


def posed(question: Question, seed: str) -> Posed:
    """The item as the room will see it; Conflict for one that is not in use, Invalid for one that only people can mark."""
    kind = question.listed.kind
    if question.listed.labels.state != "published":
        raise Conflict("This question is not in use.", code="question_not_in_use")
    if kind in BY_HAND:
        raise Invalid("Essays and files cannot be posed to a room.", pointer="/question_id")
    chance = papers.chance_of(seed, "quiz")
    content, names = papers.under_names(papers.ordered(kind, question.content, chance), chance)
    return Posed(kind=kind, content=content, names=names)


def check_open(quiz: Quiz) -> None:
    """Nobody answers what is revealed."""
    if quiz.revealed_at is not None:
        raise Conflict("The answer to this quiz has been shown.", code="quiz_revealed")


def check_kind(quiz: Quiz, value_type: str) -> None:
    """The value has the form that this kind of item asks for; what may be a number may be pairs too."""
    wanted = VALUE_TYPES[quiz.posed.kind]
    if wanted not in (value_type, "m" if value_type == "n" else value_type):
        raise Invalid(
            "This is no answer to this kind of question.", pointer="/value", code="wrong_value"
        )


def under_names(quiz: Quiz, given: Given) -> Given:
    """The answer as its learner gave it."""
    return replace(given, value=_named(quiz.posed, given.value))


def _named(posed: Posed, value: Value) -> Value:
    """The value with names for ids, each list of options by itself: two gaps may each have an option of the same id."""

    def names_of(parts: Sequence[Option]) -> dict[str, str]:
        return {posed.names[one.id]: one.id for one in parts}

    options = names_of(posed.content.options)
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return [options.get(one, one) for one in value]
    if isinstance(value, str):
        return options.get(value, value) if posed.kind in CHOICES else value
    if posed.kind == "cloze":
        gaps = {gap.id: names_of(gap.options) for gap in posed.content.gaps}
        return {gap: gaps.get(gap, {}).get(one, one) for gap, one in value.items()}
    left = names_of(posed.content.left)
    return {left.get(one, one): options.get(other, other) for one, other in value.items()}


def is_new(before: Given | None, seq: int, value: Value) -> bool:
    """Whether this answer is to be stored; False for one that is there already, Conflict for one that comes too late."""
    if before is None or seq > before.seq:
        return True
    if seq < before.seq:
        raise Conflict("A newer answer is there already.", code="seq_old")
    if value != before.value:
        raise Conflict("This seq was used for another answer.", code="seq_conflict")
    return False


def counts(kind: Kind, given: Iterable[Given]) -> Counts:
    """The last answer of each learner, added up."""
    shares: Counter[str] = Counter()
    answered = right = 0
    for one in given:
        answered += 1
        right += one.earned_milli == one.possible_milli
        if kind in CHOICES:
            shares.update(_chosen(one.value))
    return Counts(answered=answered, right=right, shares=dict(shares.most_common(SHARES_MAX)))


def _chosen(value: Value) -> list[str]:
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str) else []
