"""The people of a school, for its administrator."""

from typing import Any

import asyncpg
import msgspec

from lms.ids import UserId
from lms.people import rules, service
from lms.people.model import Account, Change, Person
from server.auth import passwords, sessions
from server.auth.revocations import Revocation
from server.problems import Refusal
from server.rest import pages, shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from server.rest.parse import given


def shown(person: Person) -> shapes.User:
    """A person as the API shows them."""
    return shapes.User(
        id=person.user_id,
        email=person.email,
        name=person.name,
        roles=list(person.roles),
        active=person.active,
        created_at=person.created_at,
    )


async def list_users(call: Call[None]) -> Answer:
    """People by name; `q` is part of a name or address, `role` one that they have."""
    asked = pages.span(call, str)
    role = call.query.get("role")
    if role is not None and role not in rules.ROLES:
        raise Refusal("bad_query", f"role is one of {', '.join(rules.ROLES)}.")
    async with call.read() as connection:
        found = await service.page(
            connection,
            call.principal,
            (call.query.get("q"), role),
            after=asked.after,
            limit=asked.fetch,
        )
    return pages.answer(call, asked, found, lambda one: (one.name, one.user_id), shown)


async def create_user(call: Call[shapes.NewUser]) -> Answer:
    """Add one person; without a password one is made and shown once."""
    body = call.body
    service.check_manages(call.principal)
    made = passwords.make() if body.password is None else None
    if body.password is None:
        [hashed] = await call.deps.passwords.hash_made([made or ""])
    else:
        hashed = await call.deps.passwords.hash(body.password)
    person = Person(
        user_id=UserId(call.deps.new_id()),
        email=rules.normal_email(body.email),
        name=rules.normal_name(body.name),
        roles=rules.ordered_roles(body.roles),
        active=True,
        created_at=call.now,
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        added = await service.add(
            connection, call.principal, Account(person=person, password_hash=hashed)
        )
        return Answer(
            status=201,
            body=shapes.CreatedUser(user=shown(added), initial_password=made),
            headers={"Location": f"/api/v1/users/{added.user_id}"},
        )

    return await once(call, effect)


async def get_user(call: Call[None]) -> Answer:
    """One person."""
    async with call.read() as connection:
        person = await service.get(connection, call.principal, call.params["user_id"])
    return Answer(body=shown(person))


async def change_user(call: Call[shapes.UserChange]) -> Answer:
    """Change name, roles or active; other roles void what was given under the old ones, at once and everywhere."""
    body = call.body
    user_id = call.params["user_id"]
    voided = list[Revocation]()
    change = Change(
        name=given(body.name),
        roles=None if body.roles is msgspec.UNSET else tuple(body.roles),
        active=given(body.active),
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        person, void = await service.change(connection, call.principal, user_id, change)
        if void:
            voided.append(await _void(call, connection, user_id))
        if not person.active:
            await sessions.end_all(
                connection, call.principal.tenant_id, user_id, "deactivated", call.now
            )
        return Answer(body=shown(person))

    answer = await once(call, effect)
    await call.deps.revocations.announce(voided)
    return answer


async def reset_password(call: Call[None]) -> Answer:
    """A new password, shown once; every sign-in of the person ends."""
    user_id = call.params["user_id"]
    service.check_manages(call.principal)
    made = passwords.make()
    [hashed] = await call.deps.passwords.hash_made([made])
    voided = list[Revocation]()

    async def effect(connection: asyncpg.Connection) -> Answer:
        await service.set_password(connection, call.principal, user_id, hashed)
        await sessions.end_all(
            connection, call.principal.tenant_id, user_id, "password_reset", call.now
        )
        voided.append(await _void(call, connection, user_id))
        return Answer(body=shapes.PasswordReset(password=made))

    answer = await once(call, effect)
    await call.deps.revocations.announce(voided)
    return answer


async def import_users(call: Call[bytes]) -> Answer:
    """Add people from a CSV of email,name,roles; good rows are kept though others are bad."""
    service.check_manages(call.principal)
    rows = rules.read_csv(call.body)
    good = [row for row in rows if row.fault is None]
    made = {row.email: passwords.make() for row in good}
    hashes = await call.deps.passwords.hash_made([made[row.email] for row in good])
    accounts = [
        Account(
            person=Person(
                user_id=UserId(call.deps.new_id()),
                email=row.email,
                name=row.name,
                roles=row.roles,
                active=True,
                created_at=call.now,
            ),
            password_hash=hashed,
        )
        for row, hashed in zip(good, hashes, strict=True)
    ]

    async def effect(connection: asyncpg.Connection) -> Answer:
        added = await service.import_all(connection, call.principal, accounts)
        return Answer(
            body=shapes.ImportReport(
                created=len(added), rows=[_reported(row, added, made) for row in rows]
            )
        )

    return await once(call, effect)


def _reported(row: rules.CsvRow, added: set[str], made: dict[str, str]) -> shapes.ImportedRow:
    if row.fault is not None:
        return shapes.ImportedRow(
            row=row.number,
            email=row.email,
            outcome="invalid",
            detail=row.fault,
            initial_password=None,
        )
    new = row.email in added
    return shapes.ImportedRow(
        row=row.number,
        email=row.email,
        outcome="created" if new else "exists",
        detail=None if new else "Somebody has this address already; nothing was changed.",
        initial_password=made[row.email] if new else None,
    )


async def _void(call: Call[Any], connection: asyncpg.Connection, user_id: str) -> Revocation:
    """What this person holds from before now is void."""
    revocation = call.deps.revocation("user", call.principal.tenant_id, user_id)
    await call.deps.revocations.note(connection, [revocation])
    return revocation
