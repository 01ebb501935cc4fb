"""What the rules know of language: sentences that stand for themselves, words that say what a text is about, and a few of our own."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms.ai.gates import wording
from lms.ai.gates.language import UNSPACED, main
from lms.ai.rules_phrases import PATTERNS, SAID

SENTENCES_MAX = 400
SENTENCE_CHARS = (30, 220)
SENTENCE_WORDS_MIN = 6
# Scripts without spaces say as much in a third of the signs.
UNSPACED_CHARS = (12, 80)
TERM_CHARS_MIN = 5
# So few nouns are no choice: then every telling word is one.
TERMS_MIN = 4

_PARAGRAPH = re.compile(r"[^\n]+")
_STOP = re.compile(r"[.!?؟](?=\s|$)|[。！？]")
WORD = re.compile(r"[^\W\d_]+")
# A number by itself: letters beside it make it part of a name, except in scripts that write no spaces.
NUMBER = re.compile(
    r"(?<![^\W\u3040-\u9fff])(?<![.,/:-])\d{1,6}(?:\.\d{1,4})?(?![^\W\u3040-\u9fff]|[/:]|[.,]\d|-\d)"
)
UNIT = re.compile(r"\s*([^\s\d.,;:!?()]+)")
PERCENT_SIGN = re.compile(
    r"%|٪|percent|per cent|prozent|por ?cent|porcent|pour ?cent|процент|في المئة|في المائة|بالمئة|بالمائة",
    re.IGNORECASE,
)
FIRST, NEXT = (
    re.compile(
        r"(?:(?:first|at first|to begin|primero|en primer lugar|al principio|d['’]abord|premièrement|au début|zuerst|zunächst"
        r"|сначала|сперва|primeiro|em primeiro lugar|no início)\b|أولا|في البداية|首先|先)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:(?:then|next|after|afterwards|second|third|finally|at last|last|después|luego|entonces|finalmente|por último|ensuite|puis"
        r"|après|enfin|finalement|dann|danach|anschließend|schließlich|zuletzt|затем|потом|после|далее|наконец|depois|então"
        r"|em seguida|por fim)\b|ثم|بعد|ثانيا|ثالثا|أخيرا|وأخيرا|然后|接着|之后|再|最后)",
        re.IGNORECASE,
    ),
)
# A noun stands after an article or a small word; Arabic marks it by its own article, German by its first letter.
_NOUNS: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:the|a|an|its|their|our|his|her|no|each|every|this|of|in|by)\s+(?:[^\W\d_]+\s+){0,2}?(?P<noun>[^\W\d_]+)"
        r"(?=[,.;:!)]|\s(?:is|are|was|were|of|in|on|at|that|which|who|to|by|from|through|and|or|for|with|has|have|had|than|as|into)\b)",
        re.IGNORECASE,
    ),
    "ar": re.compile(r"\b(?P<noun>ال[^\W\d_]{3,})"),
    "es": re.compile(
        r"\b(?:el|la|los|las|un|una|unos|unas|del|al|su|sus|este|esta|cada|de)\s+(?P<noun>[^\W\d_]+)",
        re.IGNORECASE,
    ),
    "fr": re.compile(
        r"(?:\b(?:le|la|les|un|une|des|du|au|aux|son|sa|ses|leur|leurs|ce|cette|chaque|de)\s+|\b[ld]['’])(?P<noun>[^\W\d_]+)",
        re.IGNORECASE,
    ),
    "pt": re.compile(
        r"\b(?:o|a|os|as|um|uma|do|da|dos|das|no|na|nos|nas|ao|seu|sua|cada|de)\s+(?P<noun>[^\W\d_]+)",
        re.IGNORECASE,
    ),
    "de": re.compile(r"(?<=[^\W\d_A-ZÄÖÜ]\s)(?P<noun>[A-ZÄÖÜ][^\W\d_]+)"),
}
_PATTERNS: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    name: {language: re.compile(text, re.IGNORECASE) for language, text in by.items()}
    for name, by in PATTERNS.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence and where in the source it stands; `line` counts the paragraphs."""

    text: str
    start: int
    end: int
    line: int


def sentences(source: str, language: str = "en") -> list[Sentence]:
    """The sentences that stand for themselves: neither questions nor headings, neither short nor endless."""
    found = list[Sentence]()
    for line, paragraph in enumerate(_PARAGRAPH.finditer(source)):
        start = paragraph.start()
        for stop in _STOP.finditer(source, paragraph.start(), paragraph.end()):
            start += len(source[start : stop.end()]) - len(source[start : stop.end()].lstrip())
            text = source[start : stop.end()]
            if stop.group() in ".!。！" and _stands(text, main(language)):
                found.append(Sentence(text=text, start=start, end=stop.end(), line=line))
            start = stop.end()
    return found[:SENTENCES_MAX]


def _stands(text: str, language: str) -> bool:
    """Whether it is long enough to say something, and short enough to be read."""
    if "{{" in text:
        return False
    if language in UNSPACED:
        return UNSPACED_CHARS[0] <= len(text) <= UNSPACED_CHARS[1]
    fits = SENTENCE_CHARS[0] <= len(text) <= SENTENCE_CHARS[1]
    return fits and len(WORD.findall(text)) >= SENTENCE_WORDS_MIN


def terms(found: Sequence[Sentence], language: str) -> dict[str, int]:
    """Words that say what the source is about, with how often they occur: its nouns, where we can tell them.

    None where words are not written apart: what stands between two signs there is no word.
    """
    if main(language) in UNSPACED:
        return {}
    words = Counter(word for one in found for word in WORD.findall(one.text))
    telling = {
        word: times
        for word, times in words.items()
        if len(word) >= TERM_CHARS_MIN and wording.plain(word) not in wording.EVERYWHERE
    }
    noun = _NOUNS.get(main(language))
    if noun is None:
        return telling
    nouns = {match["noun"] for one in found for match in noun.finditer(one.text)}
    known = {word: times for word, times in telling.items() if word in nouns}
    return known if len(known) >= TERMS_MIN else telling


def measured(source: str) -> dict[str, tuple[str, ...]]:
    """The numbers of the source, by what stands behind them: their unit, mostly."""
    found: dict[str, dict[str, None]] = {}
    for number in NUMBER.finditer(source):
        unit = UNIT.match(source, number.end())
        if unit is not None:
            found.setdefault(unit[1], {})[number.group()] = None
    return {unit: tuple(numbers) for unit, numbers in found.items()}


def roots(text: str) -> frozenset[str]:
    """The roots of the words of a text, each letter by letter: what an apostrophe joins is two words."""
    return frozenset(wording.root(wording.plain(word)) for word in WORD.findall(text))


def is_one(name: str, text: str, language: str) -> bool:
    """Whether a text is `negated`, `loose` or `open`, by the words of its language."""
    pattern = _PATTERNS[name].get(main(language))
    return pattern is not None and pattern.search(text) is not None


def says(language: str, name: str) -> str:
    """Words of ours in a language; none where we have none."""
    return SAID.get(main(language), {}).get(name, "")
