"""What makes a question of each kind whole, and its labels tidy: every fault at once, each at its field."""

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import msgspec

from lms.errors import Conflict, Invalid
from lms.questions import links
from lms.questions.model import Change, Content, Key, Kind, Labels, New, Option, State
from lms.text import tidy

CONTENT_MAX_BYTES = 100_000
KEY_MAX_BYTES = 100_000
PICTURES_MAX = 20
FAULTS_MAX = 50
TITLE_MAX_CHARS = 200
SEARCH_MAX_CHARS = 1_500
GAP = re.compile(r"\{\{([a-z0-9_-]{1,32})\}\}")
# A media type, a family of them, or the ending of a file's name.
FILE_TYPE = re.compile(r"\.[A-Za-z0-9]{1,16}|[a-z]{1,32}/(?:\*|[A-Za-z0-9.+-]{1,100})")

ALWAYS = frozenset({"prompt", "partial", "explanation"})


def _mostly(part: Content | Key) -> dict[str, Any]:
    """What the fields are when nobody says anything, but those that every kind has."""
    return {name: getattr(part, name) for name in part.__struct_fields__ if name not in ALWAYS}


# What each kind says beside its prompt, and what its key has beside an explanation and whether parts count.
SAYS: Mapping[Kind, frozenset[str]] = {
    "single_choice": frozenset({"options", "shuffle"}),
    "multiple_choice": frozenset({"options", "shuffle"}),
    "true_false": frozenset(),
    "short_text": frozenset({"max_chars"}),
    "numeric": frozenset({"units"}),
    "matching": frozenset({"options", "left", "shuffle"}),
    "ordering": frozenset({"options", "shuffle"}),
    "cloze": frozenset({"gaps", "shuffle"}),
    "essay": frozenset({"max_chars"}),
    "file_upload": frozenset({"max_files", "max_file_bytes", "file_types"}),
}
KEYS: Mapping[Kind, frozenset[str]] = {
    "single_choice": frozenset({"correct", "option_feedback"}),
    "multiple_choice": frozenset({"correct", "option_feedback"}),
    "true_false": frozenset({"truth", "option_feedback"}),
    "short_text": frozenset({"accepted", "case_sensitive"}),
    "numeric": frozenset({"number", "tolerance", "relative", "units"}),
    "matching": frozenset({"pairs", "option_feedback"}),
    "ordering": frozenset({"order", "option_feedback"}),
    "cloze": frozenset({"gaps", "case_sensitive", "option_feedback"}),
    "essay": frozenset({"rubric"}),
    "file_upload": frozenset({"rubric"}),
}
MOSTLY_SAYS = _mostly(Content(prompt=""))
MOSTLY_KEYS = _mostly(Key())
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Values that are one line of words each, not Markdown.
LINES = frozenset({"accepted", "units", "file_types", "title"})
# Fields that map ids, which are made by those who write, and no names of ours.
MAPS = frozenset({"units", "pairs", "gaps", "option_feedback"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Where (a JSON pointer into the question) and what."""

    pointer: str
    detail: str


def whole(new: New) -> New:
    """The question as it is kept; Invalid with its faults, as many as anybody reads."""
    labels, found = _tidied(new.labels)
    tidy_new = replace(new, labels=labels, content=_unix(new.content), key=_unix(new.key))
    found += itertools.islice(faults(tidy_new.kind, tidy_new.content, tidy_new.key), FAULTS_MAX)
    if found:
        raise Invalid(
            found[0].detail,
            faults=[(one.pointer, one.detail) for one in found],
            code="question_faulty",
        )
    return tidy_new


def changed(labels: Labels, change: Change) -> Labels:
    """The labels after a change."""
    asked = {
        name: getattr(change, name)
        for name in ("title", "skills", "tags", "level", "language", "difficulty", "state")
        if getattr(change, name) is not None
    }
    return replace(labels, **asked)


def check_state(before: State, after: State) -> None:
    """Raise Conflict where people may not say so: what was recalled is so for good, and nobody holds or recalls an item by hand."""
    if before == "recalled":
        raise Conflict(
            "This question was recalled: it is out of use for good.", code="item_recalled"
        )
    if after != before and after in ("held", "recalled"):
        raise Conflict("A question is a draft, published or retired.", code="question_state")


def _tidied(labels: Labels) -> tuple[Labels, list[Fault]]:
    """The labels as they are kept, and what is wrong with them."""
    found = list[Fault]()
    try:
        title = tidy(labels.title, called="title", longest=TITLE_MAX_CHARS)
    except Invalid as refusal:
        title = labels.title
        found.append(Fault(pointer="/title", detail=refusal.message))
    skills, tags = _words(labels.skills), _words(labels.tags)
    for called, words in (("skills", skills), ("tags", tags)):
        if any(_text_fault(word, is_line=True) or ";" in word for word in words):
            detail = "A word is one line of text without a semicolon."
            found.append(Fault(pointer=f"/{called}", detail=detail))
    return replace(labels, title=title, skills=skills, tags=tags), found


def _words(words: Iterable[str]) -> tuple[str, ...]:
    """The words once each, without space around them."""
    return tuple(dict.fromkeys(unicodedata.normalize("NFC", word).strip() for word in words))


def folded(text: str) -> str:
    """Text as it is compared in a search: case, width and the kind of space do not count."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def search_text(labels: Labels, content: Content) -> str:
    """What a search looks into: never anything of the key."""
    parts = [labels.title, *labels.skills, *labels.tags, content.prompt]
    parts += [option.text for option in (*content.left, *content.options)]
    return folded(" ".join(parts)[: SEARCH_MAX_CHARS * 2])[:SEARCH_MAX_CHARS]


def _unix(part: Any) -> Any:
    """The same with one kind of line end in all its texts: a browser, a spreadsheet and a program agree then."""
    if b"\\r" not in msgspec.json.encode(part):
        return part
    return msgspec.convert(_lf(msgspec.to_builtins(part)), type(part))


def _lf(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(value, list):
        return [_lf(one) for one in value]
    if isinstance(value, dict):
        return {_lf(name): _lf(one) for name, one in value.items()}
    return value


# --- Faults --------------------------------------------------------------------------------------

OfKind = Callable[[Content, Key], Iterator[Fault]]


def faults(kind: Kind, content: Content, key: Key) -> Iterator[Fault]:
    """All that keeps this from being a question of its kind."""
    if len(msgspec.json.encode(content)) > CONTENT_MAX_BYTES:
        yield Fault(
            pointer="/content", detail=f"A question has at most {CONTENT_MAX_BYTES} bytes."
        )
        return
    if len(msgspec.json.encode(key)) > KEY_MAX_BYTES:
        yield Fault(pointer="/key", detail=f"A key has at most {KEY_MAX_BYTES} bytes.")
        return
    if len(links.uploads_of(links.texts(content, key))) > PICTURES_MAX:
        yield Fault(pointer="/content", detail=f"A question has at most {PICTURES_MAX} pictures.")
    if not content.prompt.strip():
        yield Fault(pointer="/content/prompt", detail="A question asks something.")
    yield from _foreign(kind, content, key)
    yield from _texts("/content", msgspec.to_builtins(content))
    yield from _texts("/key", msgspec.to_builtins(key))
    yield from _options("/content/options", content.options)
    yield from OF_KIND[kind](content, key)
    yield from _feedback(kind, content, key)


def _foreign(kind: Kind, content: Content, key: Key) -> Iterator[Fault]:
    """What questions of this kind do not have."""
    parts = (("content", content, SAYS[kind], MOSTLY_SAYS), ("key", key, KEYS[kind], MOSTLY_KEYS))
    for place, part, own, mostly in parts:
        for name, default in mostly.items():
            if name not in own and getattr(part, name) != default:
                yield Fault(
                    pointer=f"/{place}/{name}",
                    detail=f"A question of the kind {kind} has no {name}.",
                )


def _texts(pointer: str, value: Any, name: str = "") -> Iterator[Fault]:
    """Each text can be kept, shown and sent; what is a line is one."""
    if isinstance(value, str):
        found = _text_fault(value, is_line=name in LINES)
        if found is not None:
            yield Fault(pointer=pointer, detail=found)
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from _texts(f"{pointer}/{place}", one, name if isinstance(one, str) else "")
    elif isinstance(value, dict):
        for step, one in value.items():
            if _text_fault(step, is_line=True):
                yield Fault(pointer=pointer, detail="A name in it is no plain line of text.")
            else:
                escaped = step.replace("~", "~0").replace("/", "~1")
                yield from _texts(f"{pointer}/{escaped}", one, name if name in MAPS else step)


def _text_fault(text: str, *, is_line: bool) -> str | None:
    if CONTROL.search(text):
        return "A text has no control characters."
    if is_line and (text != text.strip() or "\n" in text or "\t" in text or not text):
        return "This is one line of text, without space around it."
    return None if is_line else links.fault(text)


def _distinct(pointer: str, ids: Iterable[str], called: str) -> Iterator[Fault]:
    seen = set[str]()
    for place, one in enumerate(ids):
        if one in seen:
            yield Fault(pointer=f"{pointer}/{place}", detail=f"The {called} {one} stands twice.")
        seen.add(one)


def _options(pointer: str, options: list[Option]) -> Iterator[Fault]:
    yield from _distinct(pointer, (one.id for one in options), "option")
    for place, one in enumerate(options):
        if not one.text.strip():
            yield Fault(pointer=f"{pointer}/{place}/text", detail="An option says something.")


def _at_least(pointer: str, count: int, least: int, called: str) -> Iterator[Fault]:
    if count < least:
        yield Fault(pointer=pointer, detail=f"At least {least} {called} are needed.")


def _named(
    pointer: str, given: Iterable[str], known: Iterable[str], called: str
) -> Iterator[Fault]:
    """Each id of the key is one of the content's."""
    there = set(known)
    for one in given:
        if one not in there:
            yield Fault(pointer=pointer, detail=f"There is no {called} {one[:40]}.")


def _ids(options: Iterable[Option]) -> list[str]:
    return [one.id for one in options]


def _single_choice(content: Content, key: Key) -> Iterator[Fault]:
    yield from _at_least("/content/options", len(content.options), 2, "options")
    if len(key.correct) != 1:
        yield Fault(pointer="/key/correct", detail="Exactly one option is correct.")
    yield from _named("/key/correct", key.correct, _ids(content.options), "option")


def _multiple_choice(content: Content, key: Key) -> Iterator[Fault]:
    yield from _at_least("/content/options", len(content.options), 2, "options")
    if not key.correct:
        yield Fault(pointer="/key/correct", detail="At least one option is correct.")
    yield from _distinct("/key/correct", key.correct, "option")
    yield from _named("/key/correct", key.correct, _ids(content.options), "option")


def _true_false(content: Content, key: Key) -> Iterator[Fault]:
    if key.truth is None:
        yield Fault(pointer="/key/truth", detail="Say whether it is true.")


def _short_text(content: Content, key: Key) -> Iterator[Fault]:
    if not key.accepted:
        yield Fault(pointer="/key/accepted", detail="At least one answer is accepted.")
    for place, one in enumerate(key.accepted):
        if len(one) > content.max_chars:
            yield Fault(
                pointer=f"/key/accepted/{place}",
                detail="This is longer than an answer may be.",
            )


def _numeric(content: Content, key: Key) -> Iterator[Fault]:
    if key.number is None:
        yield Fault(pointer="/key/number", detail="Say which number is right.")
    if Decimal(key.tolerance) < 0:
        yield Fault(pointer="/key/tolerance", detail="A tolerance is not below 0.")
    yield from _distinct("/content/units", content.units, "unit")
    yield from _named("/key/units", key.units, content.units, "unit")
    for place, unit in enumerate(content.units):
        factor = key.units.get(unit)
        if factor is None:
            yield Fault(pointer="/key/units", detail=f"Say what a {unit[:40]} is worth.")
        elif Decimal(factor) <= 0:
            yield Fault(pointer="/key/units", detail=f"A {unit[:40]} is worth more than 0.")
        elif place == 0 and Decimal(factor) != 1:
            yield Fault(pointer="/key/units", detail="The first unit is worth 1.")


def _matching(content: Content, key: Key) -> Iterator[Fault]:
    yield from _at_least("/content/options", len(content.options), 2, "options")
    yield from _at_least("/content/left", len(content.left), 1, "things to match")
    yield from _options("/content/left", content.left)
    yield from _named("/key/pairs", key.pairs, _ids(content.left), "left side")
    yield from _named("/key/pairs", key.pairs.values(), _ids(content.options), "option")
    for left in _ids(content.left):
        if left not in key.pairs:
            yield Fault(pointer="/key/pairs", detail=f"{left} has no partner.")


def _ordering(content: Content, key: Key) -> Iterator[Fault]:
    ids = _ids(content.options)
    yield from _at_least("/content/options", len(ids), 2, "options")
    if sorted(key.order) != sorted(ids):
        yield Fault(pointer="/key/order", detail="The order names each option once.")
    elif key.order == ids and not content.shuffle:
        yield Fault(
            pointer="/content/shuffle", detail="Unshuffled, it would stand in its right order."
        )


def _cloze(content: Content, key: Key) -> Iterator[Fault]:
    ids = [gap.id for gap in content.gaps]
    yield from _at_least("/content/gaps", len(ids), 1, "gaps")
    yield from _distinct("/content/gaps", ids, "gap")
    standing = Counter(GAP.findall(content.prompt))
    for gap, times in standing.items():
        if gap not in ids or times > 1:
            told = "is not described" if gap not in ids else "stands twice"
            yield Fault(pointer="/content/prompt", detail=f"The gap {gap} {told}.")
    yield from _named("/key/gaps", key.gaps, ids, "gap")
    for place, one in enumerate(content.gaps):
        if one.id not in standing:
            yield Fault(
                pointer=f"/content/gaps/{place}",
                detail=f"The prompt has no {{{{{one.id}}}}}.",
            )
        yield from _options(f"/content/gaps/{place}/options", one.options)
        yield from _gap_key(one.id, _ids(one.options), key.gaps.get(one.id, []))


def _gap_key(gap: str, options: list[str], accepted: list[str]) -> Iterator[Fault]:
    pointer = f"/key/gaps/{gap}"
    if not accepted:
        yield Fault(pointer=pointer, detail="At least one answer is accepted in a gap.")
    yield from _distinct(pointer, accepted, "answer")
    if options:
        yield from _at_least(pointer, len(options), 2, "options")
        yield from _named(pointer, accepted, options, "option")
        return
    for place, text in enumerate(accepted):
        if len(text) > 500 or _text_fault(text, is_line=True):
            yield Fault(
                pointer=f"{pointer}/{place}",
                detail="An answer in a gap is one line of at most 500 characters.",
            )


def _by_hand(content: Content, key: Key) -> Iterator[Fault]:
    """Essays and files: a rubric, if there is one, and the types of the files."""
    yield from _distinct("/key/rubric", (one.id for one in key.rubric), "criterion")
    yield from _distinct("/content/file_types", content.file_types, "type")
    for place, one in enumerate(content.file_types):
        if not FILE_TYPE.fullmatch(one):
            yield Fault(
                pointer=f"/content/file_types/{place}",
                detail="A type of files is like application/pdf, image/* or .csv.",
            )


OF_KIND: Mapping[Kind, OfKind] = {
    "single_choice": _single_choice,
    "multiple_choice": _multiple_choice,
    "true_false": _true_false,
    "short_text": _short_text,
    "numeric": _numeric,
    "matching": _matching,
    "ordering": _ordering,
    "cloze": _cloze,
    "essay": _by_hand,
    "file_upload": _by_hand,
}


def _feedback(kind: Kind, content: Content, key: Key) -> Iterator[Fault]:
    """Words to an answer belong to something that can be answered."""
    known = {
        "true_false": ["true", "false"],
        "matching": _ids(content.left),
        "cloze": [gap.id for gap in content.gaps],
    }.get(kind, _ids(content.options))
    yield from _named("/key/option_feedback", key.option_feedback, known, "option")
