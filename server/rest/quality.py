"""Items of the factory after use: cards, stock, figures."""

from server.rest import factory_shapes
from server.rest.call import Answer, Call


async def get_card(call: Call[None]) -> Answer:
    """Where an item comes from."""
    raise NotImplementedError


async def list_stock(call: Call[None]) -> Answer:
    """How many items there are of each skill and level."""
    raise NotImplementedError


async def set_stock(call: Call[factory_shapes.StockMark]) -> Answer:
    """Say how many there should be."""
    raise NotImplementedError


async def list_quality(call: Call[None]) -> Answer:
    """How the items of a course did."""
    raise NotImplementedError


async def release_item(call: Call[None]) -> Answer:
    """Put a held item back to use."""
    raise NotImplementedError


async def get_dashboard(call: Call[None]) -> Answer:
    """How the factory does."""
    raise NotImplementedError
