"""What one attempt asks, drawn and put in order from a seed that nobody can guess: the same seed, the same paper."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

import msgspec

from lms.assessments.chance import Chance
from lms.assessments.drawing import BankItem, Place, Plan, drawn
from lms.attempts.model import VALUE_TYPES, Paper, PaperItem, PaperSection, Pin, Value
from lms.ids import RANDOM_BYTES, AttemptId, ItemId, uuid7
from lms.questions.model import Content, Kind, Option

# Written in the order of their key, as most are, these would show it.
ALWAYS_SHUFFLED: frozenset[Kind] = frozenset({"ordering", "matching"})
NAME_BYTES = 5
# Stands in an answer for an id that its learner cannot have seen; no id is called so.
NEVER_SHOWN = "?"
TIME_BITS = 80

ItemVersion = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The paper of an attempt as it is kept: `paper` and `pins` are JSON."""

    attempt_id: AttemptId
    item_ids: tuple[ItemId, ...]
    item_types: str
    paper: str
    pins: str


def chance_of(seed: str, what: str) -> Chance:
    """The chance of one paper; the draw and the orders of options do not share it."""
    return Chance(f"{what}|{seed}")


def places(plan: Plan, seed: str) -> list[Place]:
    """The items of an attempt in their order."""
    return drawn(plan, chance_of(seed, "draw"))


def versions(asked: Sequence[Sequence[Place]]) -> set[ItemVersion]:
    """Whose content is needed to write these down."""
    return {_version(place.item) for some in asked for place in some}


def written(
    plan: Plan,
    attempt: tuple[str, str],
    asked: Sequence[Place],
    contents: Mapping[ItemVersion, Content],
) -> Written:
    """The paper of (attempt id, seed)."""
    attempt_id, seed = attempt
    chance = chance_of(seed, "paper")
    made_ms = UUID(attempt_id).int >> TIME_BITS
    ids = [ItemId(uuid7(made_ms, chance.bytes(RANDOM_BYTES))) for _ in asked]
    texts = [
        under_names(
            ordered(place.item.kind, contents[_version(place.item)], chance),
            chance,
        )
        for place in asked
    ]
    items = [
        PaperItem(
            id=item_id,
            kind=place.item.kind,
            section=place.section,
            points_milli=place.points_milli,
            content=content,
        )
        for item_id, place, (content, _) in zip(ids, asked, texts, strict=True)
    ]
    sections = [PaperSection(id=one.id, title=one.title, text=one.text) for one in plan.sections]
    return Written(
        attempt_id=AttemptId(attempt_id),
        item_ids=tuple(ids),
        item_types="".join(VALUE_TYPES[place.item.kind] for place in asked),
        paper=msgspec.json.encode(Paper(sections=sections, items=items)).decode(),
        pins=msgspec.json.encode(_pins(ids, asked, [names for _, names in texts])).decode(),
    )


def ordered(kind: Kind, content: Content, chance: Chance) -> Content:
    """The content with its options in this learner's order, where it allows that."""
    if not content.shuffle and kind not in ALWAYS_SHUFFLED:
        return content
    gaps = content.gaps
    if content.shuffle:
        gaps = [msgspec.structs.replace(gap, options=chance.shuffled(gap.options)) for gap in gaps]
    return msgspec.structs.replace(content, options=chance.shuffled(content.options), gaps=gaps)


def under_names(content: Content, chance: Chance) -> tuple[Content, dict[str, str]]:
    """The content with names that say nothing in place of ids that could show its key, and the id of each name.

    An author may write the right option first, and so have it called the first.
    """
    names = dict[str, str]()

    def anew(parts: Sequence[Option]) -> list[Option]:
        called = [f"n{chance.bytes(NAME_BYTES).hex()}" for _ in parts]
        names.update(zip(called, (one.id for one in parts), strict=True))
        return [
            msgspec.structs.replace(one, id=name) for one, name in zip(parts, called, strict=True)
        ]

    return _renamed(content, anew), names


def by_ids(content: Content, names: Mapping[str, str]) -> Content:
    """What `under_names` was given."""

    def back(parts: Sequence[Option]) -> list[Option]:
        return [msgspec.structs.replace(one, id=names.get(one.id, one.id)) for one in parts]

    return _renamed(content, back) if names else content


def _renamed(content: Content, anew: Callable[[Sequence[Option]], list[Option]]) -> Content:
    gaps = [msgspec.structs.replace(gap, options=anew(gap.options)) for gap in content.gaps]
    return msgspec.structs.replace(
        content, left=anew(content.left), options=anew(content.options), gaps=gaps
    )


def gaps_of(content: Content) -> dict[str, bool]:
    """Its gaps, and whether an answer there is one of those that are offered; else it is in words."""
    return {gap.id: bool(gap.options) for gap in content.gaps}


def value_by_ids(
    value: Value, names: Mapping[str, str], gaps: Mapping[str, bool] = MappingProxyType({})
) -> Value:
    """An answer whose names are ids. An id itself was never shown, and is no answer: who knows how ids are made would know the key.

    What is neither stays as it is. `gaps` are those of gaps_of.
    """
    hidden = frozenset(names.values())

    def by_id(text: str) -> str:
        return names.get(text, NEVER_SHOWN if text in hidden else text)

    if isinstance(value, str):
        return by_id(value)
    if isinstance(value, list):
        return [by_id(one) for one in value]
    if isinstance(value, dict):
        return {
            one if one in gaps else by_id(one): by_id(other) if gaps.get(one, True) else other
            for one, other in value.items()
        }
    return value


def _pins(
    ids: Sequence[ItemId], asked: Sequence[Place], names: Sequence[dict[str, str]]
) -> list[Pin]:
    return [
        Pin(
            item_id=item_id,
            question_id=place.item.question_id,
            version=place.item.version,
            kind=place.item.kind,
            points_milli=place.points_milli,
            names=new,
        )
        for item_id, place, new in zip(ids, asked, names, strict=True)
    ]


def _version(item: BankItem) -> ItemVersion:
    return item.question_id, item.version
