"""The scripted models are good ones: what they make passes every gate, so that what fails in a test fails for its own reason."""

import json
from dataclasses import replace

import pytest

from lms.ai import chain, prompts
from lms.ai.gates import blind, order
from lms.ai.gates.model import Case
from lms.ai.model import Brief
from lms.ai.prompts import Prompt
from lms.questions.model import Kind
from tests.support.model_brain import think

ENGLISH = """Water boils at 100 degrees at the level of the sea. Plants make sugar out of light, water and carbon dioxide.
The heart pumps blood through the body of an animal. Copper conducts electricity better than iron does.
The moon goes round the earth in about 27 days. Bees carry pollen from one flower to another."""
ARABIC = """يغلي الماء عند 100 درجة على مستوى سطح البحر. تصنع النباتات السكر من الضوء والماء وثاني أكسيد الكربون. يضخ القلب الدم في جسم الحيوان.
يوصل النحاس الكهرباء أفضل من الحديد. يدور القمر حول الأرض في نحو 27 يوما. ينقل النحل حبوب اللقاح من زهرة إلى أخرى."""
KINDS: list[Kind] = [
    "single_choice",
    "multiple_choice",
    "true_false",
    "short_text",
    "numeric",
    "matching",
    "ordering",
    "cloze",
]


def said(prompt: Prompt) -> str:
    messages = [{"role": one.role, "content": one.text} for one in prompt.messages]
    return json.dumps(think(prompt.shape.__name__, messages), ensure_ascii=False)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("language", "source"), [("en", ENGLISH), ("ar", ARABIC), ("en", ""), ("ar", "")]
)
def test_what_the_brain_makes_and_solves_passes_the_gates(
    kind: Kind, language: str, source: str
) -> None:
    brief = Brief(skill="science", language=language, level=6, kinds=[kind], count=8)
    for slot in range(2):
        item = chain.begun(brief, source, slot)
        while (prompt := chain.asked(item)) is not None:
            item = chain.heard(item, said(prompt), "writer")
        draft = chain.drafted(item)
        posed = blind.posed(draft, "seed")
        solved = said(prompts.check(item.subject, draft, posed, "writer"))
        case = Case(brief=brief, draft=draft, tier="small", source=source, space="ngram-1")
        case = replace(case, blind=(blind.answered(draft, posed, solved),), near=())
        verdict = order.judge(case)
        assert verdict.passed, (verdict.findings[-1], draft)
