"""Password hashes: argon2id on a few threads, with a short queue that refuses rather than grows."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.problems import Refusal

# OWASP's password storage cheat sheet, second of its equal choices: 46 MiB, one pass, one lane.
MEMORY_KIB = 47_104
PASSES = 1
# A password that we made has 80 bits of chance: no guessing is slowed down by a slow hash of it.
MADE_MEMORY_KIB = 64
MADE_CHARS = 16
MADE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789A"
THREADS = 2
QUEUE = 64
WAIT_SECONDS = 10.0

Result = TypeVar("Result")


class Passwords:
    """Hashes and verifies; at most THREADS at once and QUEUE waiting."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=1)
        self._made = PasswordHasher(time_cost=1, memory_cost=MADE_MEMORY_KIB, parallelism=1)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0
        self._decoy = self._hasher.hash(secrets.token_urlsafe(MADE_CHARS))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Give the threads back at the end."""
        try:
            yield self
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The hash of a password that a person chose."""
        return await self._run(lambda: self._hasher.hash(password))

    async def hash_made(self, passwords: list[str]) -> list[str]:
        """The hashes of passwords that `make` made."""
        return await self._run(lambda: [self._made.hash(password) for password in passwords])

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether the password is the one; without a hash it takes the same time and is not."""
        matches = await self._run(lambda: self._matches(hashed or self._decoy, password))
        return matches and hashed is not None

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= QUEUE:
            raise Refusal("busy", "Too many people are signing in: try again in a moment.")
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except TimeoutError:
            raise Refusal(
                "busy", "Too many people are signing in: try again in a moment."
            ) from None
        finally:
            self._waiting -= 1


def make() -> str:
    """A password with 80 bits of chance, without letters that are taken for others."""
    return "".join(secrets.choice(MADE_ALPHABET) for _ in range(MADE_CHARS))
