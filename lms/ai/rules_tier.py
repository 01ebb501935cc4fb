"""Items without any model: sentences of the source with something taken out or changed, and statements of the bank put together anew.

What comes of it is plain, and right by the source or by the keys of the bank; where neither makes an item of a kind, there is none.
The same brief, source and bank give the same items in the same order.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice, pairwise

from lms.ai.gates import wording
from lms.ai.model import Brief, Draft
from lms.ai.rules_words import WORD, Sentence, says, sentences, terms
from lms.assessments.chance import Chance
from lms.questions.model import Content, Gap, Key, Kind, Option, Question

VERSION = "rules-1"
WRONG_OPTIONS = 3
HALVES = 3
STEPS = 3
BLANK = "____"
TITLE_CHARS = 60

_NUMBER = re.compile(r"(?<![\w.,/:-])\d{1,6}(?:\.\d{1,4})?(?![\w/:]|[.,]\d|-\d)")
# Beside such words a changed number may leave a sentence true.
_LOOSE = re.compile(
    r"\b(?:about|above|almost|approximately|around|at least|at most|below|between|fewer|less|least|more|most|nearly|not|never|"
    r"no|over|roughly|some|than|under|up to)\b|حوالي|تقريب|أكثر|اكثر|أقل|اقل|فوق|تحت|نحو|لا |ليس",
    re.IGNORECASE,
)
_FIRST, _NEXT = (
    re.compile(r"(?:first|at first|to begin)\b|(?:أولا|في البداية)", re.IGNORECASE),
    re.compile(
        r"(?:then|next|after|afterwards|second|third|finally|at last|last)\b|(?:ثم|بعد|ثانيا|ثالثا|أخيرا|وأخيرا)",
        re.IGNORECASE,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What items are made from."""

    brief: Brief
    source: str
    bank: Sequence[Question]
    sentences: Sequence[Sentence]
    terms: Mapping[str, int]
    # A term for each root, so that no two of them are one word in two forms.
    roots: Mapping[str, str]
    chance: Chance

    def says(self, name: str) -> str:
        """Words in the language of the brief; none where we have none."""
        return says(self.brief.language, name)


def drafts(
    kind: Kind, brief: Brief, source: str, bank: Sequence[Question], seed: str
) -> Iterator[Draft]:
    """All items of a kind that the rules can make, in an order that the seed decides."""
    makers = FROM_SOURCE if source.strip() else FROM_BANK
    maker = makers.get(kind)
    if maker is None:
        return
    found = sentences(source)
    telling = terms(found, brief.language)
    ground = Ground(
        brief=brief,
        source=source,
        bank=bank,
        sentences=found,
        terms=telling,
        roots={wording.root(wording.plain(word)): word for word in sorted(telling)},
        chance=Chance(f"rules|{seed}|{kind}"),
    )
    yield from maker(ground)


def _titled(prompt: str) -> str:
    """The first words of what is asked, by which an item is told from others."""
    text = " ".join(prompt.replace("{{gap}}", BLANK).split())
    if len(text) <= TITLE_CHARS:
        return text
    return f"{text[:TITLE_CHARS].rpartition(' ')[0] or text[:TITLE_CHARS]} …"


def _draft(ground: Ground, kind: Kind, content: Content, key: Key, quote: str = "") -> Draft:
    told = content.prompt.rpartition("\n\n")[2]
    if content.left or (content.options and told == content.prompt):
        told = (content.left or content.options)[0].text
    return Draft(kind=kind, title=_titled(told), content=content, key=key, quote=quote)


def _options(texts: Sequence[str]) -> list[Option]:
    return [Option(id=f"o{number}", text=text) for number, text in enumerate(texts, 1)]


# --- From the source ------------------------------------------------------------------------------


def _blanks(ground: Ground) -> Iterator[tuple[Sentence, str, str]]:
    """Sentences with their most telling word: the sentence, the word, and the sentence in two with a blank between."""
    for one in ground.chance.shuffled(ground.sentences):
        counted = Counter(wording.plain(word) for word in WORD.findall(one.text))
        words = [
            word
            for word in WORD.findall(one.text)
            if word in ground.terms and counted[wording.plain(word)] == 1
        ]
        if words:
            word = max(words, key=lambda each: (min(ground.terms[each], 3), len(each), each))
            yield one, word, re.sub(rf"\b{re.escape(word)}\b", BLANK, one.text, count=1)


def _others(ground: Ground, one: Sentence, word: str) -> list[str]:
    """Words of the source that could stand there by their form, and that the source does not put there."""
    there = {wording.root(plain) for plain in wording.words(one.text)}
    alike = {
        root: other
        for root, other in ground.roots.items()
        if root not in there
        and other[0].isupper() == word[0].isupper()
        and abs(len(other) - len(word)) <= 5
    }
    fitting = (
        other
        for other in ground.chance.one_by_one(list(alike.values()))
        if one.text.replace(word, other) not in ground.source
    )
    return list(islice(fitting, WRONG_OPTIONS))


def _asked(question: str, sentence: str) -> str:
    return f"{question}\n\n{sentence}".strip()


def _missing_words(ground: Ground) -> Iterator[Draft]:
    """A word is missing and stands among others."""
    for one, word, blank in _blanks(ground):
        others = _others(ground, one, word)
        if len(others) == WRONG_OPTIONS:
            options = _options(ground.chance.shuffled([word, *others]))
            correct = [option.id for option in options if option.text == word]
            content = Content(prompt=_asked(ground.says("word"), blank), options=options)
            key = Key(correct=correct, explanation=one.text)
            yield _draft(ground, "single_choice", content, key, one.text)


def _typed_words(ground: Ground) -> Iterator[Draft]:
    """A word is missing and is to be written."""
    for one, word, blank in _blanks(ground):
        content = Content(prompt=_asked(ground.says("word"), blank))
        key = Key(accepted=[word], explanation=one.text)
        yield _draft(ground, "short_text", content, key, one.text)


def _gaps(ground: Ground) -> Iterator[Draft]:
    """A gap, to choose for where there is what to choose from."""
    for one, word, blank in _blanks(ground):
        others = _others(ground, one, word)
        options = _options(ground.chance.shuffled([word, *others])) if others else []
        right = [option.id for option in options if option.text == word] or [word]
        content = Content(
            prompt=blank.replace(BLANK, "{{gap}}"), gaps=[Gap(id="gap", options=options)]
        )
        key = Key(gaps={"gap": right}, explanation=one.text)
        yield _draft(ground, "cloze", content, key, one.text)


def _numbers(ground: Ground) -> Iterator[tuple[Sentence, re.Match[str]]]:
    """Sentences with exactly one number."""
    for one in ground.chance.shuffled(ground.sentences):
        found = list(_NUMBER.finditer(one.text))
        if (
            len(found) == 1
            and len(re.findall(r"\d+", one.text.replace(found[0].group(), ""))) == 0
        ):
            yield one, found[0]


def _missing_numbers(ground: Ground) -> Iterator[Draft]:
    """A number is missing."""
    for one, number in _numbers(ground):
        blank = one.text[: number.start()] + BLANK + one.text[number.end() :]
        content = Content(prompt=_asked(ground.says("number"), blank))
        key = Key(number=number.group(), explanation=one.text)
        yield _draft(ground, "numeric", content, key, one.text)


def _false(ground: Ground) -> Iterator[tuple[Sentence, str]]:
    """Sentences that a changed number makes wrong, beside what they say then."""
    for one, number in _numbers(ground):
        value = Decimal(number.group())
        if value == 0 or _LOOSE.search(one.text):
            continue
        changed = str(value * (2 + ground.chance.below(3)))
        said = one.text[: number.start()] + changed + one.text[number.end() :]
        if said not in ground.source:
            yield one, said


def _statements(ground: Ground) -> Iterator[Draft]:
    """A sentence as it stands, in turn with one whose number was changed."""
    false = _false(ground)
    for place, one in enumerate(ground.chance.shuffled(ground.sentences)):
        wrong = next(false, None) if place % 2 else None
        sentence, said = wrong or (one, one.text)
        key = Key(truth=wrong is None, explanation=sentence.text)
        yield _draft(ground, "true_false", Content(prompt=said), key, sentence.text)


def _several(ground: Ground) -> Iterator[Draft]:
    """Two neighbours as they stand, and one or two sentences whose number was changed."""
    wrong = list(_false(ground))
    for first, second in pairwise(ground.sentences):
        others = [said for one, said in wrong if one not in (first, second)][:2]
        if first.line != second.line or not others or not ground.says("several"):
            continue
        right = [first.text, second.text]
        options = _options(ground.chance.shuffled([*right, *others]))
        correct = [option.id for option in options if option.text in right]
        key = Key(correct=correct, explanation=" ".join(right))
        content = Content(prompt=ground.says("several"), options=options)
        quote = ground.source[first.start : second.end]
        yield _draft(ground, "multiple_choice", content, key, quote)


def _runs(ground: Ground, length: int) -> Iterator[list[Sentence]]:
    """So many sentences that follow each other in one paragraph, none in two runs."""
    at = 0
    while at + length <= len(ground.sentences):
        run = list(ground.sentences[at : at + length])
        is_whole = all(
            one.line == two.line and not ground.source[one.end : two.start].strip()
            for one, two in pairwise(run)
        )
        if is_whole:
            yield run
        at += length if is_whole else 1


def _halves(ground: Ground) -> Iterator[Draft]:
    """The beginnings of three neighbours, and their ends."""
    for run in _runs(ground, HALVES):
        cut = [_cut(one.text) for one in run]
        left = [Option(id=f"l{n}", text=f"{begin} …") for n, (begin, _) in enumerate(cut, 1)]
        options = [Option(id=f"o{n}", text=f"… {end}") for n, (_, end) in enumerate(cut, 1)]
        pairs = {one.id: other.id for one, other in zip(left, options, strict=True)}
        if not ground.says("halves") or len({option.text for option in options}) < HALVES:
            continue
        content = Content(prompt=ground.says("halves"), left=left, options=options)
        quote = ground.source[run[0].start : run[-1].end]
        yield _draft(ground, "matching", content, Key(pairs=pairs, explanation=quote), quote)


def _cut(text: str) -> tuple[str, str]:
    """A sentence in two, between two words in its middle."""
    words = text.split()
    middle = len(words) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])


def _steps(ground: Ground) -> Iterator[Draft]:
    """Neighbours that say themselves that one comes after the other."""
    for run in _runs(ground, STEPS):
        told = _FIRST.match(run[0].text) and all(_NEXT.match(one.text) for one in run[1:])
        if not told or not ground.says("order"):
            continue
        options = _options([one.text for one in run])
        key = Key(order=[one.id for one in options])
        content = Content(prompt=ground.says("order"), options=options)
        quote = ground.source[run[0].start : run[-1].end]
        yield _draft(ground, "ordering", content, key, quote)


# --- From the bank --------------------------------------------------------------------------------


def _told(ground: Ground, *, true: bool) -> list[str]:
    """Statements of the bank that are true, or that are not."""
    found = [
        one.content.prompt
        for one in ground.bank
        if one.listed.kind == "true_false" and one.key.truth is true
    ]
    return ground.chance.shuffled(list(dict.fromkeys(found)))


def _choices_of_bank(ground: Ground, right: int, wrong: int) -> Iterator[tuple[list[Option], Key]]:
    """So many true statements of the bank beside so many false ones."""
    true, false = _told(ground, true=True), _told(ground, true=False)
    for at in range(len(true) // right if len(false) >= wrong else 0):
        mine = true[at * right : (at + 1) * right]
        others = list(islice(ground.chance.one_by_one(false), wrong))
        options = _options(ground.chance.shuffled([*mine, *others]))
        yield options, Key(correct=[one.id for one in options if one.text in mine])


def _one_of_bank(ground: Ground) -> Iterator[Draft]:
    for options, key in _choices_of_bank(ground, 1, 3):
        if ground.says("true"):
            content = Content(prompt=ground.says("true"), options=options)
            yield _draft(ground, "single_choice", content, key)


def _several_of_bank(ground: Ground) -> Iterator[Draft]:
    for options, key in _choices_of_bank(ground, 2, 2):
        if ground.says("several"):
            content = Content(prompt=ground.says("several"), options=options)
            yield _draft(ground, "multiple_choice", content, key)


def _couples_of_bank(ground: Ground) -> Iterator[Draft]:
    """Questions of the bank with a short answer, and their answers; no answer is taken for two of them."""
    asked = [
        one
        for one in ground.chance.shuffled(list(ground.bank))
        if one.listed.kind == "short_text" and one.key.accepted
    ]
    for at in range(0, len(asked) - HALVES + 1, HALVES):
        some = asked[at : at + HALVES]
        taken = [wording.plain(text) for one in some for text in set(one.key.accepted)]
        if len(set(taken)) < len(taken) or not ground.says("match"):
            continue
        left = [Option(id=f"l{n}", text=one.content.prompt) for n, one in enumerate(some, 1)]
        options = _options([one.key.accepted[0] for one in some])
        pairs = {one.id: other.id for one, other in zip(left, options, strict=True)}
        content = Content(prompt=ground.says("match"), left=left, options=options)
        yield _draft(ground, "matching", content, Key(pairs=pairs))


Maker = Callable[[Ground], Iterator[Draft]]
FROM_SOURCE: Mapping[Kind, Maker] = {
    "single_choice": _missing_words,
    "multiple_choice": _several,
    "true_false": _statements,
    "short_text": _typed_words,
    "numeric": _missing_numbers,
    "matching": _halves,
    "ordering": _steps,
    "cloze": _gaps,
}
FROM_BANK: Mapping[Kind, Maker] = {
    "single_choice": _one_of_bank,
    "multiple_choice": _several_of_bank,
    "matching": _couples_of_bank,
}
