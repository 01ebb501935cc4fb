"""A bank as a CSV: what goes out comes in again unchanged, and what is wrong is told by line and column."""

import csv
import io
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.errors import Invalid
from lms.ids import CourseId, QuestionId
from lms.questions import cells, table
from lms.questions.model import (
    Content,
    Criterion,
    Gap,
    Key,
    Kind,
    Labels,
    Level,
    Listed,
    New,
    Option,
    Question,
    State,
)
from lms.questions.rules import whole
from tests.support.items import ITEMS

ID = "018f3a5e-0000-7000-8000-00000000de30"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def question(new: New) -> Question:
    listed = Listed(
        question_id=QuestionId(ID),
        course_id=CourseId(ID),
        version=1,
        kind=new.kind,
        labels=new.labels,
        updated_at=NOW,
    )
    return Question(listed=listed, content=new.content, key=new.key)


def file_of(*questions: Question) -> bytes:
    return (table.head() + table.lines(questions)).encode()


def item(kind: Kind) -> New:
    content, key = ITEMS[kind]
    return New(kind=kind, labels=Labels(title=kind), content=content, key=key)


def rows(*lines: dict[str, str]) -> bytes:
    """A file written by hand, with the columns that its first line names."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(lines[0]))
    writer.writeheader()
    writer.writerows(lines)
    return out.getvalue().encode()


def simple(**cells_of_it: str) -> dict[str, str]:
    line = {"kind": "true_false", "title": "T", "prompt": "P?", "answer": "true"}
    return {**line, **cells_of_it}


# --- Out and in again ----------------------------------------------------------------------------

IDS = st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True)
# What hurts: quotes, separators, starts of formulas, lines that look like entries, set-in lines, other scripts.
CHARS = st.sampled_from("ab =+-@'\",;:/\n\t|#[]{}$\\^_é字ا\uff1d\u00a0\u2028")
TEXT = st.text(CHARS, min_size=1, max_size=24).filter(str.strip)
MARKDOWN = TEXT.filter(lambda text: "](" not in text and "]:" not in text)
LINE = TEXT.map(lambda text: " ".join(text.split())).filter(bool)
WORD = LINE.map(lambda text: text.replace(";", "").strip()).filter(bool)
DECIMAL = st.decimals(-1000, 1000, places=3).map(str)
POSITIVE = st.decimals("0.001", 1000, places=3).map(str)


def distinct(of: st.SearchStrategy[str], least: int, most: int) -> st.SearchStrategy[list[str]]:
    return st.lists(of, min_size=least, max_size=most, unique=True)


@st.composite
def options(draw: st.DrawFn, least: int = 2) -> list[Option]:
    return [Option(id=one, text=draw(MARKDOWN)) for one in draw(distinct(IDS, least, 5))]


@st.composite
def choices(draw: st.DrawFn, kind: Kind) -> tuple[Content, Key]:
    there = draw(options())
    ids = [one.id for one in there]
    most = 1 if kind == "single_choice" else len(ids)
    told = draw(st.dictionaries(st.sampled_from(ids), MARKDOWN, max_size=2))
    key = Key(
        correct=draw(distinct(st.sampled_from(ids), 1, most)),
        option_feedback=told,
        partial=draw(st.booleans()),
        explanation=draw(st.one_of(st.just(""), MARKDOWN)),
    )
    content = Content(prompt=draw(MARKDOWN), options=there, shuffle=draw(st.booleans()))
    return content, key


@st.composite
def numbers(draw: st.DrawFn) -> tuple[Content, Key]:
    units = draw(distinct(LINE, 0, 3))
    factors = {unit: draw(POSITIVE) if place else "1" for place, unit in enumerate(units)}
    key = Key(
        number=draw(DECIMAL),
        tolerance=draw(POSITIVE),
        relative=draw(st.booleans()),
        units=factors,
    )
    return Content(prompt=draw(MARKDOWN), units=units), key


@st.composite
def matchings(draw: st.DrawFn) -> tuple[Content, Key]:
    left, right = draw(options(1)), draw(options())
    ids = st.sampled_from([one.id for one in right])
    key = Key(pairs={one.id: draw(ids) for one in left})
    return Content(prompt=draw(MARKDOWN), left=left, options=right), key


@st.composite
def orderings(draw: st.DrawFn) -> tuple[Content, Key]:
    there = draw(options())
    order = draw(st.permutations([one.id for one in there]))
    return Content(prompt=draw(MARKDOWN), options=there), Key(order=order)


@st.composite
def clozes(draw: st.DrawFn) -> tuple[Content, Key]:
    gaps, accepted, prompt = list[Gap](), dict[str, list[str]](), "G"
    for name in draw(distinct(IDS, 1, 4)):
        there = draw(st.one_of(st.just([]), options()))
        gaps.append(Gap(id=name, options=there))
        known = st.sampled_from([one.id for one in there]) if there else LINE
        accepted[name] = draw(distinct(known, 1, 2))
        prompt += " {{" + name + "}} "
    return Content(prompt=prompt, gaps=gaps), Key(
        gaps=accepted, case_sensitive=draw(st.booleans())
    )


@st.composite
def by_hand(draw: st.DrawFn, kind: Kind) -> tuple[Content, Key]:
    levels = st.lists(
        st.builds(Level, title=LINE, earned_milli=st.integers(0, 1_000_000)),
        min_size=1,
        max_size=3,
    )
    rubric = [
        Criterion(id=one, title=draw(LINE), levels=draw(levels))
        for one in draw(distinct(IDS, 0, 3))
    ]
    if kind == "essay":
        content = Content(prompt=draw(MARKDOWN), max_chars=draw(st.integers(1, 100_000)))
    else:
        types = draw(distinct(st.sampled_from([".pdf", "image/*", "text/plain"]), 0, 3))
        content = Content(prompt=draw(MARKDOWN), file_types=types, max_files=3)
    return content, Key(rubric=rubric)


@st.composite
def true_or_false(draw: st.DrawFn) -> tuple[Content, Key]:
    told = draw(st.dictionaries(st.sampled_from(["true", "false"]), MARKDOWN))
    return Content(prompt=draw(MARKDOWN)), Key(truth=draw(st.booleans()), option_feedback=told)


@st.composite
def short_texts(draw: st.DrawFn) -> tuple[Content, Key]:
    key = Key(accepted=draw(st.lists(LINE, min_size=1, max_size=3)), explanation=draw(MARKDOWN))
    return Content(prompt=draw(MARKDOWN), max_chars=500), key


SAID = {
    "single_choice": choices("single_choice"),
    "multiple_choice": choices("multiple_choice"),
    "true_false": true_or_false(),
    "short_text": short_texts(),
    "numeric": numbers(),
    "matching": matchings(),
    "ordering": orderings(),
    "cloze": clozes(),
    "essay": by_hand("essay"),
    "file_upload": by_hand("file_upload"),
}


@st.composite
def questions(draw: st.DrawFn, kind: Kind) -> New:
    content, key = draw(SAID[kind])
    labels = Labels(
        title=draw(LINE.filter(lambda text: not any("\x7f" <= char < "\xa0" for char in text))),
        skills=tuple(draw(distinct(WORD, 0, 3))),
        tags=tuple(draw(distinct(WORD, 0, 2))),
        level=draw(st.integers(1, 10)),
        language=draw(st.sampled_from(["en", "ar", "zh-Hant"])),
        difficulty=draw(st.integers(0, 100)),
        state=draw(st.sampled_from(get_args(State))),
    )
    return New(kind=kind, labels=labels, content=content, key=key)


@pytest.mark.parametrize("kind", get_args(Kind))
@given(data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_question_of_any_kind_comes_back_as_it_went(kind: Kind, data: st.DataObject) -> None:
    new = whole(data.draw(questions(kind)))
    [line] = table.read(file_of(question(new)))
    assert line.faults == ()
    assert (line.number, line.question_id, line.new) == (2, ID, new)


@given(cell=st.text(CHARS, max_size=12))
def test_no_cell_is_a_formula_and_each_comes_back(cell: str) -> None:
    sent = cells.safe(cell)
    assert not sent.startswith(cells.FORMULA)
    assert cells.unsafe(sent) == cell


def test_every_cell_of_an_export_is_safe_in_a_spreadsheet() -> None:
    content, key = ITEMS["single_choice"]
    labels = Labels(title="=HYPERLINK(1)", skills=("@x",), tags=("+1",))
    evil = New(
        kind="single_choice",
        labels=labels,
        content=replace_prompt(content, "-2+3|cmd"),
        key=key,
    )
    data = file_of(question(evil)).decode("utf-8-sig")
    for row in csv.reader(io.StringIO(data, newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)


def replace_prompt(content: Content, prompt: str) -> Content:
    return Content(prompt=prompt, options=content.options)


# --- Written by hand -----------------------------------------------------------------------------


def test_a_few_columns_are_enough_for_new_questions() -> None:
    [line] = table.read(rows(simple()))
    assert line.new == New(
        kind="true_false",
        labels=Labels(title="T"),
        content=Content(prompt="P?"),
        key=Key(truth=True),
    )
    assert (line.question_id, line.faults) == (None, ())


def test_a_spreadsheet_that_parts_by_semicolons_is_read_too() -> None:
    [line] = table.read(b"kind;title;prompt;answer\r\ntrue_false;T;P, or not?;FALSE\r\n")
    assert line.new is not None
    assert (line.new.content.prompt, line.new.key.truth) == ("P, or not?", False)


def test_a_text_of_several_lines_is_set_in() -> None:
    options = "a: one\n  - two\n  b: still a\nb: three"
    said = simple(kind="single_choice", options=options, answer="b")
    [line] = table.read(rows(said))
    assert line.new is not None
    assert [one.text for one in line.new.content.options] == ["one\n- two\nb: still a", "three"]


def test_mathematics_needs_no_escapes() -> None:
    [line] = table.read(rows(simple(prompt=r"Is $\nu = \frac{1}{T}$?")))
    assert line.new is not None
    assert line.new.content.prompt == r"Is $\nu = \frac{1}{T}$?"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"kind": "riddle"}, "kind: The kind is one of single_choice"),
        ({"answer": "maybe"}, "answer: This is one of true, false."),
        ({"title": " "}, "title: A title has 1 to 200 characters."),
        ({"level": "12"}, "level: Write a number of 10 or less."),
        ({"level": "x"}, "level: This is not a number."),
        ({"state": "gone"}, "state: There is no 'gone' here."),
        ({"language": "English!"}, "language: Write a language as en, ar or zh-Hant."),
        ({"options": "A b: x\nb: y"}, "options: "),
        ({"tags": "x" * 81}, "tags: At most 80 characters fit."),
        ({"options": "no colon"}, "options: Each line is a name, a colon and a text."),
        ({"options": "a: x"}, "options: A question of the kind true_false has no options."),
        (
            {"kind": "numeric", "answer": "3,2"},
            "answer: Write a number with a point, such as 3.20.",
        ),
        ({"kind": "numeric", "answer": "1", "units": "m"}, "units: Each line is what a unit"),
        ({"settings": "colour=red"}, "settings: Settings are name=value"),
        ({"settings": "shuffle=no; shuffle=no"}, "settings: Settings are name=value"),
        ({"settings": "max_chars=-1"}, "settings: max_chars is a number."),
        ({"kind": "essay", "answer": "x"}, "answer: This kind is marked by hand"),
        ({"kind": "essay", "answer": "", "rubric": "a/1: x"}, "rubric: A criterion is written"),
        ({"kind": "cloze", "prompt": "{{a}}", "gaps": "a:", "answer": ""}, "answer: At least one"),
        ({"feedback": "true: a\ntrue: b"}, "feedback: A name stands twice."),
        ({"prompt": "[x](javascript:alert)"}, "prompt: A link begins with https:"),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_a_fault_is_told_by_line_and_column(said: dict[str, str], fault: str) -> None:
    wide = dict.fromkeys(set(table.COLUMNS) - {"id"}, "")
    [_, line] = table.read(rows({**wide, **simple()}, {**wide, **simple(**said)}))
    assert line.number == 3
    assert line.faults[0].startswith(fault), line.faults


def test_a_line_tells_all_faults_of_its_question() -> None:
    said = simple(kind="single_choice", options="a: x\na: y", answer="b; c", title="")
    [line] = table.read(rows(said))
    assert [one.partition(":")[0] for one in line.faults] == [
        "title",
        "options",
        "answer",
        "answer",
        "answer",
    ]


def test_a_question_stands_in_one_line_alone_and_lines_count_as_a_spreadsheet_has_them() -> None:
    one = table.lines([question(item("essay"))])
    lines = table.read((table.head() + one + "\r\n" + one).encode())
    assert [line.number for line in lines] == [2, 4]
    assert lines[1].faults == ("id: The question stands in an earlier line.",)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xfe", "csv_encoding"),
        (b"", "csv_header"),
        (b"kind,title\r\n", "csv_header"),
        (b"kind,title,prompt,answer,joke\r\n", "csv_header"),
        (b"kind,title,prompt,answer,answer\r\n", "csv_header"),
        (b"id,kind,title,prompt,answer\r\n", "csv_header"),
        (b'kind,title,prompt,answer\r\n"a"b,c\r\n', "csv_form"),
        (b"kind,title,prompt,answer\r\n\x00,c,d,e\r\n", "csv_form"),
        (b"kind,title,prompt,answer\r\n" + b"essay,T,P,\r\n" * 5001, "csv_too_long"),
    ],
    ids=["utf16", "empty", "few", "unknown", "twice", "id", "quotes", "nul", "long"],
)
def test_what_is_no_such_file_is_refused_whole(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        table.read(data)
    assert refused.value.code == code


# A second of work; a pattern that goes back over its text would take ten minutes.
@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "filler",
    ["](", "[", "<", "{{a}}", "a:", " ", "\n  ", "a:\n", "a/b:\n", "'", "[a]:\n", "src= "],
)
def test_five_megabytes_of_anything_are_read_in_a_moment(filler: str) -> None:
    cell = (filler * 19_999)[:19_999]
    line = simple(kind="cloze", prompt=cell, gaps=cell, answer=cell, options=cell)
    data = rows(*[line] * 60)
    assert len(table.read(data[:5_000_000])) == 60
