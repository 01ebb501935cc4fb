"""Items from the bank put together anew: its statements, its questions with their own answers and with those of their neighbours."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from lms.ai import rules_numbers
from lms.ai.gates import wording
from lms.ai.model import Draft
from lms.ai.rules_ground import WRONG_OPTIONS, Ground, asked, by_turns, draft, options
from lms.questions.model import Content, Key, Kind, Option, Question

COUPLES = 3
# In one option stand a question and an answer: longer ones are not read.
LINE_CHARS = 120
LENGTH_TIMES = 2.5
_PLAIN_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,4})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question of the bank that stands by itself: what is right, all that counts as right, and its own wrong options."""

    kind: Kind
    prompt: str
    right: str
    accepted: Sequence[str]
    wrong: Sequence[str] = ()
    explanation: str = ""


# --- Statements -----------------------------------------------------------------------------------


def _told(ground: Ground, *, true: bool) -> list[str]:
    """Statements of the bank that are true, or that are not."""
    found = [
        one.content.prompt
        for one in ground.bank
        if one.listed.kind == "true_false" and one.key.truth is true
    ]
    return ground.chance.shuffled(list(dict.fromkeys(found)))


def _statements(ground: Ground, kind: Kind, right: int, wrong: int) -> Iterator[Draft]:
    """So many true statements of the bank beside so many false ones."""
    question = ground.says("true" if right == 1 else "several")
    true, false = _told(ground, true=True), _told(ground, true=False)
    for at in range(len(true) // right if question and len(false) >= wrong else 0):
        mine = true[at * right : (at + 1) * right]
        others = list(islice(ground.chance.one_by_one(false), wrong))
        shown = options(ground.chance.shuffled([*mine, *others]))
        key = Key(correct=[one.id for one in shown if one.text in mine])
        yield draft(kind, Content(prompt=question, options=shown), key)


# --- Questions ------------------------------------------------------------------------------------


def _asked(ground: Ground) -> list[Asked]:
    """The questions of the bank that have one answer, mean nothing by their options and ask for what is so."""
    found = (_of_kind(ground, one) for one in ground.chance.shuffled(list(ground.bank)))
    return [
        one
        for one in found
        if one is not None
        and not any(ground.is_one(name, one.prompt) for name in ("negated", "open", "leaning"))
    ]


def _of_kind(ground: Ground, one: Question) -> Asked | None:
    content, key = one.content, one.key
    if one.listed.kind == "short_text" and key.accepted:
        right, accepted, wrong = key.accepted[0], key.accepted, list[str]()
    elif one.listed.kind == "single_choice" and len(key.correct) == 1:
        texts = {option.id: option.text for option in content.options}
        right = texts.pop(key.correct[0], "")
        accepted, wrong = [right], list(texts.values())
    elif one.listed.kind == "numeric" and _PLAIN_NUMBER.fullmatch(key.number or ""):
        right, wrong = _with_unit(one, key.number or ""), _wrong_numbers(ground, one)
        accepted = [right]
    else:
        return None
    return Asked(
        kind=one.listed.kind,
        prompt=content.prompt,
        right=right,
        accepted=accepted,
        wrong=wrong,
        explanation=key.explanation,
    )


def _with_unit(one: Question, number: str) -> str:
    """The number with the first of its units, if it has any."""
    unit = next(iter(one.content.units or one.key.units), "")
    return f"{number} {unit}".strip()


def _wrong_numbers(ground: Ground, one: Question) -> list[str]:
    """Numbers near the right one that its tolerance does not let pass, with the same unit."""
    value, tolerance = Decimal(one.key.number or "0"), Decimal(one.key.tolerance)
    kept_off = value * tolerance if one.key.relative else tolerance
    most = Decimal(100) if "%" in one.content.units and value <= 100 else None
    found = rules_numbers.wrong(one.key.number or "0", ground.chance, kept_off=kept_off, most=most)
    return [_with_unit(one, number) for number in found]


class Neighbours:
    """The answers that other questions have, those of the nearest questions first."""

    def __init__(self, ground: Ground, all_of: Sequence[Asked]) -> None:
        self._ground = ground
        self._all = [one for one in all_of if one.kind == "short_text"]

    def wrong(self, one: Asked, count: int) -> list[str]:
        """So many wrong answers: the question's own, or such as answer questions near it and have its answer's form."""
        return list(islice(iter(one.wrong) if one.wrong else self._near(one), count))

    def _near(self, one: Asked) -> Iterator[str]:
        roots = {_root(text) for text in one.accepted}
        said = {wording.root(word) for word in wording.words(one.prompt)}

        def apart(other: Asked) -> tuple[float, str]:
            return -self._ground.near(one.prompt, other.prompt), other.right

        for other in sorted(self._all, key=apart):
            root = _root(other.right)
            if root not in roots and root not in said and _is_of_one_type(other.right, one.right):
                roots.add(root)
                yield other.right


def _root(text: str) -> str:
    """By which two answers are one in two forms: its words without their endings."""
    return " ".join(map(wording.root, wording.words(text))) or wording.plain(text)


def _is_of_one_type(other: str, right: str) -> bool:
    """Both numbers or both words, as long, as many, and written large or small alike."""
    forms = [
        (any(map(str.isdecimal, text)), len(text.split()) > 1, text[:1].isupper())
        for text in (other, right)
    ]
    longer, shorter = max(len(other), len(right)), min(len(other), len(right))
    return forms[0] == forms[1] and longer <= LENGTH_TIMES * shorter


def _answers(ground: Ground) -> Iterator[Draft]:
    """A question whose answer was to be written, now among others. What is chosen from already would be the same item again."""
    all_of = _asked(ground)
    neighbours = Neighbours(ground, all_of)
    for one in all_of:
        wrong = neighbours.wrong(one, WRONG_OPTIONS)
        if one.kind == "single_choice" or len(wrong) < WRONG_OPTIONS:
            continue
        texts = ground.chance.shuffled([one.right, *wrong])
        if one.kind == "numeric":
            texts.sort(key=lambda text: Decimal(text.split()[0]))
        shown = options(texts)
        correct = [option.id for option in shown if option.text == one.right]
        key = Key(correct=correct, explanation=one.explanation)
        yield draft("single_choice", Content(prompt=one.prompt, options=shown), key)


def statements(ground: Ground) -> Iterator[Draft]:
    """By turns the right answer to a question and a wrong one, to be believed or not."""
    all_of, truth = _asked(ground), True
    neighbours = Neighbours(ground, all_of)
    for one in all_of if ground.says("answer") else ():
        told = [one.right] if truth else neighbours.wrong(one, 1)
        if told:
            prompt = asked(ground.says("answer").format(told[0].rstrip(".。")), one.prompt)
            yield draft(
                "true_false", Content(prompt=prompt), Key(truth=truth, explanation=one.explanation)
            )
            truth = not truth


def _lines(ground: Ground) -> Iterator[Draft]:
    """Two questions with their answers, and two with wrong ones."""
    short = [one for one in _asked(ground) if len(one.prompt) + len(one.right) <= LINE_CHARS]
    neighbours = Neighbours(ground, short)
    for at in range(0, len(short) - 3 if ground.says("answers") else 0, 4):
        some = short[at : at + 4]
        wrong = [told for one in some[2:] for told in neighbours.wrong(one, 1)]
        if len(wrong) < 2:
            continue
        right = [f"{one.prompt} {one.right}" for one in some[:2]]
        others = [f"{one.prompt} {told}" for one, told in zip(some[2:], wrong, strict=True)]
        shown = options(ground.chance.shuffled([*right, *others]))
        key = Key(correct=[option.id for option in shown if option.text in right])
        yield draft("multiple_choice", Content(prompt=ground.says("answers"), options=shown), key)


# --- Each kind ------------------------------------------------------------------------------------


def choices(ground: Ground) -> Iterator[Draft]:
    """One is right: an answer or a statement."""
    return by_turns(_answers(ground), _statements(ground, "single_choice", 1, 3))


def many(ground: Ground) -> Iterator[Draft]:
    """Several are right: statements, or questions with their answers."""
    return by_turns(_statements(ground, "multiple_choice", 2, 2), _lines(ground))


def couples(ground: Ground) -> Iterator[Draft]:
    """Questions of the bank with a short answer, and their answers; no answer is taken for two of them."""
    written = [
        one
        for one in ground.chance.shuffled(list(ground.bank))
        if one.listed.kind == "short_text" and one.key.accepted
    ]
    for at in range(0, len(written) - COUPLES + 1, COUPLES):
        some = written[at : at + COUPLES]
        taken = [wording.plain(text) for one in some for text in set(one.key.accepted)]
        if len(set(taken)) < len(taken) or not ground.says("match"):
            continue
        left = [Option(id=f"l{n}", text=one.content.prompt) for n, one in enumerate(some, 1)]
        shown = options([one.key.accepted[0] for one in some])
        pairs = {one.id: other.id for one, other in zip(left, shown, strict=True)}
        content = Content(prompt=ground.says("match"), left=left, options=shown)
        yield draft("matching", content, Key(pairs=pairs))
