"""The layer of a tile: no more than it needs, no more than the budget, nothing that has stopped."""

import pytest

from sfu.router.producer import Layer, ladder
from sfu.router.simulcast import pick


def layers(*live: bool) -> list[Layer]:
    return [
        Layer(source=i, rid=str(i), width=width, live=alive)
        for i, (width, alive) in enumerate(zip((320, 640, 1280), live, strict=True))
    ]


@pytest.mark.parametrize(
    ("width", "chosen"), [(1, 0), (320, 0), (400, 0), (640, 1), (853, 1), (900, 2), (4096, 2)]
)
def test_a_tile_gets_the_smallest_layer_that_fills_it(width: int, chosen: int) -> None:
    picked = pick(layers(True, True, True), width=width)
    assert picked is not None
    assert picked.source == chosen


@pytest.mark.parametrize(
    ("live", "highest", "chosen"),
    [
        ((True, True, False), None, 1),
        ((True, False, False), None, 0),
        ((False, False, True), None, 2),
        ((False, False, False), None, 0),
        ((True, True, True), 1, 1),
        ((True, True, True), 0, 0),
        ((False, True, True), 0, 0),
    ],
)
def test_a_large_tile_takes_what_lives_and_is_allowed(
    live: tuple[bool, bool, bool], highest: int | None, chosen: int
) -> None:
    picked = pick(layers(*live), width=1280, highest=highest)
    assert picked is not None
    assert picked.source == chosen


def test_a_small_tile_of_a_publisher_without_a_small_layer_shows_the_one_there_is() -> None:
    picked = pick(layers(False, False, True), width=200)
    assert picked is not None
    assert picked.source == 2


def test_no_budget_is_no_layer() -> None:
    assert pick(layers(True, True, True), width=320, highest=-1) is None
    assert pick([], width=320) is None


def test_the_ladder_is_lowest_first_whatever_the_order_of_known_names() -> None:
    assert ladder(("f", "h", "q"), "camera") == [("q", 320), ("h", 640), ("f", 1280)]
    assert ladder(("low", "high"), "camera") == [("low", 640), ("high", 1280)]
    assert ladder((), "screen") == [(None, 1920)]
