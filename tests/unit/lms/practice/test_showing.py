"""What a learner sees of an item, and its key in the same names."""

from lms.practice.checking import checked
from lms.practice.showing import sheet
from lms.questions.model import Content, Gap, Key, Option

SEED = "a school's secret"


def _options(*ids: str) -> list[Option]:
    return [Option(id=one, text=one) for one in ids]


def test_gaps_with_the_same_options_each_have_their_own_names() -> None:
    gaps = [
        Gap(id="first", options=_options("a", "b")),
        Gap(id="second", options=_options("a", "b")),
    ]
    content = Content(prompt="{{first}} {{second}}", gaps=gaps)
    key = Key(gaps={"first": ["a"], "second": ["b"]})
    told = sheet(SEED, ("q", 1), ("cloze", content, key))
    seen = {gap.id: {one.text: one.id for one in gap.options} for gap in told.shown.content.gaps}

    verdict = checked(told, {"first": seen["first"]["a"], "second": seen["second"]["b"]})

    assert verdict.correct is True
    assert verdict.key.gaps == {"first": [seen["first"]["a"]], "second": [seen["second"]["b"]]}


def test_a_place_and_an_option_of_the_same_id_are_not_mistaken() -> None:
    content = Content(prompt="Match", left=_options("x", "y"), options=_options("x", "y"))
    told = sheet(SEED, ("q", 1), ("matching", content, Key(pairs={"x": "y", "y": "x"})))
    left = {one.text: one.id for one in told.shown.content.left}
    options = {one.text: one.id for one in told.shown.content.options}

    verdict = checked(told, {left["x"]: options["y"], left["y"]: options["x"]})

    assert verdict.correct is True
    assert verdict.key.pairs == {left["x"]: options["y"], left["y"]: options["x"]}
