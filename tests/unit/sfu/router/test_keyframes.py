"""A publisher is asked for a key frame at once, and at most once a second however many viewers wish for one."""

from sfu.router.keyframes import KeyFrames


def test_the_first_wish_goes_at_once_and_a_flood_is_one_more() -> None:
    frames = KeyFrames()
    asked = sum(frames.ask(1, now=10 + i / 1000) for i in range(1000))
    assert asked == 1
    assert frames.due(10.9) == []
    assert frames.due(11.0) == [1]
    assert frames.due(12.5) == []


def test_a_key_frame_that_came_answers_those_who_waited() -> None:
    frames = KeyFrames()
    frames.ask(1, now=10)
    frames.ask(1, now=10.1)
    frames.seen(1)
    assert frames.due(20) == []


def test_sources_do_not_wait_for_each_other() -> None:
    frames = KeyFrames()
    assert frames.ask(1, now=10)
    assert frames.ask(2, now=10)


def test_a_forgotten_source_is_not_asked() -> None:
    frames = KeyFrames()
    frames.ask(1, now=10)
    frames.ask(1, now=10.5)
    frames.forget(1)
    assert frames.due(12) == []
