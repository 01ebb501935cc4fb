"""The short test that finds where a learner stands."""

from server.rest import practice_shapes
from server.rest.call import Answer, Call


async def start_placement(call: Call[None]) -> Answer:
    """Begin, or go on."""
    raise NotImplementedError


async def answer_placement(call: Call[practice_shapes.PlacementAnswer]) -> Answer:
    """Answer the item that is asked now."""
    raise NotImplementedError
