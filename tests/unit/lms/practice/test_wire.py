"""A lesson in Redis and on the wire: heads encoded when it is chosen, tails once a version, together what the shapes say."""

import msgspec
import pytest

from lms.adaptive.model import Chosen, Reason
from lms.practice import wire
from server.rest.practice_shapes import NextLesson
from tests.support.items import ITEMS


def chosen(number: int, skill: str = "waves") -> Chosen:
    return Chosen(
        item_id=f"item-{number}",
        question_id=f"question-{number}",
        version=number,
        skills=(skill, "all"),
        difficulty=50,
        reason=Reason(why="due_review", skill=skill, days=number),
        chance_milli=700,
    )


@pytest.mark.parametrize("skill", ["waves", 'with "quotes"', "مهارة", "\\ and \u2028"])
def test_heads_and_tails_make_the_answer_that_the_shapes_describe(skill: str) -> None:
    asked = [chosen(number, skill) for number in range(1, len(ITEMS) + 1)]
    batch = wire.unpacked(wire.packed("practice", asked, left=2))
    assert batch.left == 2
    tails = [wire.tail(kind, content, {}) for kind, (content, _) in ITEMS.items()]
    lesson = msgspec.json.decode(wire.body(batch, tails), type=NextLesson)
    assert lesson.practice_id == "practice"
    for item, one, (kind, (content, _)) in zip(lesson.items, asked, ITEMS.items(), strict=True):
        assert (item.id, item.kind, item.content) == (one.item_id, kind, content)
        assert (item.skills, item.reason) == (list(one.skills), one.reason)


def test_a_lesson_without_items_is_one() -> None:
    body = wire.body(wire.batch("p", []), [])
    assert msgspec.json.decode(body) == {"practice_id": "p", "items": []}


def test_a_version_has_one_name() -> None:
    assert wire.parts_of(wire.version_of("q", 12)) == ("q", 12)
    with pytest.raises(ValueError, match="invalid literal"):
        wire.parts_of("q")
    with pytest.raises(ValueError, match="Expected"):
        wire.unpacked(b"\x93\x01\x02\x03")
