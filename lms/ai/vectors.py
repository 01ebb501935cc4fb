"""Vectors of texts without a model: hashed n-grams; and vectors of any model brought to the length and form that are kept."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise

from lms.ai.asks import VECTOR_DIMENSIONS, Embedded

NGRAM_SPACE = "ngram-1"
# What is behind this of a text changes its meaning no more.
CHARACTERS_MAX = 8_000
CHAR_GRAMS = (3, 4)
# Letters inside words find other forms of a word; whole words and their neighbours say what it is about.
WEIGHTS = {"word": 1.0, "pair": 0.7, "gram": 0.35}

_TOKENS = re.compile(r"\w+|[^\w\s]")
# What Arabic writes in several ways for one: the last yeh, the teh marbuta, and the stretch between letters.
_ARABIC = str.maketrans({"\u0649": "\u064a", "\u0629": "\u0647", "\u0640": None})

Vector = tuple[float, ...]


class Ngrams:
    """Implements lms.ai.asks.Embeds without asking anybody."""

    @property
    def space(self) -> str:
        """Vectors of n-grams are compared with their like only."""
        return NGRAM_SPACE

    async def embed(self, texts: Sequence[str]) -> Embedded:
        """A vector for each text, in order, for nothing."""
        return Embedded(space=NGRAM_SPACE, vectors=tuple(ngram_vector(text) for text in texts))


def ngram_vector(text: str) -> Vector:
    """The words of a text, their pairs and the letters in them, hashed into the dimensions with signs; of length 1."""
    counted = Counter(_features(_tokens(text)))
    sums = [0.0] * VECTOR_DIMENSIONS
    for (kind, feature), times in counted.items():
        place, sign = _place(kind, feature)
        sums[place] += sign * WEIGHTS[kind] * (1.0 + math.log(times))
    return normalised(sums) or _nowhere()


def brought(vector: Sequence[float]) -> Vector | None:
    """A model's vector at our length: shorter ones are filled up, longer ones are hashed together, which keeps angles nearly.

    None when it is no vector: a number that is none, or nothing but zeros.
    """
    if len(vector) <= VECTOR_DIMENSIONS:
        return normalised([*vector, *[0.0] * (VECTOR_DIMENSIONS - len(vector))])
    sums = [0.0] * VECTOR_DIMENSIONS
    for index, number in enumerate(vector):
        place, sign = _place("dimension", str(index))
        sums[place] += sign * number
    return normalised(sums)


def normalised(vector: Sequence[float]) -> Vector | None:
    """The vector at length 1; None when it has no direction."""
    if not all(map(math.isfinite, vector)):
        return None
    # Scaled first, so that squares neither vanish nor grow out of range.
    largest = max(map(abs, vector), default=0.0)
    if largest == 0.0:
        return None
    scaled = [number / largest for number in vector]
    length = math.sqrt(math.fsum(number * number for number in scaled))
    return tuple(number / length for number in scaled)


def _tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text[:CHARACTERS_MAX].casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return _TOKENS.findall(bare.translate(_ARABIC))


def _features(tokens: Sequence[str]) -> Iterator[tuple[str, str]]:
    for token in tokens:
        yield "word", token
        padded = f" {token} "
        for size in CHAR_GRAMS:
            for start in range(len(padded) - size + 1):
                yield "gram", padded[start : start + size]
    for before, after in pairwise(tokens):
        yield "pair", f"{before} {after}"


def _place(kind: str, feature: str) -> tuple[int, float]:
    """Where a feature is added, and with which sign, so that those that meet there cancel out on the whole."""
    number = int.from_bytes(blake2b(f"{kind} {feature}".encode(), digest_size=8).digest(), "big")
    return (number >> 1) % VECTOR_DIMENSIONS, 1.0 if number & 1 else -1.0


def _nowhere() -> Vector:
    """The vector of a text without words: it has to have a direction."""
    return (1.0, *[0.0] * (VECTOR_DIMENSIONS - 1))
