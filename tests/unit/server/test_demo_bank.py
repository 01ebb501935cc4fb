"""The bank of the demo school is a CSV like any other, and shows each kind, more than one language and mathematics."""

from typing import get_args

from lms.questions import table
from lms.questions.model import Kind
from server import demo


def test_every_line_of_the_demo_bank_is_a_question() -> None:
    lines = table.read(demo.BANK.read_bytes())
    assert [(line.number, line.faults) for line in lines if line.faults] == []
    bank = [line.new for line in lines if line.new]
    assert {one.kind for one in bank} == set(get_args(Kind))
    assert {one.labels.language for one in bank} == {"en", "ar"}
    assert any("\\frac" in one.key.explanation for one in bank)
    titles = [one.labels.title for one in bank]
    assert len(set(titles)) == len(titles)
    assert {demo.OWN_WORDS, demo.NOTE} <= set(titles)
