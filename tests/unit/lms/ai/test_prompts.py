"""Prompts: nothing but the brief and its source is in them, what is material stays material, and what is asked has one digest."""

import dataclasses
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai import chain, prompts
from lms.ai.gates import blind, schema
from lms.ai.gates.schema import Stem
from lms.ai.model import Brief
from lms.ai.prompts import Objective, Prompt, Subject
from lms.questions.model import Kind

KINDS: tuple[Kind, ...] = tuple(prompts.FORMS)
AIM = Objective(objective="Know it", quote="Sound travels.", misconception="It does not.")
STEM = Stem(title="T", prompt="What travels?", quote="Sound travels.")


def subject(**more: object) -> Subject:
    brief = Brief(**{"skill": "sound", "kinds": ["single_choice"], **more})  # type: ignore[arg-type]  # fields of a brief
    return Subject(brief=brief, passage="Sound travels.", slot=0)


def all_of(one: Subject) -> list[Prompt]:
    return [prompts.objective(one), prompts.stem(one, AIM), prompts.options(one, AIM, STEM)]


def words(prompt: Prompt) -> str:
    return "\n".join(message.text for message in prompt.messages)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_that_is_not_marked_by_hand_has_its_form_its_parts_and_its_check(
    kind: Kind,
) -> None:
    one = subject(kinds=[kind])
    assert prompts.options(one, AIM, STEM).shape is schema.PARTS[kind]
    assert kind in blind.ANSWERS
    for prompt in all_of(one):
        assert prompts.GUIDELINES in prompt.messages[0].text
        assert prompt.version == prompts.VERSIONS[prompt.step]


@given(text=st.text(max_size=400))
def test_no_text_can_close_its_own_fence(text: str) -> None:
    fence = prompts.fenced("material", text)
    mark = re.match(r"----- material (\w+) begins", fence)
    assert mark is not None
    assert fence.count(f"----- material {mark[1]} ends -----") == 1
    assert fence.endswith(f"----- material {mark[1]} ends -----")


@given(note=st.text(min_size=1, max_size=200), source=st.text(min_size=1, max_size=200))
def test_what_others_wrote_stands_in_fences_alone(note: str, source: str) -> None:
    one = dataclasses.replace(subject(note=f"zq{note}"), passage=f"zq{source}")
    for prompt in all_of(one):
        system, user = prompt.messages
        assert "zq" not in system.text
        left = user.text.replace(prompts.fenced("note", f"zq{note}"), "")
        assert "zq" not in left.replace(prompts.fenced("material", f"zq{source}"), "")


def test_the_check_shows_the_item_as_it_was_posed_and_never_its_key() -> None:
    parts = schema.Choices(
        options=[
            schema.Choice(text=text, correct=text == "Sound", feedback="zq feedback")
            for text in ("Sound", "Light", "Heat")
        ],
        explanation="zq explanation",
    )
    draft = schema.assembled("single_choice", STEM, parts)
    posed = blind.posed(draft, "seed")
    prompt = prompts.check(subject(), draft, posed, "model-1")
    told = words(prompt)
    assert prompt.unlike == "model-1"
    assert all(option.text in told for option in draft.content.options)
    for secret in ("zq", "correct", *(option.id for option in draft.content.options)):
        assert f'"{secret}"' not in told
        assert secret == "correct" or secret not in told or len(secret) < 4


def test_what_is_asked_otherwise_has_another_digest() -> None:
    one = prompts.objective(subject())
    others = [
        prompts.objective(subject(series=1)),
        prompts.objective(subject(level=2)),
        prompts.objective(subject(note="Be short.")),
        prompts.objective(subject(language="ar")),
        prompts.objective(dataclasses.replace(subject(), slot=1)),
        prompts.objective(dataclasses.replace(subject(), passage="Another.")),
        dataclasses.replace(one, unlike="model-1"),
    ]
    digests = {prompts.digest(prompt, "small") for prompt in (one, *others)}
    assert len(digests) == len(others) + 1
    assert prompts.digest(one, "strong") not in digests
    assert prompts.digest(prompts.objective(subject()), "small") in digests


def test_a_scene_is_set_only_where_it_is_asked_for() -> None:
    assert "scene" in words(prompts.stem(subject(scenario=True), AIM))
    assert "scene" not in words(prompts.stem(subject(), AIM))


# --- The chain ------------------------------------------------------------------------------------


def test_one_step_follows_from_the_other_until_there_is_a_draft() -> None:
    item = chain.begun(Brief(skill="sound", kinds=["true_false"]), "Sound travels.", 0)
    said = [AIM, STEM, schema.Truth(truth=True, explanation="It does.")]
    steps = []
    for answer in said:
        prompt = chain.asked(item)
        assert prompt is not None
        steps.append(prompt.step)
        item = chain.heard(item, msgspec.json.encode(answer).decode(), "model-1")
    assert steps == ["objective", "stem", "options"]
    assert chain.asked(item) is None
    draft = chain.drafted(item)
    assert (draft.kind, draft.key.truth, draft.quote) == ("true_false", True, "Sound travels.")


def test_an_answer_of_another_shape_ends_the_item() -> None:
    item = chain.begun(Brief(skill="sound", kinds=["true_false"]), "", 0)
    for text in ("", "{}", "no", msgspec.json.encode(STEM).decode()):
        with pytest.raises(schema.Malformed):
            chain.heard(item, text, "model-1")


@given(st.text(max_size=12_000))
def test_a_source_is_cut_into_parts_that_fit_and_lose_nothing(source: str) -> None:
    found = chain.passages(source)
    assert all(0 < len(part) <= prompts.PASSAGE_MAX_CHARS for part in found)
    assert "".join("".join(found).split()) == "".join(source.split())


def test_items_go_through_the_source_from_part_to_part() -> None:
    source = "\n\n".join(f"Part {number}. " + "word " * 500 for number in range(3))
    brief = Brief(skill="s", kinds=["true_false"], count=6)
    subjects = [chain.begun(brief, source, slot).subject for slot in range(6)]
    assert len({one.passage for one in subjects[:3]}) == 3
    assert subjects[0].passage == subjects[3].passage
    assert subjects[0].passage.startswith("Part 0")
