"""The second gate: an item of its kind as a careful author writes it, with nothing in its form that gives the answer away."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import mean, median

from lms.ai.gates import language, wording
from lms.ai.gates.model import Case
from lms.ai.model import Brief, Draft, Finding
from lms.errors import Invalid
from lms.grading import numbers, scorers
from lms.questions import rules
from lms.questions.model import Kind, Labels, New, Option

OPTIONS_MIN: Mapping[Kind, int] = {"single_choice": 3, "multiple_choice": 3, "ordering": 3}
COUPLES_MIN = 2
PROMPT_MIN_CHARS = 6
ACCEPTED_MAX_CHARS = 80
# The right option may be so many times as long as the others, and so many characters longer, before it shows.
LONGER_TIMES, LONGER_CHARS = 1.6, 14
SHORTER_TIMES, SHORTER_CHARS = 0.4, 24
LEAK_MIN_CHARS = 3

READING = scorers.MANNERS[scorers.CURRENT].reading
# An option of words and the signs of sentences; with anything else in it, it is a formula or a piece of a program.
WORDS_ALONE = re.compile(r"[^\W\d_](?:[^\W\d_]|[ ,.;:'\"-])*")
ARTICLES = frozenset({"the", "a", "an"})

# Options that speak of the other options, which are shuffled.
CATCH_ALL = re.compile(
    r"^(?:(?:all|none|any|both|neither|either|some|most) (?:of )?(?:the |these |those )?"
    r"(?:above|below|others?|options?|answers?|choices|them|these|preceding)\b.*"
    r"|(?:all|none|both|neither) of (?:these|them|those)|(?:both|neither|either|only) [a-f1-6](?: (?:and|or|nor|&) [a-f1-6])+"
    r"|[a-f](?: ?, ?[a-f])* (?:and|&) [a-f]"
    r"|(?:todas?|ningun[ao]|ambas?)(?: de)?(?: las?| los?)? (?:anteriores?|opciones|respuestas|dos).*"
    r"|(?:toutes?|aucune?)(?: de)?(?: les| ces)? (?:reponses?|propositions?|ci-dessus).*"
    r"|(?:alle|keine)(?:s|r)?(?: der| die)? (?:oben|obigen|genannten|antworten|vorherigen).*"
    r"|(?:todas|nenhuma)(?: das)? (?:as )?(?:anteriores|alternativas|opcoes).*"
    r"|(?:tutte|nessuna)(?: delle)? (?:le )?(?:precedenti|risposte|opzioni).*"
    r"|(?:جميع|كل) (?:ما (?:سبق|ذكر)|الاجابات|الخيارات).*"
    r"|لا (?:شيء|شئ|شي) مما (?:سبق|ذكر).*|ليس اي مما (?:سبق|ذكر).*|(?:ا|أ) و ?ب(?: معا)?"
    r"|все (?:вышеперечисленное|перечисленное|варианты|ответы).*|ни один из .*"
    r"|(?:以上|上述)(?:都|全|皆|所有|全部).*|(?:hepsi|hicbiri))$"
)
# An option named by the place it had before it was shuffled.
PLACED = re.compile(
    r"\b(?:[Oo]ption|[Aa]nswer|[Cc]hoice|[Aa]lternative|OPTION|ANSWER)s?\s*\(?[A-F]\)?(?![\w'])|\b[Oo]ptions?\s*\(?[1-6]\)"
    r"|\b(?:first|second|third|fourth|last) (?:option|choice)\b"
    r"|ال(?:خيار|إجابة|اختيار) (?:الأول|الأولى|الثاني|الثانية|\([أابجد]\)|[أبجد](?!\w))"
)
TOLD = re.compile(
    r"(?:(?<!your )\b(?:correct |right )?answer(?: is)? ?:|\bthe (?:correct|right) answer is\b"
    r"|\brespuesta(?: correcta)? ?:|\breponse(?: correcte)? ?:|\b(?:richtige )?antwort ?:|\bresposta(?: correta)? ?:"
    r"|(?:الاجابة|الجواب)(?: الصحيحة| الصحيح)? ?:|ответ ?:)"
)
TICKED = re.compile(
    r"[(\[](?:correct|right answer|\u0635\u062d\u064a\u062d\u0629?|correcta?|richtig|\u0432\u0435\u0440\u043d\u043e)[)\]]|[\u2713\u2714\u2705]"
)
# What stands in brackets behind the question.
BEHIND = re.compile(r"\(([^()]{1,200})\)[ .?!\u061f]{0,3}$")
FILLER = re.compile(
    r"(?:\b(?:lorem ipsum|todo|tbd|placeholder|insert (?:text|answer|question|option|name)|your (?:question|answer|text) here)\b"
    r"|\[(?:insert|your|name|topic|option|answer|date)[^\]]{0,60}\]|<(?:insert|your|topic|option|answer)[^>]{0,60}>)"
)
FILLER_OPTION = re.compile(
    r"^(?:(?:option|answer|choice|distractor|item|wrong answer|incorrect(?: answer)?|correct(?: answer)?) ?[a-f0-9]?"
    r"|\.{2,}|\u2026|-+|n/?a|\?+|xxx+|خيار ?[ابجد0-9]?)$"
)

Check = Callable[[Draft, Brief], str]


def look(case: Case) -> Finding:
    """The first thing that is wrong with how the item is made."""
    code = next((found for check in CHECKS if (found := check(case.draft, case.brief))), "")
    return Finding(gate="structure", passed=not code, code=code)


def _whole(draft: Draft, brief: Brief) -> str:
    """The bank would take it as it is."""
    if draft.kind == "single_choice" and len(draft.key.correct) != 1:
        return "not_one_key"
    labels = Labels(
        title=draft.title,
        skills=(brief.skill,),
        level=brief.level,
        language=brief.language,
        difficulty=brief.difficulty,
    )
    try:
        rules.whole(New(kind=draft.kind, labels=labels, content=draft.content, key=draft.key))
    except Invalid:
        return "faulty"
    return ""


def _asks(draft: Draft, _brief: Brief) -> str:
    if len(wording.bare(draft.content.prompt)) < PROMPT_MIN_CHARS:
        return "asks_nothing"
    return "stray_gap" if draft.kind != "cloze" and rules.GAP.search(draft.content.prompt) else ""


def _filler(draft: Draft, _brief: Brief) -> str:
    """Words that stand where something should be."""
    found = any(FILLER.search(wording.plain(text)) for text in wording.texts(draft))
    options = (wording.plain(one.text) for group in _groups(draft) for one in group)
    return "filler" if found or any(FILLER_OPTION.match(text) for text in options) else ""


def _groups(draft: Draft) -> Iterator[Sequence[Option]]:
    """Options that stand beside each other."""
    content = draft.content
    yield content.options
    yield content.left
    yield from (gap.options for gap in content.gaps)


def _enough(draft: Draft, _brief: Brief) -> str:
    if len(draft.content.options) < OPTIONS_MIN.get(draft.kind, 0):
        return "few_options"
    if draft.kind == "matching" and len(draft.content.left) < COUPLES_MIN:
        return "few_options"
    every = {one.id for one in draft.content.options}
    if draft.kind == "multiple_choice" and set(draft.key.correct) == every:
        return "all_correct"
    return ""


def _distinct(draft: Draft, _brief: Brief) -> str:
    """No two options are the same thing in other signs."""
    for group in _groups(draft):
        said = [_sense(one.text) for one in group]
        if len(set(said)) != len(said):
            return "options_alike"
    return ""


def _sense(text: str) -> str:
    """What an option says. Of words, case, signs and an article do not count; a number is its value; of a formula every sign counts."""
    number = None if "," in text else numbers.parse(text, READING)
    if number is not None:
        return f"number {number.normalize(numbers.EXACT)}"
    plain = wording.plain(text).strip("*_`. ")
    if not WORDS_ALONE.fullmatch(plain):
        return plain
    words = wording.words(plain)
    return " ".join(words[1:] if words[0] in ARTICLES and len(words) > 1 else words)


def _catch_all(draft: Draft, _brief: Brief) -> str:
    options = (_stripped(one.text) for group in _groups(draft) for one in group)
    return "catch_all" if any(CATCH_ALL.match(text) for text in options) else ""


def _stripped(text: str) -> str:
    """An option without marks, accents and the dot at its end."""
    return wording.unaccented(wording.bare(text)).strip(" .!()")


def _places(draft: Draft, _brief: Brief) -> str:
    key = draft.key
    texts = [draft.content.prompt, key.explanation, *key.option_feedback.values()]
    is_chosen = bool(draft.content.options)
    return "named_by_place" if is_chosen and any(map(PLACED.search, texts)) else ""


def _lengths(draft: Draft, _brief: Brief) -> str:
    """The right option does not show by its length."""
    if draft.kind not in ("single_choice", "multiple_choice"):
        return ""
    correct = frozenset(draft.key.correct)
    right = [_length(one) for one in draft.content.options if one.id in correct]
    wrong = [_length(one) for one in draft.content.options if one.id not in correct]
    if not right or not wrong:
        return ""
    mine = mean(right)
    others = median(wrong)
    too_long = mine > max(wrong) and mine > LONGER_TIMES * others and mine - others >= LONGER_CHARS
    too_short = (
        mine < min(wrong) and mine < SHORTER_TIMES * others and others - mine >= SHORTER_CHARS
    )
    return "longest_is_right" if too_long else "shortest_is_right" if too_short else ""


def _length(option: Option) -> int:
    return len(wording.bare(option.text))


def _leaks(draft: Draft, _brief: Brief) -> str:
    """The question does not say its own answer."""
    prompt = wording.plain(draft.content.prompt)
    if TOLD.search(wording.unaccented(prompt)):
        return "answer_in_stem"
    options = (wording.plain(one.text) for group in _groups(draft) for one in group)
    if any(map(TICKED.search, options)):
        return "answer_in_stem"
    behind = BEHIND.search(wording.plain(draft.content.prompt))
    if behind is not None and _sense(behind[1]) in {_sense(text) for text in _rights(draft)}:
        return "answer_in_stem"
    leaks = LEAKS.get(draft.kind)
    return "answer_in_stem" if leaks is not None and leaks(draft) else ""


def _rights(draft: Draft) -> list[str]:
    """What is right, in words or figures."""
    key = draft.key
    chosen = [one.text for one in draft.content.options if one.id in key.correct]
    return [*chosen, *key.accepted, *([] if key.number is None else [key.number])]


def _chosen_leaks(draft: Draft) -> bool:
    """The right option stands in the question, and no wrong one does."""
    prompt = wording.words(draft.content.prompt)
    said = {one.id: _says(prompt, one.text) for one in draft.content.options}
    correct = frozenset(draft.key.correct)
    is_told = [said[one] for one in correct if one in said]
    others = [told for one, told in said.items() if one not in correct]
    return bool(is_told) and all(is_told) and not any(others)


def _typed_leaks(draft: Draft) -> bool:
    prompt = wording.words(draft.content.prompt)
    return any(_says(prompt, one) for one in draft.key.accepted)


def _gap_leaks(draft: Draft) -> bool:
    """What is to be filled in stands elsewhere in the text."""
    prompt = wording.words(draft.content.prompt)
    accepted = (
        text
        for gap in draft.content.gaps
        if not gap.options
        for text in draft.key.gaps.get(gap.id, [])
    )
    return any(
        len(wording.plain(text)) > LEAK_MIN_CHARS and _says(prompt, text) for text in accepted
    )


LEAKS: Mapping[Kind, Callable[[Draft], bool]] = {
    "single_choice": _chosen_leaks,
    "multiple_choice": _chosen_leaks,
    "short_text": _typed_leaks,
    "cloze": _gap_leaks,
}


def _says(prompt: Sequence[str], text: str) -> bool:
    """The words of the text stand in the prompt, one behind the other; figures alone give nothing away."""
    wanted = wording.words(text)
    if len("".join(wanted)) < LEAK_MIN_CHARS or all(word.isdecimal() for word in wanted):
        return False
    count = len(wanted)
    return any(list(prompt[at : at + count]) == wanted for at in range(len(prompt) - count + 1))


def _key(draft: Draft, _brief: Brief) -> str:
    """The key lets the right answer through, and not nearly everything."""
    if draft.kind == "numeric":
        return _number_key(draft)
    typed: Iterable[str] = draft.key.accepted
    if draft.kind == "cloze":
        typed = (
            text
            for gap in draft.content.gaps
            if not gap.options
            for text in draft.key.gaps.get(gap.id, [])
        )
    too_long = any(len(text) > ACCEPTED_MAX_CHARS for text in typed)
    return "long_answer" if too_long else ""


def _number_key(draft: Draft) -> str:
    number = numbers.parse(draft.key.number or "", READING)
    tolerance = numbers.parse(draft.key.tolerance, READING)
    if number is None or tolerance is None:
        return "faulty"
    is_loose = tolerance >= 1 if draft.key.relative else number != 0 and tolerance >= abs(number)
    return "loose_key" if is_loose else ""


def _language(draft: Draft, brief: Brief) -> str:
    """Question and explanation are in the language that was asked for; options may be words of another."""
    content, key = draft.content, draft.key
    prompt = rules.GAP.sub(" ", content.prompt)
    for text in (prompt, key.explanation):
        if not language.fits(wording.prose(text), brief.language):
            return "wrong_language"
    return ""


def _reading(draft: Draft, brief: Brief) -> str:
    prompt = wording.prose(rules.GAP.sub(" ", draft.content.prompt))
    return language.reading_fault(prompt, brief.language, brief.level, scenario=brief.scenario)


CHECKS: Sequence[Check] = (
    _whole,
    _asks,
    _filler,
    _enough,
    _distinct,
    _catch_all,
    _places,
    _lengths,
    _leaks,
    _key,
    _language,
    _reading,
)
