"""What the rules stand on: a brief with its source and bank, and the chance that orders what is made of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise, zip_longest
from operator import mul

from lms.ai.gates import wording
from lms.ai.model import Brief, Draft
from lms.ai.rules_words import WORD, Sentence, is_one, measured, says, sentences, terms
from lms.ai.vectors import Vector, ngram_vector
from lms.assessments.chance import Chance
from lms.questions.model import Content, Key, Kind, Option, Question

WRONG_OPTIONS = 3
BLANK = "____"
TITLE_CHARS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What items are made from."""

    brief: Brief
    source: str
    bank: Sequence[Question]
    sentences: Sequence[Sentence]
    terms: Mapping[str, int]
    # By the root of a term it is known in another form; `behind` has the terms that stand behind a word, an article mostly, which
    # tells of their kind and number, `within` those of a
    # paragraph, and `measured` the numbers that have a unit.
    roots: Mapping[str, str]
    behind: Mapping[str, Sequence[str]]
    within: Mapping[int, Sequence[str]]
    measured: Mapping[str, Sequence[str]]
    chance: Chance
    _vectors: dict[str, Vector] = field(default_factory=dict)

    def near(self, text: str, other: str) -> float:
        """How near two texts are, by their n-grams: from -1 to 1."""
        for one in (text, other):
            if one not in self._vectors:
                self._vectors[one] = ngram_vector(one)
        return float(sum(map(mul, self._vectors[text], self._vectors[other])))

    def says(self, name: str) -> str:
        """Words in the language of the brief; none where we have none."""
        return says(self.brief.language, name)

    def is_one(self, name: str, text: str) -> bool:
        """Whether a text in the language of the brief is `negated`, `loose`, `leaning` or `open`."""
        return is_one(name, text, self.brief.language)

    def shuffled(self) -> list[Sentence]:
        """The sentences in a random order, without those that say what is not so."""
        stating = [one for one in self.sentences if not self.is_one("negated", one.text)]
        return self.chance.shuffled(stating)


def ground(brief: Brief, source: str, bank: Sequence[Question], seed: str) -> Ground:
    """The ground of one kind of items."""
    found = sentences(source, brief.language)
    telling = terms(found, brief.language)
    behind: dict[str, dict[str, None]] = {}
    within: dict[int, dict[str, None]] = {}
    for one in found:
        for previous, word in pairwise(["", *WORD.findall(one.text)]):
            if word in telling:
                behind.setdefault(previous.casefold(), {})[word] = None
                within.setdefault(one.line, {})[word] = None
    return Ground(
        brief=brief,
        source=source,
        bank=bank,
        sentences=found,
        terms=telling,
        roots={word: wording.root(wording.plain(word)) for word in telling},
        behind={word: tuple(those) for word, those in behind.items()},
        within={line: tuple(those) for line, those in within.items()},
        measured=measured(source),
        chance=Chance(seed),
    )


def draft(kind: Kind, content: Content, key: Key, quote: str = "") -> Draft:
    """A draft with a title by which it is told from others."""
    told = content.prompt.rpartition("\n\n")[2]
    if content.left or (content.options and told == content.prompt):
        told = (content.left or content.options)[0].text
    return Draft(kind=kind, title=_titled(told), content=content, key=key, quote=quote)


def _titled(prompt: str) -> str:
    """The first words of what is asked."""
    text = " ".join(prompt.replace("{{gap}}", BLANK).split())
    if len(text) <= TITLE_CHARS:
        return text
    return f"{text[:TITLE_CHARS].rpartition(' ')[0] or text[:TITLE_CHARS]} …"


def options(texts: Sequence[str]) -> list[Option]:
    """Options of these texts, in this order."""
    return [Option(id=f"o{number}", text=text) for number, text in enumerate(texts, 1)]


def asked(question: str, about: str) -> str:
    """What is asked, and below it what it is asked about."""
    return f"{question}\n\n{about}".strip()


def by_turns(*makers: Iterator[Draft]) -> Iterator[Draft]:
    """One of each, as long as there are any."""
    found = chain.from_iterable(zip_longest(*makers))
    return (one for one in found if one is not None)
