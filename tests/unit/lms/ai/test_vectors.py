"""Vectors without a model: alike texts lie near each other, and any model's vector comes to our length."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.ai.asks import VECTOR_DIMENSIONS
from lms.ai.vectors import NGRAM_SPACE, Ngrams, Vector, brought, ngram_vector, normalised

LARGEST = [(180, -0.3982), (216, -0.3982), (364, -0.3982), (7, 0.2787)]


def cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def alike(one: str, other: str) -> float:
    return cosine(ngram_vector(one), ngram_vector(other))


@given(st.text(max_size=300))
def test_every_text_has_a_vector_of_length_one(text: str) -> None:
    vector = ngram_vector(text)
    assert len(vector) == VECTOR_DIMENSIONS
    assert math.isclose(math.fsum(one * one for one in vector), 1.0, rel_tol=1e-9)
    assert vector == ngram_vector(text)


@pytest.mark.parametrize(
    ("text", "near", "far"),
    [
        (
            "What is the capital of France?",
            "Which city is the capital of France?",
            "Name the largest planet of the solar system.",
        ),
        ("ما هي عاصمة فرنسا؟", "ما عاصمة فرنسا", "كيف تعمل الخلية النباتية؟"),
        ("Plants make sugar.", "PLANTS   make sugar", "Copper conducts electricity."),
    ],
)
def test_the_same_in_other_words_is_nearer_than_something_else(
    text: str, near: str, far: str
) -> None:
    assert alike(text, near) > alike(text, far) + 0.3


def test_vowel_signs_and_forms_of_letters_are_one() -> None:
    assert alike("مَدْرَسَة أحمد", "مدرسه احمد") == pytest.approx(1.0)
    assert alike("مدرســـة", "مدرسة") == pytest.approx(1.0)


def test_another_number_or_sign_is_another_text() -> None:
    assert alike("What is 2 + 2?", "What is 2 + 3?") < 0.9
    assert alike("What is 7 + 2?", "What is 7 - 2?") < 0.9


def test_vectors_stay_as_they_are_as_long_as_their_space_has_its_name() -> None:
    # What is kept in databases is compared with what is made today.
    assert NGRAM_SPACE == "ngram-1"
    vector = ngram_vector("Water boils.")
    largest = sorted(range(VECTOR_DIMENSIONS), key=lambda index: -abs(vector[index]))[:4]
    assert [(index, round(vector[index], 4)) for index in largest] == LARGEST


async def test_ngrams_embed_without_asking_anybody() -> None:
    embedded = await Ngrams().embed(["one", "two", ""])
    assert embedded.space == Ngrams().space == NGRAM_SPACE
    assert len(embedded.vectors) == 3
    assert embedded.tokens_in == embedded.cost_micros == 0


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(finite, min_size=1, max_size=VECTOR_DIMENSIONS + 40))
def test_a_models_vector_comes_to_length_one_or_is_none(numbers: list[float]) -> None:
    found = brought(numbers)
    if found is None:
        assert len(numbers) > VECTOR_DIMENSIONS or not any(numbers)
    else:
        assert len(found) == VECTOR_DIMENSIONS
        assert math.isclose(math.fsum(one * one for one in found), 1.0, rel_tol=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_makes_no_vector(bad: float) -> None:
    assert brought([1.0, bad]) is None
    assert brought([bad] * 1000) is None
    assert normalised([]) is None


def test_longer_vectors_keep_their_angles_nearly() -> None:
    one = [math.sin(index * 1.7) for index in range(1536)]
    near = [number + 0.2 * math.cos(index * 3.1) for index, number in enumerate(one)]
    far = [math.sin(index * index * 0.7 + 1.0) for index in range(1536)]
    for other in (near, far):
        told = cosine(normalised(one) or (), normalised(other) or ())
        assert cosine(brought(one) or (), brought(other) or ()) == pytest.approx(told, abs=0.12)


def test_shorter_vectors_keep_their_angles() -> None:
    one, other = [1.0, 2.0, 3.0], [3.0, 1.0, 0.5]
    told = cosine(normalised(one) or (), normalised(other) or ())
    assert cosine(brought(one) or (), brought(other) or ()) == pytest.approx(told)
