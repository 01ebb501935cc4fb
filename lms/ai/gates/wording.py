"""Texts as the gates compare them: one form for what reads the same, in every script."""

import re
import unicodedata
from collections.abc import Iterator

from lms.ai.model import Draft

# Quotes, dashes, dots and the kinds of space that printers and models use for one another.
_SPELLED = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u2032\u0060\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        "\u0640": None,  # the Arabic lengthening of a line
    }
)
# Signs of vowels, which Arabic and Hebrew texts may have or leave out; and letters that are written one for another.
_POINTING = re.compile(r"[\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_LETTERS = str.maketrans({"آ": "ا", "أ": "ا", "إ": "ا", "ى": "ي", "ی": "ي", "ک": "ك"})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# Scripts that write no space between words.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_ARABIC = re.compile("[\u0621-\u064a]")
# Its article and the small words that are written with the next one; its roots have three letters.
_JOINED = re.compile(
    "^(?:[\u0648\u0641\u0628\u0643]?\u0627\u0644|\u0644\u0644|[\u0648\u0641](?=\\w{4}))(?=\\w{3})"
)
ARABIC_ROOT_CHARS = 3
_PLURAL = re.compile(r"(?<=[a-z]{2}[a-rt-z])s$")
# Formulas and pieces of programs, in which letters and signs are of no language.
_CODE = re.compile(r"`[^`]*`|\$\$[^$]*\$\$|\$[^$]+\$")
TERM_MIN_CHARS = 3
ROOT_CHARS = 4
# Words of questions that say nothing of what they are about, in the languages that are asked for most.
EVERYWHERE = frozenset(
    [
        "the",
        "and",
        "for",
        "are",
        "was",
        "were",
        "what",
        "which",
        "who",
        "whom",
        "whose",
        "when",
        "where",
        "why",
        "how",
        "does",
        "did",
        "has",
        "have",
        "had",
        "with",
        "from",
        "that",
        "this",
        "these",
        "those",
        "than",
        "then",
        "into",
        "not",
        "its",
        "his",
        "her",
        "their",
        "your",
        "our",
        "one",
        "all",
        "any",
        "can",
        "will",
        "would",
        "could",
        "should",
        "following",
        "correct",
        "answer",
        "true",
        "false",
        "statement",
        "choose",
        "select",
        "best",
        "describes",
        "called",
        "los",
        "las",
        "una",
        "del",
        "que",
        "con",
        "por",
        "para",
        "cual",
        "como",
        "cuando",
        "donde",
        "este",
        "esta",
        "son",
        "fue",
        "les",
        "des",
        "une",
        "est",
        "que",
        "qui",
        "quel",
        "quelle",
        "dans",
        "pour",
        "par",
        "sur",
        "avec",
        "sont",
        "der",
        "die",
        "das",
        "den",
        "dem",
        "des",
        "ein",
        "eine",
        "einen",
        "ist",
        "sind",
        "war",
        "wie",
        "was",
        "welche",
        "welcher",
        "und",
        "mit",
        "von",
        "fur",
        "ما",
        "من",
        "في",
        "علي",
        "الي",
        "عن",
        "هو",
        "هي",
        "اي",
        "كان",
        "هذا",
        "هذه",
        "التي",
        "الذي",
        "ماذا",
        "عند",
        "بين",
    ]
)
_MARKS = re.compile(r"[*_`#>~\\$]+|\{\{[^}]{0,40}\}\}|!?\[|\]\([^)]{0,500}\)")


def plain(text: str) -> str:
    """The text in one form: case, width, quotes, dashes, vowel signs and the kind of space do not count."""
    if text.isascii():
        return " ".join(text.translate(_SPELLED).casefold().split())
    one = unicodedata.normalize("NFKC", text).translate(_SPELLED)
    one = _POINTING.sub("", one).translate(_LETTERS)
    one = "".join(map(_plainly, one)).casefold()
    return " ".join(one.split())


def _plainly(char: str) -> str:
    """A digit of any script as 0 to 9, nothing for what only steers how text is laid out, all else as it is."""
    if char.isascii() or char.isalpha():
        return char
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    return "" if unicodedata.category(char) == "Cf" else char


def bare(text: str) -> str:
    """The same without the marks of Markdown and the gaps of a cloze."""
    return plain(_MARKS.sub(" ", text))


def prose(text: str) -> str:
    """The text without its formulas and pieces of programs."""
    return _CODE.sub(" ", text)


def words(text: str) -> list[str]:
    """The words of a text in their plain form."""
    return _WORD.findall(bare(text))


def terms(text: str) -> frozenset[str]:
    """What a text is about, for telling how much of it another one says: the roots of its words, roughly."""
    found = set[str]()
    for word in words(text):
        if _UNSPACED.search(word):
            found.update(word[at : at + 2] for at in range(max(1, len(word) - 1)))
        elif word.isdecimal() or (len(word) >= TERM_MIN_CHARS and word not in EVERYWHERE):
            found.add(root(word))
    return frozenset(found)


def root(word: str) -> str:
    """The beginning of a word, which its forms share: without a plural's s, and what Arabic writes in one with it."""
    if _ARABIC.search(word):
        return _JOINED.sub("", word)[:ARABIC_ROOT_CHARS]
    return _PLURAL.sub("", word)[:ROOT_CHARS]


def share(wanted: frozenset[str], there: frozenset[str]) -> float:
    """Which part of what is wanted is there; all of nothing."""
    return len(wanted & there) / len(wanted) if wanted else 1.0


def asked(draft: Draft) -> Iterator[str]:
    """Every text that is there before the answer."""
    content = draft.content
    yield content.prompt
    yield from (one.text for one in (*content.options, *content.left))
    yield from (one.text for gap in content.gaps for one in gap.options)
    yield from content.units


def told(draft: Draft) -> Iterator[str]:
    """Every text that comes with the verdict."""
    key = draft.key
    yield key.explanation
    yield from key.option_feedback.values()
    yield from key.accepted
    yield from (text for accepted in key.gaps.values() for text in accepted)
    for criterion in key.rubric:
        yield criterion.title
        yield from (level.title for level in criterion.levels)


def texts(draft: Draft) -> list[str]:
    """Every text of the draft that a person reads."""
    return [draft.title, *asked(draft), *told(draft)]


def unaccented(text: str) -> str:
    """Latin letters without their accents, for patterns that are written without; other scripts as they are."""
    return "".join(map(_unaccented, text))


def _unaccented(char: str) -> str:
    first = unicodedata.normalize("NFD", char)[0]
    return first if first.isascii() else char
