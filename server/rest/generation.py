"""Ask the content factory for items, and watch."""

from server.rest import factory_shapes
from server.rest.call import Answer, Call


async def ask_generation(call: Call[factory_shapes.NewGeneration]) -> Answer:
    """Ask for items."""
    raise NotImplementedError


async def list_generations(call: Call[None]) -> Answer:
    """The jobs of a course, the newest first."""
    raise NotImplementedError


async def get_generation(call: Call[None]) -> Answer:
    """How far a job is."""
    raise NotImplementedError


async def cancel_generation(call: Call[None]) -> Answer:
    """Let it make no more."""
    raise NotImplementedError


async def recall_generation(call: Call[factory_shapes.RecallBody]) -> Answer:
    """Take a batch out of use."""
    raise NotImplementedError


async def get_budget(call: Call[None]) -> Answer:
    """What the models may cost."""
    raise NotImplementedError


async def change_budget(call: Call[factory_shapes.BudgetChange]) -> Answer:
    """Set what the models may cost."""
    raise NotImplementedError
