"""SQL of users."""

from collections.abc import Sequence

import asyncpg

from lms.identity import Role
from lms.ids import UserId
from lms.people.model import Account, Person

COLUMNS = "user_id, email, name, roles, active, created_at"


def _person(row: asyncpg.Record) -> Person:
    return Person(
        user_id=UserId(str(row["user_id"])),
        email=row["email"],
        name=row["name"],
        roles=tuple(row["roles"]),
        active=row["active"],
        created_at=row["created_at"],
    )


async def add_all(
    connection: asyncpg.Connection, tenant_id: str, accounts: Sequence[Account]
) -> set[str]:
    """Add these people in one statement; the addresses that were new."""
    rows = await connection.fetch(
        "INSERT INTO users (tenant_id, user_id, email, name, roles, active, created_at, password_hash)"
        " SELECT $1, new.user_id, new.email, new.name, string_to_array(new.roles, ','), new.active,"
        " new.created_at, new.password_hash"
        " FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bool[], $7::timestamptz[], $8::text[])"
        " AS new (user_id, email, name, roles, active, created_at, password_hash)"
        " ON CONFLICT (tenant_id, email) DO NOTHING RETURNING email",
        tenant_id,
        [account.person.user_id for account in accounts],
        [account.person.email for account in accounts],
        [account.person.name for account in accounts],
        [",".join(account.person.roles) for account in accounts],
        [account.person.active for account in accounts],
        [account.person.created_at for account in accounts],
        [account.password_hash for account in accounts],
    )
    return {row["email"] for row in rows}


async def get(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, *, lock: bool = False
) -> Person | None:
    """One person; with `lock` nobody else changes them until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM users WHERE tenant_id = $1 AND user_id = $2"
        + (" FOR UPDATE" if lock else ""),
        tenant_id,
        user_id,
    )
    return None if row is None else _person(row)


async def account(connection: asyncpg.Connection, tenant_id: str, email: str) -> Account | None:
    """The account with this address."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS}, password_hash FROM users WHERE tenant_id = $1 AND email = $2",
        tenant_id,
        email,
    )
    return (
        None if row is None else Account(person=_person(row), password_hash=row["password_hash"])
    )


async def page(
    connection: asyncpg.Connection,
    tenant_id: str,
    wanted: tuple[str | None, str | None],
    *,
    after: tuple[str, str] | None,
    limit: int,
) -> list[Person]:
    """People by name, after (name, id): `wanted` is (part of name or address, role)."""
    part, role = wanted
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM users WHERE tenant_id = $1"
        " AND ($2::text IS NULL OR strpos(lower(name), lower($2)) > 0 OR strpos(email, lower($2)) > 0)"
        " AND ($3::text IS NULL OR $3 = ANY(roles))"
        " AND ($4::text IS NULL OR (name, user_id) > ($4, $5::uuid))"
        " ORDER BY name, user_id LIMIT $6",
        tenant_id,
        part,
        role,
        after[0] if after else None,
        after[1] if after else None,
        limit,
    )
    return [_person(row) for row in rows]


async def count_in(connection: asyncpg.Connection, tenant_id: str, role: Role, most: int) -> int:
    """How many people have this role and may sign in, counted up to `most`."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM (SELECT FROM users WHERE tenant_id = $1 AND active AND roles @> ARRAY[$2] LIMIT $3) AS found",
        tenant_id,
        role,
        most,
    )
    return count


async def save(connection: asyncpg.Connection, tenant_id: str, person: Person) -> None:
    """Write name, roles and active."""
    await connection.execute(
        "UPDATE users SET name = $3, roles = $4, active = $5 WHERE tenant_id = $1 AND user_id = $2",
        tenant_id,
        person.user_id,
        person.name,
        list(person.roles),
        person.active,
    )


async def save_password(
    connection: asyncpg.Connection, tenant_id: str, user_id: str, password_hash: str
) -> None:
    """Write the hash of a new password."""
    await connection.execute(
        "UPDATE users SET password_hash = $3 WHERE tenant_id = $1 AND user_id = $2",
        tenant_id,
        user_id,
        password_hash,
    )
