"""The `admin` command: open a school with its first administrator."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from lms.errors import Conflict
from lms.ids import RANDOM_BYTES, TenantId, UserId, uuid7
from lms.people import rules as people_rules
from lms.people import store as people
from lms.people.model import Account, Person
from lms.tenants import service as tenants
from lms.tenants import store as tenant_store
from lms.tenants.model import Tenant
from server.auth.passwords import Passwords, make
from signaling.context import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSchool:
    """What the operator says."""

    slug: str
    school: str
    email: str
    name: str
    host: str | None = None


async def open_school(
    database: Database, passwords: Passwords, wanted: NewSchool, now: datetime
) -> str | None:
    """Open the school if its slug is new, add the administrator; the password made for them, or None if they were there.

    Run again with another address it adds another administrator: the way back in when the only one lost the password.
    """
    password = make()
    [hashed] = await passwords.hash_made([password])
    email = people_rules.normal_email(wanted.email)
    async with database.transaction(None) as connection:
        known = await tenant_store.by_slug(connection, wanted.slug)
    if known is not None and known.name != wanted.school:
        raise Conflict(
            f"The short name `{wanted.slug}` is that of {known.name}: a further school needs one of its own (--slug)."
        )
    tenant_id = known.tenant_id if known else TenantId(_new_id(now))
    person = Person(
        user_id=UserId(_new_id(now)),
        email=email,
        name=people_rules.normal_name(wanted.name),
        roles=("admin",),
        active=True,
        created_at=now,
    )
    async with database.transaction(tenant_id) as connection:
        if known is None:
            school = Tenant(tenant_id=tenant_id, slug=wanted.slug, name=wanted.school, active=True)
            await tenants.open_school(connection, school, host=wanted.host, now=now)
        account = Account(person=person, password_hash=hashed)
        added = await people.add_all(connection, tenant_id, [account])
    return password if added else None


def _new_id(now: datetime) -> str:
    return uuid7(int(now.timestamp() * 1000), secrets.token_bytes(RANDOM_BYTES))
