"""Which answers count: by arrival, then by (opening, seq); the digest and the receipt over them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lms.attempts import counting
from lms.attempts.attempt import opened
from lms.attempts.counting import Arrived
from lms.attempts.model import Counted
from tests.support.attempts import ready_attempt

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
END = NOW + timedelta(hours=1)


def arrived(opening: int, seq: int, seconds: float = 0, value: str = '"x"') -> Arrived:
    at = NOW + timedelta(seconds=seconds)
    return Arrived(item_id="i", opening=opening, seq=seq, value=value, arrived_at=at)


def test_an_old_device_does_not_overwrite_a_newer_one() -> None:
    answers = [arrived(2, 1, value='"new"'), arrived(1, 99, 5, '"old device, later"')]
    assert counting.counted(answers, END)["i"].value == '"new"'


def test_only_what_arrived_in_time_counts_unless_the_policy_or_the_teacher_says_so() -> None:
    running = opened(ready_attempt(late_window_ms=600_000), NOW)
    in_grace, late = END + timedelta(seconds=30), END + timedelta(seconds=31)
    assert counting.counts_until(running) == in_grace
    assert counting.counts_until(replace(running, late_policy="refuse")) == in_grace
    window = counting.counts_until(replace(running, late_policy="count"))
    assert window == in_grace + timedelta(minutes=10)
    decided = late + timedelta(hours=3)
    assert counting.counts_until(replace(running, late_until=decided)) == decided
    assert counting.counts_until(replace(running, late_until=NOW)) == in_grace


def test_an_extension_counts_for_what_arrived_before_it() -> None:
    running = opened(ready_attempt(), NOW)
    answers = [arrived(1, 1), arrived(1, 2, 3700, '"late"')]
    assert counting.counted(answers, counting.counts_until(running))["i"].seq == 1
    longer = replace(running, ends_at=END + timedelta(minutes=10))
    assert counting.counted(answers, counting.counts_until(longer))["i"].seq == 2


PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(0, 10), st.sampled_from("ab"))


@given(st.lists(PAIRS, unique_by=lambda one: (one[3], one[0], one[1])), st.integers(0, 10))
def test_the_highest_pair_that_came_in_time_counts_in_whatever_order_they_are_read(
    pairs: list[tuple[int, int, int, str]], until: int
) -> None:
    answers = [
        replace(arrived(opening, seq, seconds), item_id=item)
        for opening, seq, seconds, item in pairs
    ]
    edge = NOW + timedelta(seconds=until)
    found = counting.counted(answers, edge)
    assert found == counting.counted(answers[::-1], edge)
    for item in "ab":
        good = [one[:2] for one in pairs if one[3] == item and one[2] <= until]
        assert (item in found) == bool(good)
        if good:
            assert (found[item].opening, found[item].seq) == max(good)


def test_the_digest_is_of_what_counts_and_of_nothing_else() -> None:
    one = {"i": Counted(value='"a"', opening=1, seq=1), "j": Counted(value="[]", opening=1, seq=2)}
    digest = counting.digest("attempt", one)
    assert digest == counting.digest("attempt", dict(reversed(one.items())))
    assert digest != counting.digest("other", one)
    changed = {**one, "j": replace(one["j"], value='["a"]')}
    assert digest != counting.digest("attempt", changed)
    assert counting.answered(one) == 1
    assert counting.answered(changed) == 2


def test_a_receipt_can_be_read_out_and_is_the_same_each_time() -> None:
    receipt = counting.receipt("attempt", "digest", NOW)
    assert receipt == counting.receipt("attempt", "digest", NOW)
    assert receipt != counting.receipt("attempt", "digest", NOW + timedelta(milliseconds=1))
    assert [len(part) for part in receipt.split("-")] == [5, 5, 5, 5]
