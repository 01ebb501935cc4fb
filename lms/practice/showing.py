"""What learners see of a version of an item in practice: options in one order and under names that say nothing of the key."""

from collections.abc import Mapping

import msgspec

from lms.assessments.chance import Chance
from lms.attempts.papers import ordered, under_names
from lms.practice.model import Sheet, Shown
from lms.questions.model import Content, Key, Kind


def shown(seed: str, version: tuple[str, int], kind: Kind, content: Content) -> Shown:
    """The same for every learner of a school, so that its bytes are made once; who does not know the seed learns nothing."""
    question_id, number = version
    chance = Chance(f"practice|{seed}|{question_id}|{number}")
    seen, names = under_names(ordered(kind, content, chance), chance)
    return Shown(content=seen, names=names)


def sheet(seed: str, version: tuple[str, int], said: tuple[Kind, Content, Key]) -> Sheet:
    """The version for checking."""
    kind, content, key = said
    return Sheet(kind=kind, content=content, key=key, shown=shown(seed, version, kind, content))


def key_shown(key: Key, content: Content, names: Mapping[str, str]) -> Key:
    """The key in the names that the learner saw; rubrics are for markers."""
    by_id = {one: name for name, one in names.items()}

    def called(part_id: str) -> str:
        return by_id.get(part_id, part_id)

    lists = {gap.id for gap in content.gaps if gap.options}
    return msgspec.structs.replace(
        key,
        correct=[called(one) for one in key.correct],
        pairs={called(left): called(right) for left, right in key.pairs.items()},
        order=[called(one) for one in key.order],
        gaps={
            gap: [called(one) for one in accepted] if gap in lists else accepted
            for gap, accepted in key.gaps.items()
        },
        option_feedback={called(one): text for one, text in key.option_feedback.items()},
        rubric=[],
    )
