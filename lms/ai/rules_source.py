"""Items from the sentences of a source: with a word or a number taken out, doubted, or changed for one that is near it."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import chain, islice, pairwise

from lms.ai import rules_numbers
from lms.ai.gates import wording
from lms.ai.model import Draft
from lms.ai.rules_ground import (
    BLANK,
    WRONG_OPTIONS,
    Ground,
    asked,
    by_turns,
    draft,
    options,
)
from lms.ai.rules_words import FIRST, NEXT, NUMBER, PERCENT_SIGN, UNIT, WORD, Sentence, roots
from lms.questions.model import Content, Gap, Key, Option

HALVES = 3
STEPS = 3
# Endings of so many letters tell which words stand in the same places.
ENDING_CHARS = 2
LENGTH_APART = 5
PERCENT = Decimal(100)
# Of a long source so many words are looked at, from all of it and of those behind the same article.
CANDIDATES = 40
SOURCES = 4


# --- Words ----------------------------------------------------------------------------------------


def _blank(ground: Ground, one: Sentence) -> tuple[str, str] | None:
    """Its most telling word, and the sentence without it; None where no word tells anything."""
    found = WORD.findall(one.text)
    counted = Counter(map(wording.plain, found))
    words = [word for word in found if word in ground.terms and counted[wording.plain(word)] == 1]
    if not words:
        return None
    word = max(words, key=lambda each: (min(ground.terms[each], 3), len(each), each))
    return word, re.sub(rf"\b{re.escape(word)}\b", BLANK, one.text, count=1)


def _blanks(ground: Ground) -> Iterator[tuple[Sentence, str, str]]:
    for one in ground.shuffled():
        found = _blank(ground, one)
        if found is not None:
            yield one, *found


def _others(ground: Ground, one: Sentence, word: str, count: int = WRONG_OPTIONS) -> list[str]:
    """Words that could stand there by their form and that the source does not put there; those that stand as it does, and near, come first.

    Where the source has too few, the answers of the bank whose questions are nearest are taken.
    """
    there = set(roots(one.text))
    fitting = (
        other
        for other in _ranked(ground, one, word)
        if one.text.replace(word, other) not in ground.source
    )
    found = list[str]()
    for other in chain(fitting, _of_bank(ground, one, word)):
        root = ground.roots.get(other) or wording.root(wording.plain(other))
        if root not in there and len(found) < count:
            there.add(root)
            found.append(other)
    return found


def _ranked(ground: Ground, one: Sentence, word: str) -> list[str]:
    """Terms of its form: those that stand behind the same word and end as it does first, then those of its paragraph."""
    words = ["", *WORD.findall(one.text)]
    behind = ground.behind.get(words[words.index(word) - 1].casefold(), ())
    within = ground.within.get(one.line, ())
    some = [
        *within,
        *islice(ground.chance.one_by_one(behind), CANDIDATES),
        *islice(ground.chance.one_by_one(list(ground.terms)), CANDIDATES),
    ]
    alike, near = set(behind), set(within)

    def apart(other: str) -> tuple[bool, bool, bool, int]:
        ends_so = other[-ENDING_CHARS:] == word[-ENDING_CHARS:]
        return other not in alike, not ends_so, other not in near, abs(len(other) - len(word))

    fitting = [other for other in dict.fromkeys(some) if _is_of_one_form(other, word)]
    return sorted(fitting, key=apart)


def _is_of_one_form(other: str, word: str) -> bool:
    return other[0].isupper() == word[0].isupper() and abs(len(other) - len(word)) <= LENGTH_APART


def _of_bank(ground: Ground, one: Sentence, word: str) -> Iterator[str]:
    """Answers of one word that are nowhere in the source, in the order of how near their questions are to the sentence."""
    told = {
        item.key.accepted[0]: item.content.prompt
        for item in ground.bank
        if item.key.accepted and WORD.fullmatch(item.key.accepted[0])
    }
    fitting = [
        answer
        for answer in told
        if _is_of_one_form(answer, word)
        and wording.root(wording.plain(answer)) not in _said(ground.source)
    ]
    yield from sorted(fitting, key=lambda answer: -ground.near(one.text, told[answer]))


@lru_cache(SOURCES)
def _said(source: str) -> frozenset[str]:
    """The roots of all words of a source; every item of a job asks for those of the same one."""
    return roots(source)


def _missing_words(ground: Ground) -> Iterator[Draft]:
    """A word is missing and stands among others."""
    for one, word, blank in _blanks(ground):
        others = _others(ground, one, word)
        if len(others) == WRONG_OPTIONS:
            shown = options(ground.chance.shuffled([word, *others]))
            content = Content(prompt=asked(ground.says("word"), blank), options=shown)
            key = Key(correct=_ids(shown, [word]), explanation=one.text)
            yield draft("single_choice", content, key, one.text)


def _ids(shown: Sequence[Option], right: Sequence[str]) -> list[str]:
    return [option.id for option in shown if option.text in right]


def typed_words(ground: Ground) -> Iterator[Draft]:
    """A word is missing and is to be written."""
    for one, word, blank in _blanks(ground):
        content = Content(prompt=asked(ground.says("word"), blank))
        key = Key(accepted=[word], explanation=one.text)
        yield draft("short_text", content, key, one.text)


def gaps(ground: Ground) -> Iterator[Draft]:
    """A gap, to choose for where there is what to choose from."""
    for one, word, blank in _blanks(ground):
        others = _others(ground, one, word)
        shown = options(ground.chance.shuffled([word, *others])) if others else []
        right = _ids(shown, [word]) or [word]
        content = Content(
            prompt=blank.replace(BLANK, "{{gap}}"), gaps=[Gap(id="gap", options=shown)]
        )
        yield draft("cloze", content, Key(gaps={"gap": right}, explanation=one.text), one.text)


def _both(ground: Ground) -> Iterator[Draft]:
    """Two neighbours lack a word each, and both stand among others."""
    stating = {one.start for one in ground.shuffled()}
    for first, second in _runs(ground, 2) if ground.says("both") else ():
        one, other = _blank(ground, first), _blank(ground, second)
        if one is None or other is None or not {first.start, second.start} <= stating:
            continue
        right, about = [one[0], other[0]], f"{one[1]} {other[1]}"
        wrong = _others(ground, first, one[0]) + _others(ground, second, other[0])
        wrong = _new(wrong, f"{about} {one[0]} {other[0]}")
        # Where a blank stands right behind a sign, Markdown would take two of them for stress.
        is_free = len(re.findall(rf"(?<!\S){BLANK}", about)) == len(right)
        if not is_free or len(wrong) < 2 or _new(right, about) != right:
            continue
        shown = options(ground.chance.shuffled([*right, *wrong[:WRONG_OPTIONS]]))
        content = Content(prompt=asked(ground.says("both"), about), options=shown)
        quote = ground.source[first.start : second.end]
        key = Key(correct=_ids(shown, right), explanation=quote)
        yield draft("multiple_choice", content, key, quote)


def _new(words: Sequence[str], said: str) -> list[str]:
    """The words that are none of those said, and none of each other, in another form."""
    seen = set(roots(said))
    found = list[str]()
    for word in words:
        root = wording.root(wording.plain(word))
        if root not in seen:
            seen.add(root)
            found.append(word)
    return found


# --- Numbers --------------------------------------------------------------------------------------


def _number(one: Sentence) -> re.Match[str] | None:
    """The number of a sentence that has exactly one."""
    found = list(NUMBER.finditer(one.text))
    if len(found) != 1 or re.search(r"\d", one.text.replace(found[0].group(), "", 1)):
        return None
    return found[0] if Decimal(found[0].group()) > 0 else None


def _without(one: Sentence, number: re.Match[str]) -> str:
    return one.text[: number.start()] + BLANK + one.text[number.end() :]


def _near_numbers(ground: Ground, one: Sentence, number: re.Match[str]) -> Iterator[str]:
    """Wrong numbers for this one: those that the source has with the same unit first, then such as are near."""
    unit = UNIT.match(one.text, number.end())
    is_part = (
        PERCENT_SIGN.match(one.text[number.end() :].lstrip())
        and Decimal(number.group()) <= PERCENT
    )
    told = ground.measured.get(unit[1], ()) if unit is not None else ()
    found = ground.chance.shuffled(told)
    near = rules_numbers.wrong(number.group(), ground.chance, most=PERCENT if is_part else None)
    seen = {Decimal(number.group())}
    for text in chain(found, near):
        said = one.text[: number.start()] + text + one.text[number.end() :]
        if Decimal(text) not in seen and Decimal(text) > 0 and said not in ground.source:
            seen.add(Decimal(text))
            yield text


def _chosen_numbers(ground: Ground) -> Iterator[Draft]:
    """A number is missing and stands among others, in their order."""
    for one in ground.shuffled():
        number = _number(one)
        if number is None:
            continue
        others = list(islice(_near_numbers(ground, one, number), WRONG_OPTIONS))
        if len(others) == WRONG_OPTIONS:
            shown = options(sorted([number.group(), *others], key=Decimal))
            content = Content(
                prompt=asked(ground.says("number"), _without(one, number)), options=shown
            )
            key = Key(correct=_ids(shown, [number.group()]), explanation=one.text)
            yield draft("single_choice", content, key, one.text)


def missing_numbers(ground: Ground) -> Iterator[Draft]:
    """A number is missing and is to be written."""
    for one in ground.shuffled():
        number = _number(one)
        if number is not None:
            content = Content(prompt=asked(ground.says("number"), _without(one, number)))
            yield draft(
                "numeric", content, Key(number=number.group(), explanation=one.text), one.text
            )


def _changed(ground: Ground, one: Sentence) -> str | None:
    """The sentence with another number, where that makes it wrong."""
    number = _number(one)
    if number is None or ground.is_one("loose", one.text):
        return None
    other = next(_near_numbers(ground, one, number), None)
    return other and one.text[: number.start()] + other + one.text[number.end() :]


# --- Statements -----------------------------------------------------------------------------------


def statements(ground: Ground) -> Iterator[Draft]:
    """By turns right and wrong: of the missing number, of the missing word, of a number that was changed; only then as it stands."""
    truth = True
    for one in ground.shuffled():
        said = _of_number(ground, one, truth=truth) or _of_word(ground, one, truth=truth)
        if said is None and truth:
            said = one.text
        if said is not None:
            key = Key(truth=truth, explanation=one.text)
            yield draft("true_false", Content(prompt=said), key, one.text)
            truth = not truth


def _of_number(ground: Ground, one: Sentence, *, truth: bool) -> str | None:
    """That it is greater or less than another, or the sentence with another one."""
    number = _number(one)
    if number is None:
        return None
    changed = None if truth else _changed(ground, one)
    if changed is not None and ground.chance.below(2):
        return changed
    value = Decimal(number.group())
    below, above = map(Decimal, rules_numbers.bounds(number.group()))
    claims = [("more", below), ("less", above)] if truth else [("more", above), ("less", below)]
    name, bound = claims[ground.chance.below(2)]
    if not ground.says(name) or bound == value:
        return changed
    return asked(ground.says(name).format(format(bound, "f")), _without(one, number))


def _of_word(ground: Ground, one: Sentence, *, truth: bool) -> str | None:
    """That the missing word is this one, or another."""
    found = _blank(ground, one)
    if found is None or not ground.says("claim"):
        return None
    word, blank = found
    told = [word] if truth else _others(ground, one, word, 1)
    return asked(ground.says("claim").format(told[0]), blank) if told else None


def _several(ground: Ground) -> Iterator[Draft]:
    """Two neighbours as they stand, and one or two sentences whose number was changed."""
    stating = ground.shuffled()
    whole = set(stating)
    wrong = [(one, said) for one in stating if (said := _changed(ground, one)) is not None]
    for first, second in pairwise(ground.sentences):
        others = list(islice((said for one, said in wrong if one not in (first, second)), 2))
        apart = first.line != second.line or not {first, second} <= whole
        if apart or not others or not ground.says("several"):
            continue
        right = [first.text, second.text]
        shown = options(ground.chance.shuffled([*right, *others]))
        key = Key(correct=_ids(shown, right), explanation=" ".join(right))
        content = Content(prompt=ground.says("several"), options=shown)
        quote = ground.source[first.start : second.end]
        yield draft("multiple_choice", content, key, quote)


# --- Runs of sentences ----------------------------------------------------------------------------


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


def halves(ground: Ground) -> Iterator[Draft]:
    """The beginnings of three neighbours, and their ends."""
    for run in _runs(ground, HALVES):
        cut = [_cut(one.text) for one in run]
        left = [Option(id=f"l{n}", text=f"{begin} …") for n, (begin, _) in enumerate(cut, 1)]
        shown = [Option(id=f"o{n}", text=f"… {end}") for n, (_, end) in enumerate(cut, 1)]
        pairs = {one.id: other.id for one, other in zip(left, shown, strict=True)}
        is_whole = all(end for _, end in cut) and len({end for _, end in cut}) == HALVES
        if not is_whole or not ground.says("halves"):
            continue
        content = Content(prompt=ground.says("halves"), left=left, options=shown)
        quote = ground.source[run[0].start : run[-1].end]
        yield draft("matching", content, Key(pairs=pairs, explanation=quote), quote)


def _cut(text: str) -> tuple[str, str]:
    """A sentence in two, between two words in its middle; where no spaces are written, behind its first comma."""
    words = text.split()
    if len(words) < 2:
        begin, comma, end = text.partition("，")
        return begin + comma, end
    middle = len(words) // 2
    return " ".join(words[:middle]), " ".join(words[middle:])


def steps(ground: Ground) -> Iterator[Draft]:
    """Neighbours that say themselves that one comes after the other."""
    for run in _runs(ground, STEPS):
        told = FIRST.match(run[0].text) and all(NEXT.match(one.text) for one in run[1:])
        if not told or not ground.says("order"):
            continue
        shown = options([one.text for one in run])
        key = Key(order=[one.id for one in shown])
        content = Content(prompt=ground.says("order"), options=shown)
        quote = ground.source[run[0].start : run[-1].end]
        yield draft("ordering", content, key, quote)


# --- What has more than one way -------------------------------------------------------------------


def choices(ground: Ground) -> Iterator[Draft]:
    """One is right: a word or a number."""
    return by_turns(_missing_words(ground), _chosen_numbers(ground))


def many(ground: Ground) -> Iterator[Draft]:
    """Several are right: statements, or words."""
    return by_turns(_several(ground), _both(ground))
