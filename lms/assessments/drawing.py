"""Which items an attempt asks: named ones, and what is drawn from the bank, never one of them twice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from lms.assessments.chance import Chance
from lms.assessments.model import Draw, Section
from lms.errors import Conflict
from lms.questions.model import Kind, State

# How an item is asked for: its place in the bank that was handed in.
Index = int


@dataclass(frozen=True, slots=True, kw_only=True)
class BankItem:
    """What a draw looks at of an item of the bank."""

    question_id: str
    version: int
    kind: Kind
    skills: frozenset[str]
    tags: frozenset[str]
    level: int
    language: str
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A draw, with the items that would do."""

    section: int
    count: int
    pool: tuple[Index, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The sections of an assessment over a bank that is big enough for them."""

    sections: tuple[Section, ...]
    bank: tuple[BankItem, ...]
    named: tuple[tuple[Index, ...], ...]
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One item at its place in an attempt."""

    section: str
    item: BankItem
    points_milli: int


def without(sections: Sequence[Section], question_ids: Collection[str]) -> Sequence[Section]:
    """The sections without these among what they name; as they were where nothing at all would be asked then."""
    left = [
        msgspec.structs.replace(
            section, question_ids=[one for one in section.question_ids if one not in question_ids]
        )
        for section in sections
    ]
    return left if any(section.question_ids or section.draws for section in left) else sections


def planned(sections: Sequence[Section], bank: Sequence[BankItem]) -> Plan:
    """What is asked for, over what is there; Conflict when the bank has not enough for all draws together."""
    place = {item.question_id: index for index, item in enumerate(bank)}
    named = tuple(_named(section, place) for section in sections)
    taken = {index for indexes in named for index in indexes}
    asks = tuple(
        Ask(section=number, count=draw.count, pool=_pool(draw, bank, taken))
        for number, section in enumerate(sections)
        for draw in section.draws
    )
    plan = Plan(sections=tuple(sections), bank=tuple(bank), named=named, asks=asks)
    _held(plan, Chance("is there enough?"))
    return plan


def _named(section: Section, place: Mapping[str, Index]) -> tuple[Index, ...]:
    missing = [one for one in section.question_ids if one not in place]
    if missing:
        raise Conflict(
            f"Section “{section.title or section.id}” names a question that is not in the bank.",
            code="question_missing",
        )
    return tuple(place[one] for one in section.question_ids)


def _pool(draw: Draw, bank: Sequence[BankItem], taken: set[Index]) -> tuple[Index, ...]:
    return tuple(
        index
        for index, item in enumerate(bank)
        if index not in taken and item.state != "draft" and fits(draw, item)
    )


def fits(draw: Draw, item: BankItem) -> bool:
    """Whether the item has all that is asked for."""
    return (
        item.skills.issuperset(draw.skills)
        and item.tags.issuperset(draw.tags)
        and (not draw.levels or item.level in draw.levels)
        and draw.language in (None, item.language)
    )


def drawn(plan: Plan, chance: Chance) -> list[Place]:
    """The items of one attempt in their order."""
    held = _held(plan, chance)
    by_ask: list[list[Index]] = [[] for _ in plan.asks]
    for index in sorted(held):
        by_ask[held[index]].append(index)
    places = list[Place]()
    for number, section in enumerate(plan.sections):
        order = list(plan.named[number])
        for ask, mine in zip(plan.asks, by_ask, strict=True):
            if ask.section == number:
                order += chance.shuffled(mine)
        if section.shuffle:
            order = chance.shuffled(order)
        places += (
            Place(section=section.id, item=plan.bank[index], points_milli=section.points_milli)
            for index in order
        )
    return places


def most_bytes(plan: Plan, sizes: Mapping[str, int]) -> int:
    """How large a paper could become, by the bytes of each question."""
    size = [sizes.get(item.question_id, 0) for item in plan.bank]
    drawn_most = sum(
        sum(sorted((size[index] for index in ask.pool), reverse=True)[: ask.count])
        for ask in plan.asks
    )
    texts = sum(len(section.text.encode()) for section in plan.sections)
    return drawn_most + sum(size[index] for named in plan.named for index in named) + texts


def _held(plan: Plan, chance: Chance) -> dict[Index, int]:
    """Which item is drawn by which ask."""
    held: dict[Index, int] = {}
    for number, ask in enumerate(plan.asks):
        order = chance.one_by_one(ask.pool)
        for _ in range(ask.count):
            free = next((index for index in order if index not in held), None)
            if free is not None:
                held[free] = number
            elif not _make_room(plan, held, number):
                raise _too_small(plan, number)
    return held


def _make_room(plan: Plan, held: dict[Index, int], asking: int) -> bool:
    """One more item for an ask whose pool is used up: others hand theirs on, if they can do with another one instead.

    This is the augmenting path of bipartite matching, so what can be met at all is met.
    """
    came: dict[int, tuple[int, Index]] = {}
    queue = [asking]
    for ask in queue:
        for index in plan.asks[ask].pool:
            holder = held.get(index)
            if holder is None:
                held[index] = ask
                while ask != asking:
                    ask, index = came[ask]
                    held[index] = ask
                return True
            if holder != asking and holder not in came:
                came[holder] = (ask, index)
                queue.append(holder)
    return False


def _too_small(plan: Plan, number: int) -> Conflict:
    ask = plan.asks[number]
    section = plan.sections[ask.section]
    return Conflict(
        f"The bank is too small: section “{section.title or section.id}” draws {ask.count} items where"
        f" {len(ask.pool)} fit, and other draws need some of them.",
        code="bank_too_small",
    )
