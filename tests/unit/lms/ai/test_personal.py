"""What names a person is found in a prompt, and what only looks like it is not."""

import time

import pytest

from lms.ai.personal import found


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Write to mona.hassan+school@riverside.edu about it.", "email"),
        ("MONA@RIVERSIDE.EDU", "email"),
        ("mona\uff20riverside.edu", "email"),
        ("mo\u200bna@riverside\u200b.edu", "email"),
        ("اكتب إلى منى@مدرسة.مصر", "email"),
        ("a@example.com and b@riverside.edu", "email"),
        ("x@example.com.riverside.edu", "email"),
        ("the learner 0192f0c1-7b5e-7c3a-9d2e-3f1a2b4c5d6e", "id"),
        ("the learner 0192F0C17B5E7C3A9D2E3F1A2B4C5D6E", "id"),
        ("Call +20 100 123 4567.", "phone"),
        ("Call +49 (30) 901820.", "phone"),
        ("Call 0044 20 7946 0958", "phone"),
        ("Call +201001234567", "phone"),
        (
            "Call +\u0662\u0660 \u0661\u0660\u0660 \u0661\u0662\u0663 \u0664\u0665\u0666\u0667",
            "phone",
        ),
    ],
)
def test_traces_of_people_are_found(text: str, kind: str) -> None:
    assert found(text) == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Water boils at 100 degrees at the level of the sea.",
        "Write a letter to anna@example.com or info@shop.example or x@school.test.",
        "In Python, @app.route is a decorator; matrices are multiplied by a@b.",
        "npm install lodash@4.17.21",
        "What is 12 + 345 + 678 + 901 + 234?",
        "Solve 3x+1234567890 = 0 and 2+2 = 4.",
        "It was in 1914-1918 and 2024-11-20, at 12:30:45.",
        "The digits of pi are 3.14159265358979323846264338327950288.",
        "The hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 is long.",
        "المجموع هو 12345 + 67890",
        "https://example.org/lessons/12",
    ],
)
def test_texts_of_lessons_pass(text: str) -> None:
    assert found(text) == ""


@pytest.mark.parametrize(
    "part", ["a.", "a-", "@", "a@", "a@a.", "+1 ", "0a", "0-", "a@a-.", "(+9"]
)
def test_no_text_takes_long(part: str) -> None:
    begun = time.process_time()
    found(part * (100_000 // len(part)))
    assert time.process_time() - begun < 2.0
