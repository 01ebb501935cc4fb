"""Open a school; find the one that a caller means; see and change what it has set."""

from dataclasses import asdict
from datetime import datetime

import asyncpg

from lms import audit
from lms.errors import Conflict, Forbidden, NotFound
from lms.identity import Principal, may
from lms.tenants import rules, store
from lms.tenants.model import Settings, Tenant


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


async def settings(connection: asyncpg.Connection, who: Principal) -> Settings:
    """What the school has set, for its administrators."""
    _check_manages(who)
    return await store.settings(connection, who.tenant_id)


async def change_settings(
    connection: asyncpg.Connection, who: Principal, new: Settings, audit_id: str, now: datetime
) -> Settings:
    """Set all of it; who did is written down."""
    _check_manages(who)
    rules.check_band(new.band_low_milli, new.band_high_milli)
    before = await store.settings(connection, who.tenant_id)
    await store.save_settings(connection, who.tenant_id, new, who.user_id, now)
    entry = audit.Entry(
        audit_id=audit_id,
        user_id=who.user_id,
        action="school.settings",
        subject_id=who.tenant_id,
        data=_changed(before, new),
    )
    await audit.note(connection, who.tenant_id, entry, now)
    return new


def _changed(before: Settings, new: Settings) -> dict[str, int]:
    was, now = asdict(before), asdict(new)
    return {**{f"{name}_before": was[name] for name in was if was[name] != now[name]}, **now}


def _check_manages(who: Principal) -> None:
    if not may(who, "school.manage"):
        raise Forbidden("Only an administrator sees and changes what the school has set.")
