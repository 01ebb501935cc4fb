"""Sign in, refresh, sign out, who am I."""

from datetime import timedelta
from typing import Any

import asyncpg

from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from lms.people import rules as people_rules
from lms.people import service as people
from lms.people import store as people_store
from lms.people.model import Account, Person
from lms.tenants import service as tenants
from lms.tenants.model import Tenant
from server.auth import sessions
from server.auth.revocations import Revocation
from server.auth.sessions import SignIn
from server.auth.tokens import ACCESS_SECONDS, REFRESH_SECONDS, RefreshClaims
from server.limits.middleware import take
from server.problems import Refusal
from server.rest import shapes
from server.rest.call import Answer, Call, Cookie
from server.rest.users import shown

NO_COOKIE = Cookie(value="", max_age_seconds=0)


async def sign_in(call: Call[shapes.SignIn]) -> Answer:
    """An e-mail address and a password for a pair of tokens."""
    deps = call.deps
    email = people_rules.normal_email(call.body.email)
    async with deps.database.transaction(None) as connection:
        school = await tenants.find(connection, named=call.body.school, host=call.host)
    await _charge(call, f"{school.tenant_id}.{email}")
    async with deps.database.transaction(school.tenant_id) as connection:
        account = await people_store.account(connection, school.tenant_id, email)
    hashed = None if account is None else account.password_hash
    matches = await deps.passwords.verify(hashed, call.body.password)
    if account is None or not matches or not account.person.active or not school.active:
        deps.meters.count("sign_ins_total", {"outcome": "wrong"})
        raise Refusal("credentials_wrong", "The e-mail address or the password is wrong.")
    await _give_back(call, f"{school.tenant_id}.{email}")
    deps.meters.count("sign_ins_total", {"outcome": "right"})
    return await _begin(call, school, account)


async def _charge(call: Call[Any], account: str) -> None:
    limiter = call.deps.limiter
    await take(limiter, "sign_in_address", call.address, 1)
    await take(limiter, "sign_in", f"{account}.{call.address}", 1)
    await take(limiter, "sign_in_account", account, 1)


async def _give_back(call: Call[Any], account: str) -> None:
    """A right password costs nothing: only guessing is slowed down."""
    await call.deps.limiter.take("sign_in", f"{account}.{call.address}", -1)
    await call.deps.limiter.take("sign_in_account", account, -1)


async def _begin(call: Call[Any], school: Tenant, account: Account) -> Answer:
    new = SignIn(
        session_id=call.deps.new_id(),
        user_id=account.person.user_id,
        generation=1,
        rotated_at=call.now,
        expires_at=call.now + timedelta(seconds=REFRESH_SECONDS),
        ended=False,
    )
    async with call.deps.database.transaction(school.tenant_id) as connection:
        await sessions.begin(connection, school.tenant_id, new)
    return _pair(call, school.tenant_id, account.person, new, new.generation)


def _pair(
    call: Call[Any], tenant_id: str, person: Person, stands: SignIn, generation: int
) -> Answer:
    """The two tokens: a browser gets the second as a cookie."""
    who = Principal(
        tenant_id=TenantId(tenant_id),
        user_id=UserId(person.user_id),
        session_id=SessionId(stands.session_id),
        roles=frozenset(person.roles),
    )
    expires_at = stands.expires_at.timestamp()
    refresh = call.deps.tokens.refresh(who, generation, expires_at)
    body = shapes.Session(
        access_token=call.deps.tokens.access(who),
        refresh_token=None if call.from_browser else refresh,
        expires_in=ACCESS_SECONDS,
        user=shown(person),
    )
    if not call.from_browser:
        return Answer(body=body)
    left = int((stands.expires_at - call.now).total_seconds())
    return Answer(body=body, cookie=Cookie(value=refresh, max_age_seconds=left))


async def refresh(call: Call[shapes.Refresh]) -> Answer:
    """The refresh token for the next pair; a token that was used before ends its whole family."""
    cookie = call.refresh_cookie if call.body.refresh_token is None else None
    token = call.body.refresh_token or cookie
    if token is None:
        raise Refusal("unauthorized", "There is no refresh token: sign in.")
    claims = call.deps.tokens.verify_refresh(token)
    async with call.deps.database.transaction(claims.tid) as connection:
        stands = await sessions.load(connection, claims.tid, claims.sid)
        outcome = sessions.judge(stands, claims.gen, cookie=cookie is not None, now=call.now)
        person = await people_store.get(connection, claims.tid, claims.sub)
        school = await tenants.get(connection, claims.tid)
        if outcome == "next":
            await sessions.rotate(connection, claims.tid, claims.sid, call.now)
        if outcome == "reused":
            ended = await _end(call, connection, claims)
    if outcome == "reused":
        await call.deps.revocations.announce([ended])
        call.deps.meters.count("sign_ins_total", {"outcome": "reused"})
        raise Refusal("refresh_reused", "This refresh token was used before: sign in again.")
    active = person is not None and person.active and school.active
    if outcome == "over" or stands is None or person is None or not active:
        raise Refusal("token_revoked", "This sign-in has ended: sign in again.")
    generation = stands.generation + (1 if outcome == "next" else 0)
    return _pair(call, claims.tid, person, stands, generation)


async def _end(
    call: Call[Any], connection: asyncpg.Connection, claims: RefreshClaims
) -> Revocation:
    await sessions.end(connection, claims.tid, claims.sid, "reuse", call.now)
    revocation = call.deps.revocation("session", claims.tid, claims.sid)
    await call.deps.revocations.note(connection, [revocation])
    return revocation


async def sign_out(call: Call[None]) -> Answer:
    """End this sign-in, and with it every socket that came of it."""
    who = call.principal
    revocation = call.deps.revocation("session", who.tenant_id, who.session_id)

    async with call.read() as connection:
        await sessions.end(connection, who.tenant_id, who.session_id, "sign_out", call.now)
        await call.deps.revocations.note(connection, [revocation])
    await call.deps.revocations.announce([revocation])
    return Answer(status=204, cookie=NO_COOKIE if call.from_browser else None)


async def me(call: Call[None]) -> Answer:
    """Who is calling, and of which school."""
    who = call.principal
    async with call.read() as connection:
        person = await people.get(connection, who, who.user_id)
        school = await tenants.get(connection, who.tenant_id)
    return Answer(
        body=shapes.Me(
            user=shown(person),
            school=shapes.School(id=school.tenant_id, slug=school.slug, name=school.name),
        )
    )
