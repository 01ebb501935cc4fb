"""Ids of the fast lane: of their moment, never twice, and the date of each turn of the loop."""

from dataclasses import dataclass

from lms.ids import is_uuid7, least_of
from server.rest.lane import COUNTED, TraceIds

AT_MS = 1_795_000_000_123


@dataclass
class Clock:
    now_ms: int = AT_MS

    def wall_ms(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        return 0.0


def test_ids_are_of_the_turn_and_never_twice() -> None:
    ids = TraceIds(Clock())
    made = [ids.next() for _ in range(COUNTED + 500)]
    assert len(set(made)) == len(made)
    assert all(is_uuid7(one) and one[:14] == least_of(AT_MS)[:14] for one in made)


def test_two_nodes_do_not_draw_the_same() -> None:
    assert TraceIds(Clock()).next() != TraceIds(Clock()).next()


def test_the_clock_is_read_once_a_turn_and_the_date_goes_with_it() -> None:
    clock = Clock()
    ids = TraceIds(clock)
    assert ids.date == "Wed, 18 Nov 2026 11:06:40 GMT"
    clock.now_ms += 877
    before = ids.next()
    assert before[:14] == least_of(AT_MS)[:14]
    ids.turn()
    assert ids.date == "Wed, 18 Nov 2026 11:06:41 GMT"
    assert ids.next()[:14] == least_of(AT_MS + 877)[:14]
    # A clock that was set back is believed.
    clock.now_ms = AT_MS
    ids.turn()
    assert ids.date == "Wed, 18 Nov 2026 11:06:40 GMT"
