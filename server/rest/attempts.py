"""Attempts: start, answer, submit; and the live board."""

from typing import Any

from server.rest.call import Answer, Call


async def extend_all(call: Call[Any]) -> Answer:
    """More time for every open attempt."""
    raise NotImplementedError


async def board(call: Call[Any]) -> Answer:
    """Who is where, now."""
    raise NotImplementedError


async def start_attempt(call: Call[Any]) -> Answer:
    """Start an attempt, or open it on this device."""
    raise NotImplementedError


async def get_attempt(call: Call[Any]) -> Answer:
    """How an attempt stands."""
    raise NotImplementedError


async def save_answer(call: Call[Any]) -> Answer:
    """Save an answer."""
    raise NotImplementedError


async def submit_attempt(call: Call[Any]) -> Answer:
    """Hand the attempt in."""
    raise NotImplementedError


async def beat(call: Call[Any]) -> Answer:
    """The page is still there."""
    raise NotImplementedError
