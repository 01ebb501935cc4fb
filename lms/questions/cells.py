"""Lists and pairs in a cell of a CSV and back: one entry a line, as `name: text`, further lines of a text set in by two spaces."""

from collections.abc import Iterable, Sequence
from decimal import Decimal, InvalidOperation

from lms.questions.model import Criterion, Gap, Level, Option

SET_IN = "  "
WORDS_APART = "; "
# A spreadsheet takes a cell that begins so for a formula; with ' before it the cell is text.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - those too
QUOTE = "'"


class CellFault(Exception):
    """What keeps a cell from being read; the message says how it is written."""


def safe(cell: str) -> str:
    """The cell as no spreadsheet takes it for a formula."""
    return QUOTE + cell if cell.startswith((*FORMULA, QUOTE)) else cell


def unsafe(cell: str) -> str:
    """What `safe` was given."""
    return cell[1:] if cell.startswith(QUOTE) and cell[1:].startswith((*FORMULA, QUOTE)) else cell


def from_entries(entries: Iterable[tuple[str, str]]) -> str:
    """The cell of (name, text)."""
    return "\n".join(
        f"{name}: {text}".replace("\n", "\n" + SET_IN) if text else f"{name}:"
        for name, text in entries
    )


def to_entries(cell: str) -> list[tuple[str, str]]:
    """(name, text) of each entry."""
    found = list[tuple[str, list[str]]]()
    for line in cell.split("\n"):
        if found and line.startswith(SET_IN):
            found[-1][1].append(line.removeprefix(SET_IN))
        elif line.strip():
            name, colon, text = line.partition(":")
            if not colon:
                raise CellFault("Each line is a name, a colon and a text.")
            found.append((name.strip(), [text.removeprefix(" ")]))
    return [(name, "\n".join(lines)) for name, lines in found]


def to_map(cell: str) -> dict[str, str]:
    """The entries by name, of which none stands twice."""
    entries = to_entries(cell)
    found = dict(entries)
    if len(found) < len(entries):
        raise CellFault("A name stands twice.")
    return found


def to_many(cell: str) -> dict[str, list[str]]:
    """The texts by name, which may stand several times."""
    found: dict[str, list[str]] = {}
    for name, text in to_entries(cell):
        found.setdefault(name, []).append(text)
    return found


def from_many(texts: Iterable[tuple[str, Sequence[str]]]) -> str:
    """The cell of several texts a name."""
    return from_entries((name, text) for name, several in texts for text in several)


def from_options(options: Iterable[Option]) -> str:
    """The cell of options, each by its id."""
    return from_entries((one.id, one.text) for one in options)


def to_options(cell: str) -> list[dict[str, str]]:
    """The options of a cell, still to be checked."""
    return [{"id": name, "text": text} for name, text in to_entries(cell)]


def from_gaps(gaps: Iterable[Gap]) -> str:
    """The cell of gaps: a gap to write in as `gap:`, one to choose in as `gap/option: text` for each option."""
    entries = list[tuple[str, str]]()
    for gap in gaps:
        entries += [(f"{gap.id}/{one.id}", one.text) for one in gap.options] or [(gap.id, "")]
    return from_entries(entries)


def to_gaps(cell: str) -> list[dict[str, object]]:
    """The gaps of a cell, still to be checked."""
    found: dict[str, list[dict[str, str]]] = {}
    for name, text in to_entries(cell):
        gap, slash, option = name.partition("/")
        if (not slash and (text.strip() or gap in found)) or (slash and found.get(gap) == []):
            raise CellFault("A gap is written gap: alone, or gap/option: text for each option.")
        options = found.setdefault(gap, [])
        if slash:
            options.append({"id": option, "text": text})
    return [{"id": gap, "options": options} for gap, options in found.items()]


def from_rubric(rubric: Iterable[Criterion]) -> str:
    """The cell of a rubric: `criterion: title`, then `criterion/points: title` for each level."""
    entries = list[tuple[str, str]]()
    for one in rubric:
        entries.append((one.id, one.title))
        entries += [(f"{one.id}/{_points(level)}", level.title) for level in one.levels]
    return from_entries(entries)


def _points(level: Level) -> str:
    return format((Decimal(level.earned_milli) / 1000).normalize(), "f")


def to_rubric(cell: str) -> list[dict[str, object]]:
    """The rubric of a cell, still to be checked."""
    found: dict[str, tuple[str, list[dict[str, object]]]] = {}
    for name, text in to_entries(cell):
        criterion, slash, points = name.partition("/")
        if bool(slash) != (criterion in found):
            raise CellFault("A criterion is written name: title, then name/points: title.")
        if slash:
            found[criterion][1].append({"title": text, "earned_milli": _milli(points)})
        else:
            found[criterion] = (text, [])
    return [
        {"id": name, "title": title, "levels": levels} for name, (title, levels) in found.items()
    ]


def _milli(points: str) -> int:
    try:
        milli = Decimal(points) * 1000
    except InvalidOperation:
        raise CellFault("Points are a number like 1.5.") from None
    if not milli.is_finite() or not 0 <= milli <= 1_000_000 or milli != int(milli):
        raise CellFault("Points are from 0 to 1000, with three decimals at most.")
    return int(milli)


def from_units(units: Iterable[str], factors: dict[str, str]) -> str:
    """The cell of units, a line each: what it is worth of the first, and its name."""
    return "\n".join(f"{factors.get(unit, '1')} {unit}" for unit in units)


def to_units(cell: str) -> list[tuple[str, str]]:
    """(unit, what it is worth)."""
    found = list[tuple[str, str]]()
    for line in to_lines(cell):
        factor, space, unit = line.partition(" ")
        if not space:
            raise CellFault("Each line is what a unit is worth and its name, like 0.01 cm.")
        found.append((unit.strip(), factor))
    return found


def to_lines(cell: str) -> list[str]:
    """The lines of a cell that say something."""
    return [line.strip() for line in cell.split("\n") if line.strip()]


def to_words(cell: str, apart: str = WORDS_APART) -> list[str]:
    """The words of a cell."""
    return [word.strip() for word in cell.split(apart.strip()) if word.strip()]
