"""Files that people send."""

from typing import Any

from server.rest.call import Answer, Call


async def create_upload(call: Call[Any]) -> Answer:
    """Begin to send a file."""
    raise NotImplementedError


async def complete_upload(call: Call[Any]) -> Answer:
    """The bytes are all there."""
    raise NotImplementedError


async def get_upload(call: Call[Any]) -> Answer:
    """A file and where to fetch it."""
    raise NotImplementedError
