"""Chance that can be had again: the same from the same seed, and spread evenly."""

import hashlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.chance import Chance


def test_the_words_are_sha_256_over_the_seed_and_a_counter_the_last_of_a_block_first() -> None:
    seed = hashlib.sha256(b"018f3a5e").digest()
    blocks = [hashlib.sha256(seed + count.to_bytes(8, "big")).digest() for count in (0, 1)]
    words = [
        int.from_bytes(block[start : start + 8], "big")
        for block in blocks
        for start in (24, 16, 8, 0)
    ]
    chance = Chance("018f3a5e")
    assert [chance.word() for _ in range(8)] == words


def test_another_seed_gives_others() -> None:
    assert len({Chance(str(seed)).word() for seed in range(1000)}) == 1000


def test_chance_is_spread_over_its_range() -> None:
    chance = Chance("spread")
    times = Counter(chance.below(7) for _ in range(7000))
    assert sorted(times) == list(range(7))
    assert all(880 <= count <= 1120 for count in times.values())


@given(st.lists(st.integers(), max_size=50), st.text(max_size=5))
def test_a_shuffle_keeps_all_things(things: list[int], seed: str) -> None:
    assert sorted(Chance(seed).shuffled(things)) == sorted(things)


def test_bytes_are_as_many_as_asked_for() -> None:
    assert [len(Chance("x").bytes(count)) for count in (0, 1, 8, 10, 33)] == [0, 1, 8, 10, 33]
