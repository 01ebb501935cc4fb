"""Sign in, refresh, sign out: over the real API and stores."""

import asyncio
from http.cookies import SimpleCookie

import pytest

from server import demo
from server.storage.postgres import Database
from tests.support.school import Api, Got, School, running_school

BROWSER = {"Lectern-Client": "browser"}


async def pair(school: School, account: str = "student1") -> tuple[Api, str]:
    got = await school.api.call(
        "POST", "/sessions", {"email": f"{account}@demo.school", "password": demo.PASSWORD}
    )
    assert got.status == 200
    assert got.body["expires_in"] > 0
    return school.api.as_(got.body["access_token"]), got.body["refresh_token"]


async def renew(school: School, token: str) -> Got:
    return await school.api.call("POST", "/sessions/refresh", {"refresh_token": token})


async def test_the_only_school_needs_no_name(school: School) -> None:
    person, _ = await pair(school)
    me = await person.call("GET", "/me")
    assert me.body["user"]["email"] == "student1@demo.school"
    assert me.body["school"]["slug"] == "demo"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"email": "student1@demo.school", "password": "wrong"}, 401, "credentials_wrong"),
        ({"email": "nobody@demo.school", "password": "wrong"}, 401, "credentials_wrong"),
        ({"email": "a@b", "password": "x", "school": "none"}, 422, "school_unknown"),
        ({"email": "a@b"}, 422, "invalid_body"),
        ({"email": 7, "password": None, "x": 1}, 422, "invalid_body"),
        ({"email": "a\x00@b", "password": "x"}, 422, "invalid_body"),
        ({"email": "a@b", "password": "x" * 129}, 422, "invalid_body"),
        ([], 422, "invalid_body"),
    ],
)
async def test_a_bad_sign_in_is_refused_in_words(
    school: School, body: object, status: int, code: str
) -> None:
    got = await school.api.call("POST", "/sessions", body)
    assert (got.status, got.code) == (status, code)
    assert got.headers["Content-Type"] == "application/problem+json"


async def test_a_wrong_password_and_a_wrong_address_look_the_same(school: School) -> None:
    bodies = []
    for email in ("student1@demo.school", "nobody@demo.school"):
        got = await school.api.call("POST", "/sessions", {"email": email, "password": "x"})
        bodies.append({name: value for name, value in got.body.items() if name != "trace_id"})
    assert bodies[0] == bodies[1]


async def test_each_refresh_token_is_good_once(school: School) -> None:
    person, first = await pair(school)
    second = await renew(school, first)
    assert second.status == 200
    again = await renew(school, first)
    assert (again.status, again.code) == (401, "refresh_reused")
    dead = await renew(school, second.body["refresh_token"])
    assert (dead.status, dead.code) == (401, "token_revoked")
    for token in (person.token, second.body["access_token"]):
        got = await school.api.as_(token).call("GET", "/me")
        assert (got.status, got.code) == (401, "token_revoked")


async def test_of_two_that_refresh_at_once_one_wins_and_the_family_ends(school: School) -> None:
    _, token = await pair(school)
    got = await asyncio.gather(*(renew(school, token) for _ in range(5)))
    assert sorted(one.status for one in got)[:1] == [200]
    assert sum(one.status == 200 for one in got) == 1


async def test_signing_out_ends_this_sign_in_and_no_other(school: School) -> None:
    here, refresh = await pair(school)
    there, _ = await pair(school)
    assert (await here.call("DELETE", "/sessions/current")).status == 204
    assert (await here.call("GET", "/me")).status == 401
    assert (await renew(school, refresh)).status == 401
    assert (await there.call("GET", "/me")).status == 200


def cookie_of(got: Got) -> str:
    jar = SimpleCookie(got.headers["Set-Cookie"])
    morsel = jar["lectern_refresh"]
    assert morsel["httponly"]
    assert morsel["secure"]
    assert morsel["samesite"] == "Strict"
    assert morsel["path"] == "/api/v1/sessions"
    return morsel.value


async def browser_pair(school: School) -> tuple[Got, str]:
    body = {"email": "student2@demo.school", "password": demo.PASSWORD}
    got = await school.api.call("POST", "/sessions", body, headers=BROWSER)
    assert got.body["refresh_token"] is None
    return got, cookie_of(got)


async def renew_cookie(school: School, cookie: str, **headers: str) -> Got:
    sent = {**BROWSER, "Cookie": f"lectern_refresh={cookie}", **headers}
    return await school.api.call("POST", "/sessions/refresh", {}, headers=sent)


async def test_a_browser_keeps_the_refresh_token_in_a_cookie(school: School) -> None:
    _, first = await browser_pair(school)
    got = await renew_cookie(school, first)
    assert got.status == 200
    assert got.body["refresh_token"] is None
    second = cookie_of(got)
    assert second != first
    lost = await renew_cookie(school, first)
    assert lost.status == 200, "a reload may lose the answer with the next cookie"
    assert (await renew_cookie(school, second)).status == 200
    out = await school.api.as_(got.body["access_token"]).call(
        "DELETE", "/sessions/current", headers=BROWSER
    )
    assert SimpleCookie(out.headers["Set-Cookie"])["lectern_refresh"]["max-age"] == "0"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Lectern-Client": ""}, 401),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
    ],
)
async def test_the_cookie_is_good_for_our_own_page_alone(
    school: School, headers: dict[str, str], status: int
) -> None:
    _, cookie = await browser_pair(school)
    assert (await renew_cookie(school, cookie, **headers)).status == status


async def test_guessing_is_slowed_down_and_the_right_password_costs_nothing(
    database: Database, valkey_url: str
) -> None:
    async with running_school(database, valkey_url, limit_scale=1) as slow:
        body = {"email": "student9@demo.school", "password": demo.PASSWORD}
        for _ in range(12):
            assert (await slow.api.call("POST", "/sessions", body)).status == 200
        wrong = {**body, "password": "guess"}
        statuses = [(await slow.api.call("POST", "/sessions", wrong)).status for _ in range(12)]
        assert statuses == [401] * 10 + [429] * 2
        refused = await slow.api.call("POST", "/sessions", body)
        assert (refused.status, refused.code) == (429, "rate_limited")
        assert int(refused.headers["Retry-After"]) > 0
        other = {**body, "email": "student10@demo.school"}
        assert (await slow.api.call("POST", "/sessions", other)).status == 200


async def test_a_school_that_is_switched_off_lets_nobody_in(
    school: School, database: Database
) -> None:
    _, refresh = await pair(school, "student4")
    tenant = school.seeded.tenant_id
    switch = "UPDATE tenants SET active = $1 WHERE tenant_id = $2"
    async with database.transaction(tenant) as connection:
        await connection.execute(switch, False, tenant)
    try:
        assert (await renew(school, refresh)).code == "token_revoked"
        body = {"email": "student4@demo.school", "password": demo.PASSWORD}
        got = await school.api.call("POST", "/sessions", body)
        assert (got.status, got.code) == (401, "credentials_wrong")
    finally:
        async with database.transaction(tenant) as connection:
            await connection.execute(switch, True, tenant)


async def test_a_school_behind_one_address_is_not_locked_out(
    database: Database, valkey_url: str
) -> None:
    """A thousand people may sign in from one address at the bell."""
    async with running_school(database, valkey_url, limit_scale=1) as school:
        limiter = school.deps.limiter
        for _ in range(1000):
            assert (await limiter.take("address", "203.0.113.9")).allowed
            assert (await limiter.take("sign_in_address", "203.0.113.9")).allowed


async def test_who_tries_bad_tokens_keeps_nobody_from_signing_in(
    database: Database, valkey_url: str
) -> None:
    """They come from one address, as the whole school does."""
    async with running_school(database, valkey_url, limit_scale=0.01) as school:
        codes = {(await school.api.as_("bad").call("GET", "/me")).code for _ in range(80)}
        assert codes == {"token_invalid", "rate_limited"}
        body = {"email": "student7@demo.school", "password": demo.PASSWORD}
        assert (await school.api.call("POST", "/sessions", body)).status == 200
