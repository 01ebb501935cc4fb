"""Lessons of the tutor: the next items, checked at once."""

from server.rest import practice_shapes
from server.rest.call import Answer, Call


async def next_lesson(call: Call[None]) -> Answer:
    """The learner's next items, made ahead where there are some."""
    raise NotImplementedError


async def get_practice(call: Call[None]) -> Answer:
    """A lesson as it stands."""
    raise NotImplementedError


async def answer_practice(call: Call[practice_shapes.PracticeAnswer]) -> Answer:
    """Check one answer."""
    raise NotImplementedError


async def finish_practice(call: Call[None]) -> Answer:
    """End a lesson."""
    raise NotImplementedError


async def report_item(call: Call[practice_shapes.NewReport]) -> Answer:
    """Say that an item is wrong."""
    raise NotImplementedError
