"""SQL of tenants and of school_settings."""

from datetime import datetime

import asyncpg

from lms.ids import TenantId
from lms.tenants.model import Settings, Tenant

COLUMNS = "tenant_id, slug, name, active"


def _tenant(row: asyncpg.Record) -> Tenant:
    return Tenant(
        tenant_id=TenantId(str(row["tenant_id"])),
        slug=row["slug"],
        name=row["name"],
        active=row["active"],
    )


async def by_id(connection: asyncpg.Connection, tenant_id: str) -> Tenant | None:
    """The school with this id."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM tenants WHERE tenant_id = $1", tenant_id
    )
    return None if row is None else _tenant(row)


async def by_slug(connection: asyncpg.Connection, slug: str) -> Tenant | None:
    """The school with this short name."""
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM tenants WHERE slug = $1", slug)
    return None if row is None else _tenant(row)


async def by_host(connection: asyncpg.Connection, host: str) -> Tenant | None:
    """The school that lives at this host name."""
    row = await connection.fetchrow(f"SELECT {COLUMNS} FROM tenants WHERE host = $1", host)
    return None if row is None else _tenant(row)


async def first_two(connection: asyncpg.Connection) -> list[Tenant]:
    """Enough schools to see whether there is only one."""
    rows = await connection.fetch(f"SELECT {COLUMNS} FROM tenants ORDER BY tenant_id LIMIT 2")
    return [_tenant(row) for row in rows]


async def every(connection: asyncpg.Connection) -> list[Tenant]:
    """All schools."""
    rows = await connection.fetch(f"SELECT {COLUMNS} FROM tenants ORDER BY tenant_id")
    return [_tenant(row) for row in rows]


async def add(
    connection: asyncpg.Connection, tenant: Tenant, host: str | None, now: datetime
) -> bool:
    """Add a school; False when its slug or host is taken."""
    status = await connection.execute(
        "INSERT INTO tenants (tenant_id, slug, name, host, active, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        tenant.tenant_id,
        tenant.slug,
        tenant.name,
        host,
        tenant.active,
        now,
    )
    return status == "INSERT 0 1"


async def settings(connection: asyncpg.Connection, tenant_id: str) -> Settings:
    """What the school has set."""
    row = await connection.fetchrow(
        "SELECT reviewers, band_low_milli, band_high_milli FROM school_settings WHERE tenant_id = $1",
        tenant_id,
    )
    return Settings() if row is None else Settings(**row)


async def save_settings(
    connection: asyncpg.Connection, tenant_id: str, new: Settings, by: str, now: datetime
) -> None:
    """Set all of it."""
    await connection.execute(
        "INSERT INTO school_settings (tenant_id, reviewers, band_low_milli, band_high_milli, set_by, set_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id) DO UPDATE SET reviewers = EXCLUDED.reviewers,"
        " band_low_milli = EXCLUDED.band_low_milli, band_high_milli = EXCLUDED.band_high_milli,"
        " set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at",
        *(tenant_id, new.reviewers, new.band_low_milli, new.band_high_milli, by, now),
    )
