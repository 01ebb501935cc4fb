"""A well-formed question of each kind, for tests that need one."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lms.questions.model import Content, Criterion, Gap, Key, Kind, Level, Option


def options(**texts: str) -> list[Option]:
    return [Option(id=name, text=text) for name, text in texts.items()]


ITEMS: dict[Kind, tuple[Content, Key]] = {
    "single_choice": (
        Content(prompt="What is $v$?", options=options(a="$f \\lambda$", b="$f / \\lambda$")),
        Key(correct=["a"], explanation="Crests a second, times their distance."),
    ),
    "multiple_choice": (
        Content(
            prompt="Which carry sound?", options=options(air="Air", steel="Steel", none="Nothing")
        ),
        Key(correct=["air", "steel"], option_feedback={"none": "There is nothing to push."}),
    ),
    "true_false": (Content(prompt="Light is a wave of pressure."), Key(truth=False)),
    "short_text": (
        Content(prompt="The unit of frequency?", max_chars=20),
        Key(accepted=["hertz", "Hz"], case_sensitive=True),
    ),
    "numeric": (
        Content(prompt="How long is a wave of 440 Hz?", units=["m", "cm"]),
        Key(
            number="0.78",
            tolerance="0.02",
            relative=True,
            units={"m": "1", "cm": "0.01"},
        ),
    ),
    "matching": (
        Content(
            prompt="Match.",
            left=options(p="Pitch", l="Loudness"),
            options=options(f="Frequency", a="Amplitude", s="Speed"),
        ),
        Key(pairs={"p": "f", "l": "a"}, partial=False),
    ),
    "ordering": (
        Content(prompt="Slow to fast.", options=options(s="Steel", a="Air", w="Water")),
        Key(order=["a", "w", "s"]),
    ),
    "cloze": (
        Content(
            prompt="A {{what}} has a {{how}}.",
            gaps=[Gap(id="what"), Gap(id="how", options=options(x="crest", y="corner"))],
        ),
        Key(gaps={"what": ["wave", "Wave"], "how": ["x"]}),
    ),
    "essay": (
        Content(prompt="Why is there no sound in space?", max_chars=4000),
        Key(
            rubric=[
                Criterion(
                    id="why",
                    title="Says why",
                    levels=[
                        Level(title="no", earned_milli=0),
                        Level(title="yes", earned_milli=1500),
                    ],
                )
            ]
        ),
    ),
    "file_upload": (
        Content(prompt="Hand in your recording.", max_files=2, file_types=["audio/*", ".pdf"]),
        Key(),
    ),
}


def wire(kind: Kind, **more: Any) -> dict[str, Any]:
    """The body that adds one."""
    content, key = ITEMS[kind]
    body = {
        "kind": kind,
        "title": kind,
        "content": msgspec.to_builtins(content),
        "key": msgspec.to_builtins(key),
        "skills": ["waves"],
    }
    return {**body, **more}


def option_of(shown: Mapping[str, Any], name: str, kind: Kind = "single_choice") -> str:
    """What a learner sees the option of this id as, by its text."""
    text = next(one.text for one in ITEMS[kind][0].options if one.id == name)
    return next(str(one["id"]) for one in shown["options"] if one["text"] == text)
