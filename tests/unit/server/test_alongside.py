"""Work beside a block ends with it, and takes it along when it fails."""

import asyncio

import pytest

from server.alongside import alongside


async def test_it_ends_with_the_block() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with alongside(work()):
        await asyncio.sleep(0)
        assert not ended.is_set()
    assert ended.is_set()


async def test_its_failure_is_the_blocks() -> None:
    async def work() -> None:
        raise LookupError("gone")

    with pytest.raises(ExceptionGroup) as raised:
        async with alongside(work()):
            await asyncio.Event().wait()
    assert raised.group_contains(LookupError, match="gone")
