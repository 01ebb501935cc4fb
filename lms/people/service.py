"""Add people, change them, look them up."""

from collections.abc import Sequence

import asyncpg

from lms.errors import Conflict, Forbidden, NotFound
from lms.identity import Principal, may
from lms.people import rules, store
from lms.people.model import Account, Change, Person


def check_manages(who: Principal) -> None:
    """Raise Forbidden unless the caller manages the people of the school."""
    if not may(who, "people.manage"):
        raise Forbidden("Only an administrator of the school manages its people.")


def _check_sees(who: Principal) -> None:
    if not may(who, "people.see"):
        raise Forbidden("Only teachers and administrators see the people of the school.")


async def add(connection: asyncpg.Connection, who: Principal, account: Account) -> Person:
    """Add one person; Conflict when the address is taken."""
    check_manages(who)
    if not await store.add_all(connection, who.tenant_id, [account]):
        raise Conflict(
            "Somebody of the school has this e-mail address already.", code="email_taken"
        )
    return account.person


async def import_all(
    connection: asyncpg.Connection, who: Principal, accounts: Sequence[Account]
) -> set[str]:
    """Add those whose address is new; their addresses."""
    check_manages(who)
    return await store.add_all(connection, who.tenant_id, accounts) if accounts else set()


async def get(connection: asyncpg.Connection, who: Principal, user_id: str) -> Person:
    """One person, for those who see people, or for themselves."""
    if user_id != who.user_id:
        _check_sees(who)
    person = await store.get(connection, who.tenant_id, user_id)
    if person is None:
        raise NotFound("There is no such person.")
    return person


async def page(
    connection: asyncpg.Connection,
    who: Principal,
    wanted: tuple[str | None, str | None],
    *,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Person]:
    """People by name: `wanted` is (part of name or address, role)."""
    _check_sees(who)
    return await store.page(connection, who.tenant_id, wanted, after=after, limit=limit)


async def change(
    connection: asyncpg.Connection, who: Principal, user_id: str, wanted: Change
) -> tuple[Person, bool]:
    """The person after the change, and whether what they were given before is void."""
    check_manages(who)
    before = await store.get(connection, who.tenant_id, user_id, lock=True)
    if before is None:
        raise NotFound("There is no such person.")
    after = rules.changed(before, wanted, by_themselves=user_id == who.user_id)
    await store.save(connection, who.tenant_id, after)
    return after, rules.voids(before, after)


async def set_password(
    connection: asyncpg.Connection, who: Principal, user_id: str, password_hash: str
) -> None:
    """Give a person a new password."""
    check_manages(who)
    if await store.get(connection, who.tenant_id, user_id, lock=True) is None:
        raise NotFound("There is no such person.")
    await store.save_password(connection, who.tenant_id, user_id, password_hash)
