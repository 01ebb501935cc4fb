"""The gradebook of a course."""

from typing import Any

from server.rest.call import Answer, Call


async def get_gradebook(call: Call[Any]) -> Answer:
    """The gradebook; a student's own row."""
    raise NotImplementedError


async def export_gradebook(call: Call[Any]) -> Answer:
    """The gradebook as a CSV."""
    raise NotImplementedError


async def change_gradebook(call: Call[Any]) -> Answer:
    """Categories, weights, letters."""
    raise NotImplementedError
