"""A well-formed question of each kind is kept, and whatever is wrong with one is told at its field."""

import copy
from typing import Any, get_args

import msgspec
import pytest

from lms.errors import Invalid
from lms.questions import rules
from lms.questions.model import Change, Content, Key, Kind, Labels, New, Option
from tests.support.items import ITEMS

KINDS = get_args(Kind)


def new(kind: Kind, content: Content | None = None, key: Key | None = None, **labels: Any) -> New:
    said = ITEMS[kind]
    return New(
        kind=kind,
        labels=Labels(**{"title": "T", **labels}),
        content=said[0] if content is None else content,
        key=said[1] if key is None else key,
    )


def faulty(one: New) -> dict[str, str]:
    """What is wrong, by field."""
    with pytest.raises(Invalid) as refused:
        rules.whole(one)
    assert refused.value.code == "question_faulty"
    return dict(refused.value.faults)


def changed(kind: Kind, **steps: Any) -> New:
    """The sample of a kind with some fields set: `content__options__1__id="a"`."""
    said: dict[str, Any] = {
        "content": copy.deepcopy(msgspec.to_builtins(ITEMS[kind][0])),
        "key": copy.deepcopy(msgspec.to_builtins(ITEMS[kind][1])),
    }
    for path, value in steps.items():
        *way, last = path.split("__")
        place: Any = said
        for step in way:
            place = place[int(step) if step.isdigit() else step]
        place[int(last) if last.isdigit() else last] = value
    return new(kind, msgspec.convert(said["content"], Content), msgspec.convert(said["key"], Key))


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_question_of_each_kind_is_kept_as_it_is(kind: Kind) -> None:
    assert rules.whole(new(kind)) == new(kind)


def test_every_kind_has_its_rules() -> None:
    assert set(rules.SAYS) == set(rules.KEYS) == set(rules.OF_KIND) == set(KINDS)


@pytest.mark.parametrize(
    ("one", "pointer"),
    [
        (changed("single_choice", content__prompt=" \n"), "/content/prompt"),
        (changed("single_choice", content__options=[]), "/content/options"),
        (changed("single_choice", content__options__1__id="a"), "/content/options/1"),
        (changed("single_choice", content__options__0__text=" "), "/content/options/0/text"),
        (changed("single_choice", key__correct=[]), "/key/correct"),
        (changed("single_choice", key__correct=["a", "b"]), "/key/correct"),
        (changed("single_choice", key__correct=["z"]), "/key/correct"),
        (changed("single_choice", key__option_feedback={"z": "?"}), "/key/option_feedback"),
        (changed("single_choice", key__truth=True), "/key/truth"),
        (changed("single_choice", content__units=["m"]), "/content/units"),
        (changed("multiple_choice", key__correct=[]), "/key/correct"),
        (changed("multiple_choice", key__correct=["air", "air"]), "/key/correct/1"),
        (changed("multiple_choice", key__correct=["air", "tin"]), "/key/correct"),
        (changed("true_false", key__truth=None), "/key/truth"),
        (changed("true_false", content__shuffle=False), "/content/shuffle"),
        (changed("true_false", key__option_feedback={"no": "?"}), "/key/option_feedback"),
        (changed("short_text", key__accepted=[]), "/key/accepted"),
        (changed("short_text", key__accepted=["a", " b"]), "/key/accepted/1"),
        (changed("short_text", key__accepted=["two\nlines"]), "/key/accepted/0"),
        (changed("short_text", content__max_chars=3), "/key/accepted/0"),
        (changed("numeric", key__number=None), "/key/number"),
        (changed("numeric", key__tolerance="-0.1"), "/key/tolerance"),
        (changed("numeric", content__units=["m", "m"]), "/content/units/1"),
        (changed("numeric", content__units=["m"]), "/key/units"),
        (changed("numeric", key__units={"m": "1"}), "/key/units"),
        (changed("numeric", key__units={"m": "1", "cm": "0"}), "/key/units"),
        (changed("numeric", key__units={"m": "2", "cm": "1"}), "/key/units"),
        (changed("matching", key__pairs={"p": "f"}), "/key/pairs"),
        (changed("matching", key__pairs={"p": "f", "l": "z"}), "/key/pairs"),
        (changed("matching", key__pairs={"p": "f", "l": "a", "x": "s"}), "/key/pairs"),
        (changed("matching", content__left=[]), "/content/left"),
        (changed("matching", content__left__1__id="p"), "/content/left/1"),
        (changed("ordering", key__order=["a", "w"]), "/key/order"),
        (changed("ordering", key__order=["a", "w", "w"]), "/key/order"),
        (
            changed("ordering", key__order=["s", "a", "w"], content__shuffle=False),
            "/content/shuffle",
        ),
        (changed("cloze", content__prompt="A {{what}}."), "/content/gaps/1"),
        (changed("cloze", content__prompt="{{what}} {{how}} {{why}}"), "/content/prompt"),
        (changed("cloze", content__prompt="{{what}} {{how}} {{how}}"), "/content/prompt"),
        (changed("cloze", content__gaps__1__id="what"), "/content/gaps/1"),
        (changed("cloze", content__gaps__1__options__1__id="x"), "/content/gaps/1/options/1"),
        (changed("cloze", key__gaps__what=[]), "/key/gaps/what"),
        (changed("cloze", key__gaps__what=["a\nb"]), "/key/gaps/what/0"),
        (changed("cloze", key__gaps__how=["z"]), "/key/gaps/how"),
        (changed("cloze", key__gaps__extra=["z"]), "/key/gaps"),
        (changed("essay", key__accepted=["x"]), "/key/accepted"),
        (changed("essay", key__rubric__0__title=""), "/key/rubric/0/title"),
        (changed("essay", key__rubric__0__levels__1__title=" "), "/key/rubric/0/levels/1/title"),
        (changed("file_upload", content__file_types=["exe"]), "/content/file_types/0"),
        (changed("file_upload", content__file_types=[".a", ".a"]), "/content/file_types/1"),
        (changed("file_upload", content__max_chars=7), "/content/max_chars"),
    ],
    ids=lambda one: one.replace("/", ".") if isinstance(one, str) else None,
)
def test_what_is_wrong_is_told_at_its_field(one: New, pointer: str) -> None:
    assert pointer in faulty(one)


def test_a_rubric_names_each_criterion_once() -> None:
    rubric = [*ITEMS["essay"][1].rubric] * 2
    assert "/key/rubric/1" in faulty(new("essay", key=Key(rubric=rubric)))


def test_an_option_may_be_called_like_a_field_of_ours() -> None:
    options = [Option(id="title", text="a\nb"), Option(id="units", text="c")]
    key = Key(correct=["title"], option_feedback={"title": "two\nlines", "units": "- one\n- two"})
    one = new("single_choice", Content(prompt="?", options=options), key)
    assert rules.whole(one) == one


def test_line_ends_are_of_one_kind() -> None:
    one = changed("single_choice", content__prompt="a\r\nb\rc", key__explanation="x\r\n")
    kept = rules.whole(one)
    assert (kept.content.prompt, kept.key.explanation) == ("a\nb\nc", "x\n")


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x08", "\x7f"])
def test_control_characters_are_refused_wherever_they_stand(char: str) -> None:
    assert "/content/prompt" in faulty(changed("essay", content__prompt=f"a{char}"))
    assert "/key/explanation" in faulty(changed("essay", key__explanation=f"a{char}"))
    named = changed("numeric", key__units={"m": "1", "cm": "0.01", f"a{char}": "2"})
    assert "/key/units" in faulty(named)


def test_sizes_are_bounded_in_bytes() -> None:
    wide = [Option(id=f"o{number}", text="字" * 1000) for number in range(40)]
    content = Content(prompt="?", options=wide)
    assert "/content" in faulty(new("single_choice", content, Key(correct=["o1"])))
    told = {f"o{number}": "字" * 1000 for number in range(40)}
    small = Content(prompt="?", options=[Option(id=one.id, text="x") for one in wide])
    assert "/key" in faulty(new("single_choice", small, Key(correct=["o1"], option_feedback=told)))


def test_the_pictures_of_a_question_are_bounded() -> None:
    ids = [f"018f3a5e-0000-7000-8000-{number:012}" for number in range(21)]
    shown = [f"![x](upload:{one})" for one in ids]
    assert rules.whole(changed("essay", content__prompt=" ".join(shown[1:] + shown[1:])))
    assert "/content" in faulty(changed("essay", content__prompt=" ".join(shown)))


def test_nobody_is_told_more_faults_than_they_can_read() -> None:
    key = Key(correct=["a"], option_feedback={f"x{number}": "?" for number in range(900)})
    with pytest.raises(Invalid) as refused:
        rules.whole(new("single_choice", key=key))
    assert len(refused.value.faults) == rules.FAULTS_MAX


def test_labels_are_kept_tidy_and_wrong_ones_are_told() -> None:
    kept = rules.whole(new("essay", title=" T ", skills=(" a", "a", "b "), tags=("e\u0301",)))
    assert kept.labels == Labels(title="T", skills=("a", "b"), tags=("é",))
    assert set(faulty(new("essay", title="  ", skills=("a;b",), tags=("x\ny",)))) == {
        "/title",
        "/skills",
        "/tags",
    }


def test_only_what_is_given_changes() -> None:
    labels = Labels(title="T", skills=("a",), level=3)
    assert rules.changed(labels, Change()) == labels
    after = rules.changed(labels, Change(title="U", skills=(), difficulty=0))
    assert after == Labels(title="U", skills=(), level=3, difficulty=0)


@pytest.mark.parametrize("text", ["3\n", "٣", "1e5000", "1.", ".5", "0x1", "NaN", ""])
def test_a_number_is_a_plain_decimal(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"number": text}, Key)


@pytest.mark.parametrize("text", ["a\n", "A", "", "a b", "a" * 33, "é"])
def test_the_id_of_a_part_is_short_and_plain(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"id": text, "text": "x"}, Option)


def test_a_search_text_has_nothing_of_the_key_and_an_end() -> None:
    content, key = ITEMS["single_choice"]
    text = rules.search_text(Labels(title="  \uff37ave\tStraße ", skills=("Optics",)), content)
    assert text.startswith("wave strasse optics what is $v$? ")
    assert key.explanation.casefold()[:10] not in text
    long = rules.search_text(Labels(title="T"), Content(prompt="ß" * 20_000))
    assert len(long) == rules.SEARCH_MAX_CHARS


# Some milliseconds each; a pattern that goes back over its text would take seconds.
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "filler", ["{{a}}", "](", "[[", "<a:", "src=", "[a]:\n", "&#", "\\(", "{{", "(" * 9]
)
def test_the_worst_text_is_judged_in_no_time(filler: str) -> None:
    text = (filler * 20_000)[:19_000]
    content = Content(prompt=text, options=[Option(id=f"o{n}", text=text) for n in range(3)])
    for _ in range(20):
        list(rules.faults("cloze", content, Key(explanation=text)))
