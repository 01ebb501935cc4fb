"""Password hashes: a few at once, a short queue, and nothing learned from the time that a refusal takes."""

import asyncio

import pytest

from server.auth import passwords as module
from server.auth.passwords import Passwords, make
from server.problems import Refusal


async def test_a_password_is_known_by_its_hash_alone() -> None:
    async with Passwords().running() as passwords:
        hashed = await passwords.hash("correct horse")
        assert hashed.startswith("$argon2id$")
        assert "correct horse" not in hashed
        assert hashed != await passwords.hash("correct horse")
        assert await passwords.verify(hashed, "correct horse")
        assert not await passwords.verify(hashed, "correct horse ")


@pytest.mark.parametrize("hashed", [None, "", "plain", "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA"])
async def test_what_is_no_hash_opens_nothing(hashed: str | None) -> None:
    async with Passwords().running() as passwords:
        assert not await passwords.verify(hashed, "anything")


async def test_a_full_queue_refuses_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE", 3)
    async with Passwords().running() as passwords:
        got = await asyncio.gather(
            *(passwords.hash("x") for _ in range(6)), return_exceptions=True
        )
        assert [isinstance(one, str) for one in got] == [True] * 3 + [False] * 3
        for one in got[3:]:
            assert isinstance(one, Refusal)
            assert one.code == "busy"
        assert await passwords.hash("x"), "and then it goes on"


async def test_made_passwords_differ_and_open() -> None:
    made = [make() for _ in range(50)]
    assert len(set(made)) == 50
    assert {len(one) for one in made} == {module.MADE_CHARS}
    assert len(set(module.MADE_ALPHABET)) ** module.MADE_CHARS >= 2**80
    async with Passwords().running() as passwords:
        hashes = await passwords.hash_made(made[:3])
        for password, hashed in zip(made, hashes, strict=False):
            assert await passwords.verify(hashed, password)
