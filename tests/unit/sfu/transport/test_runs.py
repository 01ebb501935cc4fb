"""Bursts become runs: nothing is lost, no browser's packets change their order, only a run's last piece is shorter."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from sfu.transport.runs import MOST_SEGMENTS, runs

ANN, BEN = ("192.0.2.1", 1000), ("192.0.2.2", 1000)
packets = st.lists(
    st.tuples(st.sampled_from((b"a", b"bb", b"cc", b"ddd")), st.sampled_from((ANN, BEN))),
    max_size=120,
)


def test_a_burst_to_two_is_two_runs() -> None:
    burst = [(data, address) for data in (b"11", b"22", b"3") for address in (ANN, BEN)]
    assert runs(burst) == [(ANN, [b"11", b"22", b"3"]), (BEN, [b"11", b"22", b"3"])]


def test_a_longer_packet_and_what_follows_a_shorter_one_begin_anew() -> None:
    sizes = (2, 2, 1, 2, 3, 3)
    cut = [[len(data) for data in run] for _, run in runs((bytes(n), ANN) for n in sizes)]
    assert cut == [[2, 2, 1], [2], [3, 3]]


def test_a_run_fits_one_call() -> None:
    longest = [(bytes(1500), ANN)] * 100
    assert [len(run) for _, run in runs(longest)] == [MOST_SEGMENTS, MOST_SEGMENTS, 20]
    assert MOST_SEGMENTS * 1500 < 65_507


@given(packets)
def test_each_browser_gets_its_packets_in_order_in_pieces_that_can_be_cut(
    sent: list[tuple[bytes, tuple[str, int]]],
) -> None:
    found = runs(sent)
    for address in (ANN, BEN):
        ours = [run for to, run in found if to == address]
        assert list(itertools.chain(*ours)) == [data for data, to in sent if to == address]
    for _, run in found:
        assert len({len(data) for data in run[:-1]}) <= 1
        assert len(run[-1]) <= len(run[0])
