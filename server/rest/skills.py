"""Skills of learners, and practice that teachers assign."""

from server.rest import practice_shapes
from server.rest.call import Answer, Call


async def my_skills(call: Call[None]) -> Answer:
    """My own skills in a course."""
    raise NotImplementedError


async def skill_map(call: Call[None]) -> Answer:
    """The skills of a class."""
    raise NotImplementedError


async def assign_practice(call: Call[practice_shapes.NewAssignment]) -> Answer:
    """Give learners practice of a skill."""
    raise NotImplementedError


async def list_assignments(call: Call[None]) -> Answer:
    """What was assigned."""
    raise NotImplementedError
