"""A bank as a CSV and back: a line a question, all of what it says in named columns, faults by line."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

import msgspec

from lms.errors import Invalid
from lms.ids import is_uuid7
from lms.questions import cells, links, rules
from lms.questions.cells import CellFault
from lms.questions.model import Content, Key, Kind, Labels, New, Question
from lms.questions.plainly import plainly

IMPORT_MAX_LINES = 5_000
FAULTS_MAX = 100
BOM = "\ufeff"
KINDS: tuple[Kind, ...] = get_args(Kind)
COLUMNS = (
    "id",
    "kind",
    "title",
    "state",
    "language",
    "level",
    "difficulty",
    "skills",
    "tags",
    "prompt",
    "options",
    "left",
    "gaps",
    "units",
    "answer",
    "settings",
    "rubric",
    "feedback",
    "explanation",
)
NEEDED = frozenset({"kind", "title", "prompt", "answer"})
# Which column a field of the question stands in, where the two are not named alike.
COLUMN: Mapping[str, str] = {
    "correct": "answer",
    "truth": "answer",
    "accepted": "answer",
    "number": "answer",
    "pairs": "answer",
    "order": "answer",
    "option_feedback": "feedback",
}
BOOLS: Mapping[str, bool] = {"yes": True, "no": False}
CONTENT_SETTINGS = ("shuffle", "max_chars", "max_files", "max_file_bytes", "file_types")
KEY_SETTINGS = ("case_sensitive", "partial", "tolerance", "relative")
AT = re.compile(r" - at `\$\.?([a-z_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a CSV: a question to add, or to write over `question_id`; or what is wrong with it."""

    number: int
    question_id: str | None
    new: New | None
    faults: tuple[str, ...]
    pictures: frozenset[str] = frozenset()


# --- To CSV --------------------------------------------------------------------------------------


def head() -> str:
    """The first line of a file, with the mark by which spreadsheets know UTF-8."""
    return BOM + _written([COLUMNS])


def lines(questions: Iterable[Question]) -> str:
    """The lines of these questions."""
    return _written([_cells(one) for one in questions])


def _written(rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO(newline="")
    # All in quotes: nothing in a cell is taken for its end, whatever a spreadsheet parts cells by.
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def _cells(question: Question) -> list[str]:
    listed, labels = question.listed, question.listed.labels
    content, key = question.content, question.key
    by_column = {
        "id": listed.question_id,
        "kind": listed.kind,
        "title": labels.title,
        "state": labels.state,
        "language": labels.language,
        "level": str(labels.level),
        "difficulty": str(labels.difficulty),
        "skills": cells.WORDS_APART.join(labels.skills),
        "tags": cells.WORDS_APART.join(labels.tags),
        "prompt": content.prompt,
        "options": cells.from_options(content.options),
        "left": cells.from_options(content.left),
        "gaps": cells.from_gaps(content.gaps),
        "units": cells.from_units(content.units, key.units),
        "answer": _answer(listed.kind, content, key),
        "settings": _settings(content, key),
        "rubric": cells.from_rubric(key.rubric),
        "feedback": cells.from_entries(key.option_feedback.items()),
        "explanation": key.explanation,
    }
    return [cells.safe(by_column[column]) for column in COLUMNS]


def _answer(kind: Kind, content: Content, key: Key) -> str:
    """What is right, as the kind has it."""
    match kind:
        case "single_choice" | "multiple_choice":
            return cells.WORDS_APART.join(key.correct)
        case "true_false":
            return "true" if key.truth else "false"
        case "short_text":
            return "\n".join(key.accepted)
        case "numeric":
            return key.number or ""
        case "matching":
            return cells.from_entries((one.id, key.pairs[one.id]) for one in content.left)
        case "ordering":
            return cells.WORDS_APART.join(key.order)
        case "cloze":
            return cells.from_many((one.id, key.gaps[one.id]) for one in content.gaps)
        case "essay" | "file_upload":
            return ""


def _settings(content: Content, key: Key) -> str:
    """What is not as it mostly is, as name=value."""
    said = list[str]()
    settings: tuple[tuple[Any, Any, tuple[str, ...]], ...] = (
        (content, Content(prompt=""), CONTENT_SETTINGS),
        (key, Key(), KEY_SETTINGS),
    )
    for part, mostly, names in settings:
        said += [
            f"{name}={_value(getattr(part, name))}"
            for name in names
            if getattr(part, name) != getattr(mostly, name)
        ]
    return cells.WORDS_APART.join(said)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else str(value)


# --- From CSV ------------------------------------------------------------------------------------


def read(data: bytes) -> list[Line]:
    """The lines of a file, each with its faults; Invalid when it is no such file at all."""
    rows = _rows(data)
    columns = _columns(next(rows, []))
    seen = set[str]()
    found = list[Line]()
    for number, row in enumerate(rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        if len(found) == IMPORT_MAX_LINES:
            raise Invalid(f"A file has at most {IMPORT_MAX_LINES} questions.", code="csv_too_long")
        found.append(_line(number, columns, row, seen))
    return found


def _rows(data: bytes) -> Iterator[list[str]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("The file is not UTF-8.", code="csv_encoding") from None
    if "\x00" in text:
        raise Invalid("The file is not CSV: it has a NUL character.", code="csv_form")
    first = text[: text.find("\n") + 1] or text
    # What spreadsheets write where the comma is the decimal point.
    apart = ";" if first.count(";") > first.count(",") else ","
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=apart, strict=True)
    except csv.Error as fault:
        raise Invalid(f"The file is not CSV: {fault}.", code="csv_form") from None


def _columns(cells_of_head: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells_of_head]
    known = set(columns) <= set(COLUMNS) and len(set(columns)) == len(columns)
    # A line with an id is the whole of its question: what it left out would be lost.
    needed = frozenset(COLUMNS) if "id" in columns else NEEDED
    if not known or not needed <= set(columns):
        raise Invalid(
            f"The first line names the columns, of {', '.join(COLUMNS)}: at least"
            f" {', '.join(sorted(NEEDED))}, and all of them when id is there.",
            code="csv_header",
        )
    return columns


def _line(number: int, columns: list[str], row: list[str], seen: set[str]) -> Line:
    if len(row) != len(columns):
        fault = f"The line has {len(row)} cells, not {len(columns)}."
        return Line(number=number, question_id=None, new=None, faults=(fault,))
    said = {
        name: cells.unsafe(cell.replace("\r\n", "\n"))
        for name, cell in zip(columns, row, strict=True)
    }
    question_id = said.get("id", "").strip() or None
    faults = list[str]()
    if question_id is not None:
        if not is_uuid7(question_id):
            faults.append("id: This is not the id of a question; leave it empty for a new one.")
        elif question_id in seen:
            faults.append("id: The question stands in an earlier line.")
        seen.add(question_id)
    new = None
    try:
        new = rules.whole(_new(said))
    except _LineFault as fault:
        faults.append(str(fault))
    except Invalid as refusal:
        faults += [f"{_column(pointer)}: {detail}" for pointer, detail in refusal.faults]
    shown = links.uploads_of(links.texts(new.content, new.key)) if new else ()
    return Line(
        number=number,
        question_id=question_id,
        new=new,
        faults=tuple(faults),
        pictures=frozenset(shown),
    )


class _LineFault(Exception):
    """The first fault of a line that cannot even be put together."""


def _new(said: Mapping[str, str]) -> New:
    kind = said["kind"].strip().lower()
    known = next((one for one in KINDS if one == kind), None)
    if known is None:
        raise _LineFault(f"kind: The kind is one of {', '.join(KINDS)}.")
    settings = _cell(said, "settings", _to_settings)
    units = _cell(said, "units", cells.to_units)
    content = {
        "prompt": said["prompt"],
        "options": _cell(said, "options", cells.to_options),
        "left": _cell(said, "left", cells.to_options),
        "gaps": _cell(said, "gaps", cells.to_gaps),
        "units": [unit for unit, _ in units],
        **{name: value for name, value in settings.items() if name in CONTENT_SETTINGS},
    }
    key = {
        **_cell(said, "answer", lambda cell: _to_answer(known, cell)),
        "units": dict(units),
        "rubric": _cell(said, "rubric", cells.to_rubric),
        "option_feedback": _cell(said, "feedback", cells.to_map),
        "explanation": said.get("explanation", ""),
        **{name: value for name, value in settings.items() if name in KEY_SETTINGS},
    }
    return New(
        kind=known,
        labels=_typed(_labels(said), Labels),
        content=_typed(content, Content),
        key=_typed(key, Key),
    )


def _cell(said: Mapping[str, str], column: str, read_cell: Callable[[str], Any]) -> Any:
    try:
        return read_cell(said.get(column, ""))
    except CellFault as fault:
        raise _LineFault(f"{column}: {fault}") from None


def _typed(value: Any, form: Any) -> Any:
    try:
        return msgspec.convert(value, form)
    except msgspec.ValidationError as fault:
        where = AT.search(str(fault))
        detail = plainly(str(fault).partition(" - at `")[0])
        raise _LineFault(f"{_column('/' + (where[1] if where else ''))}: {detail}.") from None


def _column(pointer: str) -> str:
    """The column of a field; pointers are /content/options/0, /key/correct, /title."""
    steps = [step for step in pointer.split("/") if step not in ("", "content", "key")]
    field = steps[0] if steps else "line"
    if pointer.startswith("/key/gaps"):
        return "answer"
    if field in CONTENT_SETTINGS or field in KEY_SETTINGS:
        return "settings"
    return COLUMN.get(field, field)


def _labels(said: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": said["title"],
        "skills": cells.to_words(said.get("skills", "")),
        "tags": cells.to_words(said.get("tags", "")),
    }
    for column in ("state", "language"):
        if said.get(column, "").strip():
            found[column] = said[column].strip()
    for column in ("level", "difficulty"):
        if said.get(column, "").strip():
            found[column] = _integer(said[column].strip(), column)
    return found


def _integer(text: str, column: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise _LineFault(f"{column}: This is not a number.")
    return int(text)


def _to_answer(kind: Kind, cell: str) -> dict[str, Any]:
    """The fields of the key that say what is right."""
    match kind:
        case "single_choice" | "multiple_choice":
            return {"correct": cells.to_words(cell)}
        case "true_false":
            return {"truth": _one_of(cell, {"true": True, "false": False})}
        case "short_text":
            return {"accepted": cells.to_lines(cell)}
        case "numeric":
            return {"number": cell.strip() or None}
        case "matching":
            return {"pairs": cells.to_map(cell)}
        case "ordering":
            return {"order": cells.to_words(cell)}
        case "cloze":
            return {"gaps": cells.to_many(cell)}
        case "essay" | "file_upload":
            if cell.strip():
                raise CellFault("This kind is marked by hand and has no answer here.")
            return {}


def _one_of(cell: str, words: Mapping[str, bool]) -> bool:
    said = words.get(cell.strip().lower())
    if said is None:
        raise CellFault(f"This is one of {', '.join(words)}.")
    return said


def _to_settings(cell: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for setting in cells.to_words(cell):
        name, equals, value = setting.partition("=")
        name, value = name.strip(), value.strip()
        if not equals or name in found or name not in (*CONTENT_SETTINGS, *KEY_SETTINGS):
            known = ", ".join((*CONTENT_SETTINGS, *KEY_SETTINGS))
            raise CellFault(f"Settings are name=value, once each, of {known}.")
        found[name] = _to_setting(name, value)
    return found


def _to_setting(name: str, value: str) -> Any:
    if name in ("shuffle", "case_sensitive", "partial", "relative"):
        return _one_of(value, BOOLS)
    if name == "file_types":
        return cells.to_words(value, ",")
    if name == "tolerance":
        return value
    if not value.isascii() or not value.isdigit() or len(value) > 12:
        raise CellFault(f"{name} is a number.")
    return int(value)
