"""Results, marking, release and regrades."""

from typing import Any

from server.rest.call import Answer, Call


async def get_result(call: Call[Any]) -> Answer:
    """The result, once it is released."""
    raise NotImplementedError


async def list_attempts(call: Call[Any]) -> Answer:
    """Attempts of an assessment."""
    raise NotImplementedError


async def get_script(call: Call[Any]) -> Answer:
    """An attempt to be marked."""
    raise NotImplementedError


async def give_mark(call: Call[Any]) -> Answer:
    """Mark an item by hand."""
    raise NotImplementedError


async def decide_late(call: Call[Any]) -> Answer:
    """Count late answers, or do not."""
    raise NotImplementedError


async def release_scores(call: Call[Any]) -> Answer:
    """Let learners see their scores."""
    raise NotImplementedError


async def preview_regrade(call: Call[Any]) -> Answer:
    """Whom a regrade would change."""
    raise NotImplementedError


async def create_regrade(call: Call[Any]) -> Answer:
    """Regrade an item."""
    raise NotImplementedError


async def get_regrade(call: Call[Any]) -> Answer:
    """How far a regrade is."""
    raise NotImplementedError


async def item_statistics(call: Call[Any]) -> Answer:
    """How each item went."""
    raise NotImplementedError
