"""Assessments, for those who run them and for learners."""

from typing import Any

from server.rest.call import Answer, Call


async def list_assessments(call: Call[Any]) -> Answer:
    """Assessments of a course."""
    raise NotImplementedError


async def create_assessment(call: Call[Any]) -> Answer:
    """Write an assessment."""
    raise NotImplementedError


async def get_assessment(call: Call[Any]) -> Answer:
    """One assessment, for those who run it."""
    raise NotImplementedError


async def my_assessment(call: Call[Any]) -> Answer:
    """One assessment, for a learner."""
    raise NotImplementedError


async def change_assessment(call: Call[Any]) -> Answer:
    """Change an assessment."""
    raise NotImplementedError


async def publish_assessment(call: Call[Any]) -> Answer:
    """Let it be taken."""
    raise NotImplementedError


async def archive_assessment(call: Call[Any]) -> Answer:
    """Let it be taken no more."""
    raise NotImplementedError


async def list_accommodations(call: Call[Any]) -> Answer:
    """What single learners are given."""
    raise NotImplementedError


async def set_accommodation(call: Call[Any]) -> Answer:
    """Give a learner more."""
    raise NotImplementedError
