"""Waits for the thing itself, with a deadline."""

import asyncio
from collections.abc import Callable


async def until(holds: Callable[[], bool], within_s: float = 30) -> None:
    """Look every few milliseconds until it holds; TimeoutError when it never does."""
    async with asyncio.timeout(within_s):
        while not holds():
            await asyncio.sleep(0.005)
