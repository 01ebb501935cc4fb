"""What the rules know of language: sentences that stand for themselves, words that say what a text is about, and a few of our own."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms.ai.gates import wording

SENTENCES_MAX = 400
SENTENCE_CHARS = (30, 220)
SENTENCE_WORDS_MIN = 6
TERM_CHARS_MIN = 5
# So few nouns are no choice: then every telling word is one.
TERMS_MIN = 4

_PARAGRAPH = re.compile(r"[^\n]+")
_STOP = re.compile(r"[.!?؟。](?=\s|$)")
WORD = re.compile(r"[^\W\d_]+")
# A noun stands after an article and before a small word or a stop; Arabic marks it by its own article.
_NOUNS: Mapping[str, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:the|a|an|its|their|our|his|her|no|each|every|this|of|in|by)\s+(?:[^\W\d_]+\s+){0,2}?(?P<noun>[^\W\d_]+)"
        r"(?=[,.;:!)]|\s(?:is|are|was|were|of|in|on|at|that|which|who|to|by|from|through|and|or|for|with|has|have|had|than|as|into)\b)",
        re.IGNORECASE,
    ),
    "ar": re.compile(r"\b(?P<noun>ال[^\W\d_]{3,})"),
}
# What is said around a sentence; in other languages it stands alone.
_SAID: Mapping[str, Mapping[str, str]] = {
    "en": {
        "word": "Which word is missing?",
        "number": "Which number is missing?",
        "true": "Which of these statements is true?",
        "several": "Which of these statements are true? Several may be.",
        "halves": "Put the halves of each sentence together.",
        "order": "Put these steps in their order, the first one first.",
        "match": "Match each question with its answer.",
    },
    "ar": {
        "word": "ما الكلمة الناقصة؟",
        "number": "ما العدد الناقص؟",
        "true": "أي هذه العبارات صحيحة؟",
        "several": "أي هذه العبارات صحيحة؟ قد تكون عدة منها صحيحة.",
        "halves": "صل بين نصفي كل جملة.",
        "order": "رتب هذه الخطوات من الأولى إلى الأخيرة.",
        "match": "صل كل سؤال بجوابه.",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A sentence and where in the source it stands; `line` counts the paragraphs."""

    text: str
    start: int
    end: int
    line: int


def sentences(source: str) -> list[Sentence]:
    """The sentences that stand for themselves: neither questions nor headings, neither short nor endless."""
    found = list[Sentence]()
    for line, paragraph in enumerate(_PARAGRAPH.finditer(source)):
        start = paragraph.start()
        for stop in _STOP.finditer(source, paragraph.start(), paragraph.end()):
            start += len(source[start : stop.end()]) - len(source[start : stop.end()].lstrip())
            text = source[start : stop.end()]
            if stop.group() in ".!。" and _stands(text):
                found.append(Sentence(text=text, start=start, end=stop.end(), line=line))
            start = stop.end()
    return found[:SENTENCES_MAX]


def _stands(text: str) -> bool:
    """Whether it is long enough to say something, and short enough to be read."""
    fits = SENTENCE_CHARS[0] <= len(text) <= SENTENCE_CHARS[1]
    return fits and len(WORD.findall(text)) >= SENTENCE_WORDS_MIN and "{{" not in text


def terms(found: Sequence[Sentence], language: str) -> dict[str, int]:
    """Words that say what the source is about, with how often they occur: its nouns, where we can tell them."""
    words = Counter(word for one in found for word in WORD.findall(one.text))
    telling = {
        word: times
        for word, times in words.items()
        if len(word) >= TERM_CHARS_MIN and wording.plain(word) not in wording.EVERYWHERE
    }
    noun = _NOUNS.get(language.partition("-")[0])
    if noun is None:
        return telling
    nouns = {match["noun"] for one in found for match in noun.finditer(one.text)}
    known = {word: times for word, times in telling.items() if word in nouns}
    return known if len(known) >= TERMS_MIN else telling


def says(language: str, name: str) -> str:
    """Words of ours in a language; none where we have none."""
    return _SAID.get(language.partition("-")[0], {}).get(name, "")
