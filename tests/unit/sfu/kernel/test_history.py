"""The ring keeps the newest packets and knows repeats."""

from hypothesis import given
from hypothesis import strategies as st

from sfu.kernel.history import History


class _Packet:
    def __init__(self, index: int) -> None:
        self.index = index


def test_a_repeat_is_refused() -> None:
    history: History[_Packet] = History(8)
    assert history.add(_Packet(5))
    assert not history.add(_Packet(5))


def test_what_is_older_than_its_slot_is_refused() -> None:
    history: History[_Packet] = History(8)
    history.add(_Packet(13))
    assert not history.add(_Packet(5))
    assert history.get(5) is None


def test_clear_forgets() -> None:
    history: History[_Packet] = History(8)
    history.add(_Packet(5))
    history.clear()
    assert history.get(5) is None
    assert history.add(_Packet(5))


@given(st.lists(st.integers(0, 60), max_size=80))
def test_against_a_plain_model(indexes: list[int]) -> None:
    history: History[_Packet] = History(16)
    slots: dict[int, int] = {}
    for index in indexes:
        fresh = slots.get(index % 16, -1) < index
        assert history.add(_Packet(index)) is fresh
        if fresh:
            slots[index % 16] = index
    for index in range(61):
        held = history.get(index)
        assert (held is not None and held.index == index) == (slots.get(index % 16) == index)
