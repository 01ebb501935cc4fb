"""The life of a staged item as a table, and how two reviewers of one item are compared."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import msgspec

from lms.ai.model import CandidateState, Decision, Origin
from lms.questions.model import New

# From this on an item is looked at by two before it may pass.
HIGH_RISK = 70
# So many look at such an item, unless the school has said that one suffices.
REVIEWERS = 2
# Who looks: one; two if the first lets it pass (a high risk); two in any case (the sample that reviewers are compared by).
Eyes = Literal["one", "two_to_pass", "two"]

# (how it stands, what was decided, whose eyes) to how it stands then. The second decision is the one that counts.
MOVES: Mapping[tuple[CandidateState, Decision, Eyes], CandidateState] = {
    ("queued", "accept", "one"): "accepted",
    ("queued", "edit", "one"): "accepted",
    ("queued", "reject", "one"): "rejected",
    ("queued", "accept", "two_to_pass"): "second",
    ("queued", "edit", "two_to_pass"): "second",
    ("queued", "reject", "two_to_pass"): "rejected",
    ("queued", "accept", "two"): "second",
    ("queued", "edit", "two"): "second",
    ("queued", "reject", "two"): "second",
    ("second", "accept", "two_to_pass"): "accepted",
    ("second", "edit", "two_to_pass"): "accepted",
    ("second", "reject", "two_to_pass"): "rejected",
    ("second", "accept", "two"): "accepted",
    ("second", "edit", "two"): "accepted",
    ("second", "reject", "two"): "rejected",
}
# What nobody decides: the ingest, a recall, and an item that was changed in the bank while it waited.
BY_ITSELF: Mapping[tuple[CandidateState, str], CandidateState] = {
    ("accepted", "ingest"): "ingested",
    ("ingested", "recall"): "recalled",
    ("queued", "recall"): "withdrawn",
    ("second", "recall"): "withdrawn",
    ("accepted", "recall"): "withdrawn",
}
_WORD = re.compile(r"\S+")
OPEN: frozenset[CandidateState] = frozenset({"queued", "second"})

DIFF_MAX = 200


def eyes(origin: Origin, risk: int, *, sampled: bool, reviewers: int = REVIEWERS) -> Eyes:
    """How many look at it. One of the bank that was reported was let pass by somebody already."""
    if origin == "reported" or reviewers < REVIEWERS:
        return "one"
    if sampled:
        return "two"
    return "two_to_pass" if risk >= HIGH_RISK else "one"


def after(state: CandidateState, decision: Decision, whose: Eyes) -> CandidateState:
    """How the item stands after the decision; KeyError when nothing is to be decided."""
    return MOVES[state, decision, whose]


def place_of(quote: str, source: str) -> tuple[int, int] | None:
    """Where the quote stands in the source, whatever the space between its words and their case; None when it does not."""
    words = quote.strip(" .\"'").split()
    if not words:
        return None
    # Found as one string, in time that grows with the source and not with the quote too.
    said, at = _one_spaced(source)
    wanted = _lower(" ".join(words))
    start = said.find(wanted)
    return None if start < 0 else (at[start], at[start + len(wanted) - 1] + 1)


def _one_spaced(text: str) -> tuple[str, Sequence[int]]:
    """The text in small letters with one space between words, and where each of its characters stood."""
    words = [(found[0], found.start()) for found in _WORD.finditer(text)]
    said, at = list[str](), list[int]()
    for word, start in words:
        if said:
            said.append(" ")
            at.append(start - 1)
        said.append(_lower(word))
        at.extend(range(start, start + len(word)))
    return "".join(said), at


def _lower(text: str) -> str:
    """In small letters, each character still one."""
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(one.lower() if len(one.lower()) == 1 else one for one in text)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One place of an item before and after an edit, by a JSON pointer; None where there was nothing, or is nothing left."""

    at: str
    before: Any = None
    after: Any = None


def diff(before: New, after: New) -> list[Change]:
    """What an edit changed, as many places as anybody reads."""
    found = list[Change]()
    for change in _changes("", _plain(before), _plain(after)):
        found.append(change)
        if len(found) == DIFF_MAX:
            break
    return found


def undone(item: New, changes: Sequence[Change]) -> New:
    """The item as it was before the changes that `diff` found."""
    plain = _plain(item)
    for change in reversed(changes):
        plain = _put(plain, [_name(step) for step in change.at.split("/")[1:]], change.before)
    return replace(item, **{name: _part(item, name, plain[name]) for name in plain})


def _part(item: New, name: str, plain: Any) -> Any:
    return msgspec.convert(plain, type(getattr(item, name)))


def _name(step: str) -> str:
    return step.replace("~1", "/").replace("~0", "~")


def _put(at: Any, way: Sequence[str], value: Any) -> Any:
    """The same with a value in one place; None takes away what has a name of somebody's choosing."""
    if not way:
        return value
    if isinstance(at, list):
        place = int(way[0])
        return [*at[:place], _put(at[place], way[1:], value), *at[place + 1 :]]
    rest = {name: one for name, one in at.items() if name != way[0]}
    left = _put(at.get(way[0]), way[1:], value)
    return rest if left is None else {**rest, way[0]: left}


def _plain(item: New) -> Any:
    return msgspec.to_builtins(
        {"labels": item.labels, "content": item.content, "key": item.key}, order="deterministic"
    )


def _changes(at: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(one for one in after if one not in before)]:
            step = str(name).replace("~", "~0").replace("/", "~1")
            yield from _changes(f"{at}/{step}", before.get(name), after.get(name))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for place, pair in enumerate(zip(before, after, strict=True)):
            yield from _changes(f"{at}/{place}", *pair)
    else:
        yield Change(at=at, before=before, after=after)


# Of how many items the first said pass (or not), and the second said pass (or not).
Pairs = Mapping[tuple[bool, bool], int]


def agreement(pairs: Pairs) -> float | None:
    """Cohen's kappa of the two who looked at the sample: 1 is one mind, 0 is chance; None when there are no pairs.

    An edit lets an item pass. When both always say the same one thing, chance explains all of it, and they are said to agree.
    """
    total = sum(pairs.values())
    if not total:
        return None
    same = (pairs.get((True, True), 0) + pairs.get((False, False), 0)) / total
    first = _passes(pairs, 0) / total
    second = _passes(pairs, 1) / total
    by_chance = first * second + (1 - first) * (1 - second)
    return 1.0 if by_chance == 1 else (same - by_chance) / (1 - by_chance)


def _passes(pairs: Pairs, place: int) -> int:
    return sum(count for said, count in pairs.items() if said[place])


def table() -> Sequence[str]:
    """The life of a staged item as lines of Markdown, for docs/flows.md."""
    lines = ["| it is | and | looked at by | then it is |", "|---|---|---|---|"]
    named = {"one": "one", "two_to_pass": "two, to pass", "two": "two, always"}
    lines += [
        f"| {state} | {decision} | {named[whose]} | {then} |"
        for (state, decision, whose), then in MOVES.items()
    ]
    lines += [f"| {state} | {cause} | - | {then} |" for (state, cause), then in BY_ITSELF.items()]
    return lines
