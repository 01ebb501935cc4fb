"""What one attempt asks, drawn and put in order from its own id: the same again whoever makes it, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from lms.assessments.chance import Chance
from lms.assessments.drawing import BankItem, Place, Plan, drawn
from lms.attempts.model import VALUE_TYPES, Paper, PaperItem, PaperSection, Pin
from lms.ids import RANDOM_BYTES, AttemptId, ItemId, uuid7
from lms.questions.model import Content, Kind

# Written in the order of their key, as most are, these would show it.
ALWAYS_SHUFFLED: frozenset[Kind] = frozenset({"ordering", "matching"})
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


def chance_of(attempt_id: str, version: int, what: str) -> Chance:
    """The chance of one attempt at one version of its assessment; the draw and the orders of options do not share it."""
    return Chance(f"{what}|{attempt_id}|{version}")


def places(plan: Plan, attempt_id: str, version: int) -> list[Place]:
    """The items of an attempt in their order."""
    return drawn(plan, chance_of(attempt_id, version, "draw"))


def versions(asked: Sequence[Sequence[Place]]) -> set[ItemVersion]:
    """Whose content is needed to write these down."""
    return {_version(place.item) for some in asked for place in some}


def written(
    plan: Plan,
    attempt: tuple[str, int],
    asked: Sequence[Place],
    contents: Mapping[ItemVersion, Content],
) -> Written:
    """The paper of (attempt id, assessment version)."""
    attempt_id, version = attempt
    chance = chance_of(attempt_id, version, "paper")
    made_ms = UUID(attempt_id).int >> TIME_BITS
    ids = [ItemId(uuid7(made_ms, chance.bytes(RANDOM_BYTES))) for _ in asked]
    items = [
        PaperItem(
            id=item_id,
            kind=place.item.kind,
            section=place.section,
            points_milli=place.points_milli,
            content=ordered(place.item.kind, contents[_version(place.item)], chance),
        )
        for item_id, place in zip(ids, asked, strict=True)
    ]
    sections = [PaperSection(id=one.id, title=one.title, text=one.text) for one in plan.sections]
    return Written(
        attempt_id=AttemptId(attempt_id),
        item_ids=tuple(ids),
        item_types="".join(VALUE_TYPES[place.item.kind] for place in asked),
        paper=msgspec.json.encode(Paper(sections=sections, items=items)).decode(),
        pins=msgspec.json.encode(_pins(ids, asked)).decode(),
    )


def ordered(kind: Kind, content: Content, chance: Chance) -> Content:
    """The content with its options in this learner's order, where it allows that."""
    if not content.shuffle and kind not in ALWAYS_SHUFFLED:
        return content
    gaps = content.gaps
    if content.shuffle:
        gaps = [msgspec.structs.replace(gap, options=chance.shuffled(gap.options)) for gap in gaps]
    return msgspec.structs.replace(content, options=chance.shuffled(content.options), gaps=gaps)


def _pins(ids: Sequence[ItemId], asked: Sequence[Place]) -> list[Pin]:
    return [
        Pin(
            item_id=item_id,
            question_id=place.item.question_id,
            version=place.item.version,
            kind=place.item.kind,
            points_milli=place.points_milli,
        )
        for item_id, place in zip(ids, asked, strict=True)
    ]


def _version(item: BankItem) -> ItemVersion:
    return item.question_id, item.version
