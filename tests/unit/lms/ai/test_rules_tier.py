"""Items without a model: right by their source or by the bank, the same each time, and nothing where there is nothing to go by."""

import re
from datetime import UTC, datetime
from itertools import islice

import pytest

from lms.ai import rules_tier
from lms.ai.gates import order
from lms.ai.gates.model import Case
from lms.ai.model import Brief, Draft
from lms.ids import CourseId, QuestionId
from lms.questions.model import Content, Key, Kind, Labels, Listed, Question
from tests.support.factory import SOURCE

STEPS = (
    "First the seed swells because it takes up water from the soil. Then a small root breaks through the shell of the seed."
    " Finally a green stem grows up towards the light of the sun."
)
ARABIC = (
    "ينتقل الصوت في الهواء بسرعة تبلغ 343 مترا في الثانية الواحدة. تحدد سعة الموجة شدة الصوت الذي تسمعه الأذن دائما."
    " يحدد التردد درجة النغمة التي يسمعها الإنسان في الغرفة. ينعكس الصوت عن الجدار البعيد فيسمع الإنسان صدى الصوت."
)
FROM_SOURCE: tuple[Kind, ...] = tuple(rules_tier.FROM_SOURCE)


def made(
    kind: Kind, source: str = SOURCE, bank: tuple[Question, ...] = (), **more: object
) -> list[Draft]:
    brief = Brief(**{"skill": "sound", "kinds": [kind], "level": 8, **more})  # type: ignore[arg-type]  # fields of a brief
    return list(islice(rules_tier.drafts(kind, brief, source, bank, "seed"), 50))


def passes(draft: Draft, source: str, **more: object) -> bool:
    brief = Brief(**{"skill": "sound", "kinds": [draft.kind], "level": 8, **more})  # type: ignore[arg-type]  # fields of a brief
    case = Case(brief=brief, draft=draft, tier="rules", source=source, blind=(), near=())
    return order.judge(case).passed


@pytest.mark.parametrize("kind", FROM_SOURCE)
def test_every_kind_can_be_made_from_a_source_and_passes_the_gates(kind: Kind) -> None:
    source = STEPS if kind == "ordering" else SOURCE
    found = made(kind, source)
    assert found
    assert [one for one in found if passes(one, source)]
    assert made(kind, source) == found  # the same each time
    assert all(one.quote in source and one.quote for one in found)


@pytest.mark.parametrize("kind", ["single_choice", "true_false", "numeric", "cloze", "short_text"])
def test_an_arabic_source_gives_arabic_items(kind: Kind) -> None:
    found = made(kind, ARABIC, language="ar")
    assert [one for one in found if passes(one, ARABIC, language="ar")]
    assert not any(
        re.search("[a-z]{2}", one.content.prompt.replace("{{gap}}", "")) for one in found
    )


def test_the_word_that_is_missing_is_the_one_of_the_source() -> None:
    for draft in made("single_choice"):
        [right] = [one.text for one in draft.content.options if one.id in draft.key.correct]
        blank = draft.content.prompt.rpartition("\n\n")[2]
        assert blank.replace(rules_tier.BLANK, right) in SOURCE
        for wrong in {one.text for one in draft.content.options} - {right}:
            assert blank.replace(rules_tier.BLANK, wrong) not in SOURCE


def test_a_statement_is_true_as_it_stands_and_false_with_another_number() -> None:
    found = made("true_false")
    assert {one.key.truth for one in found} == {True, False}
    for draft in found:
        assert (draft.content.prompt in SOURCE) == draft.key.truth


@pytest.mark.parametrize(
    "words",
    [
        "The bridge of the old town is about 300 metres long today.",
        "The bridge of the old town is more than 300 metres long.",
        "The bridge of the old town is at least 300 metres long.",
        "The bridge of the old town was not built in 1900 at all.",
    ],
)
def test_a_number_that_is_only_about_right_makes_no_false_statement(words: str) -> None:
    assert all(one.key.truth for one in made("true_false", words))


@pytest.mark.parametrize("kind", FROM_SOURCE)
@pytest.mark.parametrize(
    "source", ["", "   ", "Too short.", "Is this a question? " * 9, "7" * 500]
)
def test_where_there_is_nothing_to_go_by_there_is_no_item(kind: Kind, source: str) -> None:
    assert made(kind, source) == []


@pytest.mark.parametrize(
    "source", ["a" * 100_000, "word " * 20_000, ". " * 50_000, "7 a" * 33_000]
)
def test_a_long_source_without_sentences_takes_no_time(source: str) -> None:
    """With a pattern that goes back again and again this would not end within the test's patience."""
    assert made("single_choice", source) == []


def told(kind: Kind, prompt: str, key: Key) -> Question:
    listed = Listed(
        question_id=QuestionId(prompt),
        course_id=CourseId("c"),
        version=1,
        kind=kind,
        labels=Labels(title=prompt),
        updated_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return Question(listed=listed, content=Content(prompt=prompt), key=key)


def test_statements_of_the_bank_become_choices_by_their_own_keys() -> None:
    true = [f"Statement {n} of the true ones is this." for n in range(4)]
    false = [f"Statement {n} of the false ones is this." for n in range(4)]
    bank = tuple(told("true_false", text, Key(truth=text in true)) for text in (*true, *false))
    kinds: tuple[Kind, ...] = ("single_choice", "multiple_choice")
    for kind in kinds:
        found = made(kind, "", bank)
        assert found
        for draft in found:
            right = {one.text for one in draft.content.options if one.id in draft.key.correct}
            assert right == {one.text for one in draft.content.options} & set(true)
            assert len(right) == (1 if kind == "single_choice" else 2)
            assert passes(draft, "")


def test_questions_of_the_bank_are_matched_with_their_answers_and_no_answer_fits_two() -> None:
    answers = ["Mars", "Iron", "Oslo", "Nile", "Jazz", "mars"]
    bank = tuple(
        told("short_text", f"What is the name of thing number {n}?", Key(accepted=[answer]))
        for n, answer in enumerate(answers)
    )
    asked = {one.content.prompt: one.key.accepted[0] for one in bank}
    found = made("matching", "", bank)
    for draft in found:
        options = {one.id: one.text for one in draft.content.options}
        assert len({text.casefold() for text in options.values()}) == len(options)
        for left in draft.content.left:
            assert options[draft.key.pairs[left.id]] == asked[left.text]
