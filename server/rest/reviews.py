"""The reviewers' queue: accept, edit, reject."""

from server.rest import factory_shapes
from server.rest.call import Answer, Call


async def list_reviews(call: Call[None]) -> Answer:
    """What waits, the riskiest first."""
    raise NotImplementedError


async def get_review(call: Call[None]) -> Answer:
    """One staged item with its source."""
    raise NotImplementedError


async def decide_review(call: Call[factory_shapes.ReviewBody]) -> Answer:
    """Decide about a staged item."""
    raise NotImplementedError
