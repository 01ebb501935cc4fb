"""What another key makes of grades that stand: which keys fit an item as it was asked, and the items anew."""

from collections.abc import Mapping, Sequence

from lms.attempts.model import Pin
from lms.errors import Conflict
from lms.grading import combining
from lms.grading.model import Answer, Asked, ItemGrade, Reason
from lms.questions.model import Option

# A key says nothing of these.
STAYS: frozenset[Reason] = frozenset({"marked", "to_mark", "recalled"})


def check_fits(asked: Asked, other: Asked) -> None:
    """Raise Conflict unless the other version's key speaks of the same parts as the item that was asked."""
    if asked.kind != other.kind:
        raise Conflict("That version is a question of another kind.", code="key_of_another_kind")
    if _parts(asked) != _parts(other):
        raise Conflict(
            "That version has other options, gaps or units than were asked: its key does not fit.",
            code="key_does_not_fit",
        )


def _parts(asked: Asked) -> tuple[object, ...]:
    """The ids that a key may speak of. Their texts may have been mended since."""
    content = asked.content
    gaps = {gap.id: _ids(gap.options) for gap in content.gaps}
    return (_ids(content.options), _ids(content.left), gaps, set(content.units))


def _ids(options: Sequence[Option]) -> frozenset[str]:
    return frozenset(one.id for one in options)


def anew(
    items: Sequence[ItemGrade],
    keyed: tuple[str, int, Mapping[tuple[str, int], Asked]],
    answers: Mapping[str, Answer],
    scorer_version: int,
) -> list[ItemGrade]:
    """The items of a grade with those of one question scored by another key; `keyed` is (question, key version, versions).

    What people marked stays, and what was recalled: a key says nothing of it. The scorer is the one that the grade was made by.
    """
    question_id, key_version, versions = keyed
    made = list[ItemGrade]()
    for item in items:
        if item.question_id != question_id or item.reason in STAYS:
            made.append(item)
            continue
        own = versions[question_id, item.version]
        asked = Asked(
            kind=own.kind, content=own.content, key=versions[question_id, key_version].key
        )
        pin = Pin(
            item_id=item.item_id,
            question_id=question_id,
            version=item.version,
            kind=item.kind,
            points_milli=item.possible_milli,
        )
        made.append(
            combining.scored(pin, asked, key_version, answers.get(item.item_id), scorer_version)
        )
    return made
