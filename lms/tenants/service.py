"""Open a school; find the one that a caller means."""

from datetime import datetime

import asyncpg

from lms.errors import Conflict, NotFound
from lms.tenants import rules, store
from lms.tenants.model import Tenant


async def open_school(
    connection: asyncpg.Connection, school: Tenant, *, host: str | None, now: datetime
) -> Tenant:
    """Open a school under its own tenant's transaction; Conflict when the slug or host is taken."""
    rules.check_new(school.slug, school.name)
    if not await store.add(connection, school, host, now):
        raise Conflict(
            "There is a school with this short name or host already.", code="school_exists"
        )
    return school


async def find(connection: asyncpg.Connection, *, named: str | None, host: str) -> Tenant:
    """The school that this caller means."""
    return rules.pick(
        named,
        await store.by_slug(connection, named) if named is not None else None,
        await store.by_host(connection, host),
        await store.first_two(connection),
    )


async def get(connection: asyncpg.Connection, tenant_id: str) -> Tenant:
    """The school with this id."""
    tenant = await store.by_id(connection, tenant_id)
    if tenant is None:
        raise NotFound("There is no such school.")
    return tenant
