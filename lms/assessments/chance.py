"""Chance that can be had again: the same seed gives the same numbers on every Python and every machine."""

import hashlib
import struct
from collections.abc import Iterator, Sequence
from typing import TypeVar

Thing = TypeVar("Thing")

WORDS = struct.Struct(">4Q")
WORD_BITS = 64


class Chance:
    """64-bit words of SHA-256 over the seed and a counter; Python's own generator promises less from release to release."""

    def __init__(self, seed: str) -> None:
        self._seed = hashlib.sha256(seed.encode()).digest()
        self._blocks = 0
        self._words: list[int] = []

    def word(self) -> int:
        """The next 64 bits."""
        if not self._words:
            block = hashlib.sha256(self._seed + self._blocks.to_bytes(8, "big")).digest()
            self._words.extend(WORDS.unpack(block))
            self._blocks += 1
        return self._words.pop()

    def below(self, bound: int) -> int:
        """A number from 0 to bound - 1; for bounds as small as ours no number is likelier than another by more than 2^-40."""
        return self.word() * bound >> WORD_BITS

    def bytes(self, count: int) -> bytes:
        """So many bytes."""
        words = b"".join(self.word().to_bytes(8, "big") for _ in range(-(-count // 8)))
        return words[:count]

    def one_by_one(self, things: Sequence[Thing]) -> Iterator[Thing]:
        """The things in a random order, at the cost of those that are taken."""
        moved: dict[int, Thing] = {}
        for first in range(len(things)):
            other = first + self.below(len(things) - first)
            taken = moved.get(other, things[other])
            moved[other] = moved.get(first, things[first])
            yield taken

    def shuffled(self, things: Sequence[Thing]) -> list[Thing]:
        """All of the things in a random order."""
        return list(self.one_by_one(things))
