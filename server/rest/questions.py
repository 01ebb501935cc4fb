"""The question bank of a course."""

from typing import Any

from server.rest.call import Answer, Call


async def list_questions(call: Call[Any]) -> Answer:
    """The question bank."""
    raise NotImplementedError


async def create_question(call: Call[Any]) -> Answer:
    """Add a question."""
    raise NotImplementedError


async def import_questions(call: Call[Any]) -> Answer:
    """Add questions from a CSV."""
    raise NotImplementedError


async def export_questions(call: Call[Any]) -> Answer:
    """The bank as a CSV."""
    raise NotImplementedError


async def bank_words(call: Call[Any]) -> Answer:
    """Skills, tags, levels and languages of the bank."""
    raise NotImplementedError


async def get_question(call: Call[Any]) -> Answer:
    """One question with its key."""
    raise NotImplementedError


async def change_question(call: Call[Any]) -> Answer:
    """Change a question."""
    raise NotImplementedError


async def retire_question(call: Call[Any]) -> Answer:
    """Retire a question."""
    raise NotImplementedError
