"""The third gate: the item stands on a sentence of its source, word by word."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from lms.ai.gates import wording
from lms.ai.gates.model import Case
from lms.ai.model import Draft, Finding
from lms.questions.model import Kind, Option

QUOTE_MIN_CHARS = 12
SOURCES = 8
# So much of what the key says, or of what question and key say together, has to be in the quote; a scenario tells its own story.
KEY_SUPPORT = 0.5
WHOLE_SUPPORT = 0.3
SCENARIO_SUPPORT = 0.15
# What is put together of several sentences is not all in one: there the source has to say the key, and the quote some of the item.
SPREAD: frozenset[Kind] = frozenset({"ordering", "matching", "multiple_choice"})
SPREAD_SUPPORT, SOURCE_SUPPORT = 0.15, 0.6
# A number may follow from a rule, and an essay has no key: the quote is the rule, or the matter.
FOLLOWS: frozenset[Kind] = frozenset({"numeric", "essay", "file_upload"})
FOLLOWS_SUPPORT = 0.15
_LEFT_OUT = re.compile(r"\[?\.{3,}\]?")


def look(case: Case) -> Finding:
    """Whether the quote is in the source, and says what the key says."""
    quote = wording.plain(case.draft.quote)
    if not case.source.strip():
        return _said("" if not quote else "quote_without_source", {"source": 0.0})
    if not quote:
        return _said("no_quote", {})
    pieces = [one.strip() for one in _LEFT_OUT.split(quote) if one.strip()]
    if min(map(len, pieces), default=0) < QUOTE_MIN_CHARS:
        return _said("quote_too_short", {"chars": float(len(quote))})
    if not all(_within(one, _plain(case.source)) for one in pieces):
        return _said("not_in_source", {})
    support = supported(case)
    figures = {name: round(part, 3) for name, part in support.items()}
    return _said("" if _enough(support, case) else "unsupported", figures)


# A source is long, and every item of a job stands on the same one.
_plain = lru_cache(SOURCES)(wording.plain)
_terms = lru_cache(SOURCES)(wording.terms)


def _said(code: str, figures: dict[str, float]) -> Finding:
    return Finding(gate="grounding", passed=not code, code=code, figures=figures)


def _within(quote: str, source: str) -> bool:
    """The quote stands in the source, from one border of words to another; a dot more at its end is nothing."""
    bare = quote.strip(" .\"'")
    at = source.find(bare) if bare else -1
    while at >= 0:
        end = at + len(bare)
        if not (_joined(source[at - 1 : at], bare[0]) or _joined(bare[-1], source[end : end + 1])):
            return True
        at = source.find(bare, at + 1)
    return False


def _joined(one: str, other: str) -> bool:
    """Whether a border between these two would cut a word; scripts without spaces have no such borders."""
    return one.isalnum() and other.isalnum() and one.isascii() == other.isascii() and one.isascii()


def supported(case: Case) -> dict[str, float]:
    """How much of the key the quote and the source say, and how much of question and key together the quote does."""
    draft = case.draft
    quote = wording.terms(draft.quote)
    key = wording.terms(" ".join(RIGHT[draft.kind](draft)))
    whole = key | wording.terms(wording.prose(draft.content.prompt))
    if draft.kind == "numeric":
        whole = frozenset(one for one in whole if not one.isdecimal())
    return {
        "key": wording.share(key, quote) if key else 0.0,
        "whole": wording.share(whole, quote) if whole else 0.0,
        "source": wording.share(key, _terms(case.source)) if key else 0.0,
    }


def _enough(support: Mapping[str, float], case: Case) -> bool:
    key, whole = support["key"], support["whole"]
    if key >= KEY_SUPPORT or whole >= WHOLE_SUPPORT:
        return True
    if case.brief.scenario:
        return max(key, whole) >= SCENARIO_SUPPORT
    if case.draft.kind in SPREAD:
        return whole >= SPREAD_SUPPORT and support["source"] >= SOURCE_SUPPORT
    return _follows(case.draft) and whole >= FOLLOWS_SUPPORT


def _follows(draft: Draft) -> bool:
    """Whether the key is worked out and not read: a number or a formula in whatever kind."""
    right = wording.prose(" ".join(RIGHT[draft.kind](draft)))
    worked_out = bool(draft.key.correct) and not any(map(str.isalpha, right))
    return worked_out or draft.kind in FOLLOWS


def _chosen(draft: Draft) -> list[str]:
    return _named(draft.content.options, draft.key.correct)


def _named(options: list[Option], ids: list[str]) -> list[str]:
    return [one.text for one in options if one.id in ids]


def _filled(draft: Draft) -> list[str]:
    found = list[str]()
    for gap in draft.content.gaps:
        accepted = draft.key.gaps.get(gap.id, [])
        found += _named(gap.options, accepted) if gap.options else accepted[:1]
    return found


def _numbered(draft: Draft) -> list[str]:
    return [draft.key.number or ""]


def _matched(draft: Draft) -> list[str]:
    return [one.text for one in (*draft.content.left, *draft.content.options)]


RIGHT: Mapping[Kind, Callable[[Draft], list[str]]] = {
    "single_choice": _chosen,
    "multiple_choice": _chosen,
    "true_false": lambda _draft: [],
    "short_text": lambda draft: draft.key.accepted[:1],
    "numeric": _numbered,
    "matching": _matched,
    "ordering": lambda draft: [one.text for one in draft.content.options],
    "cloze": _filled,
    "essay": lambda _draft: [],
    "file_upload": lambda _draft: [],
}
