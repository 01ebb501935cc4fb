"""What learners see of a version of an item in practice: options in one order and under names that say nothing of the key."""

from collections.abc import Mapping, Sequence

import msgspec

from lms.assessments.chance import Chance
from lms.attempts.papers import ordered, under_names
from lms.practice.model import Sheet, Shown
from lms.questions.model import Content, Key, Kind, Option


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


def key_shown(key: Key, seen: Content, names: Mapping[str, str]) -> Key:
    """The key in the names that the learner saw; rubrics are for markers."""
    options, left = _names_of(seen.options, names), _names_of(seen.left, names)
    gaps = {gap.id: _names_of(gap.options, names) for gap in seen.gaps}
    return msgspec.structs.replace(
        key,
        correct=[options.get(one, one) for one in key.correct],
        pairs={left.get(one, one): options.get(two, two) for one, two in key.pairs.items()},
        order=[options.get(one, one) for one in key.order],
        gaps={
            gap: [gaps.get(gap, {}).get(one, one) for one in accepted]
            for gap, accepted in key.gaps.items()
        },
        option_feedback={options.get(one, one): text for one, text in key.option_feedback.items()},
        rubric=[],
    )


def _names_of(parts: Sequence[Option], names: Mapping[str, str]) -> dict[str, str]:
    """By id, within one list: two gaps may each have an option of the same id."""
    return {names[one.id]: one.id for one in parts}
