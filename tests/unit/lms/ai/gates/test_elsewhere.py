"""The gates over items that were not written for them: the demo bank, as it is and with faults made into it."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from lms.ai import seeds
from lms.ai.gates import order
from lms.ai.gates.model import Case
from lms.ai.model import Brief, Draft
from lms.grading.model import BY_HAND
from lms.questions import rules, table
from lms.questions.model import New
from server.demo import BANK
from tests.support import drafts


def bank() -> list[New]:
    lines = table.read(BANK.read_bytes())
    return [line.new for line in lines if line.new is not None]


def case_of(item: New) -> Case:
    labels = item.labels
    brief = Brief(
        skill=labels.skills[0], level=labels.level, language=labels.language, kinds=[item.kind]
    )
    draft = Draft(kind=item.kind, title=labels.title, content=item.content, key=item.key)
    solver = () if item.kind in BY_HAND else (drafts.solved(draft),)
    return Case(brief=brief, draft=draft, tier="small", blind=solver, near=(), space=drafts.SPACE)


def spoiled(fault: str) -> Iterator[tuple[New, Case]]:
    """Every item that the fault fits, with what a solver says who is right."""
    for item in bank():
        spoil = seeds.FAULTS[fault].get(item.kind)
        made = None if spoil is None else spoil(item.content, item.key)
        if made is not None and not any(rules.faults(item.kind, *made)):
            case = case_of(item)
            draft = replace(case.draft, content=made[0], key=made[1])
            yield item, replace(case, draft=draft)


@pytest.mark.parametrize("item", bank(), ids=lambda one: one.labels.title)
def test_no_item_of_the_demo_bank_is_dropped(item: New) -> None:
    verdict = order.judge(case_of(item))
    assert verdict.passed, verdict.findings[-1]


@pytest.mark.parametrize(
    ("fault", "gates"),
    [
        # With all options called right the structure is wrong before anybody is asked.
        ("wrong_key", {"structure", "blind"}),
        ("two_keys", {"structure"}),
        ("answer_in_stem", {"structure"}),
    ],
)
def test_every_fault_that_is_made_into_one_is_caught(fault: str, gates: set[str]) -> None:
    found = [(item.labels.title, order.judge(case)) for item, case in spoiled(fault)]
    assert found
    assert [title for title, verdict in found if verdict.passed] == []
    assert {verdict.findings[-1].gate for _, verdict in found} <= gates
