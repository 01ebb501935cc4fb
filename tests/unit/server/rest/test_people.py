"""An administrator adds, imports, changes and deactivates people."""

import pytest

from server import demo
from server.storage.postgres import Database
from tests.support.school import Api, School


@pytest.fixture(scope="module")
async def admin(school: School) -> Api:
    return await school.sign_in("admin")


async def add(school: School, admin: Api, email: str, **more: object) -> dict[str, str]:
    body = {"email": email, "name": "Some Body", "roles": ["student"], **more}
    got = await admin.call("POST", "/users", body, key=school.key())
    assert got.status == 201, got
    return {**got.body["user"], "password": got.body["initial_password"]}


async def test_a_person_gets_a_password_that_is_shown_once(school: School, admin: Api) -> None:
    person = await add(school, admin, "New.One@demo.school")
    assert person["email"] == "new.one@demo.school"
    await school.sign_in("new.one@demo.school", person["password"])
    got = await admin.call("GET", f"/users/{person['id']}")
    assert "password" not in str(got.body)


async def test_a_chosen_password_is_not_sent_back(school: School, admin: Api) -> None:
    person = await add(school, admin, "chosen@demo.school", password="a long enough one")
    assert person["password"] is None
    await school.sign_in("chosen@demo.school", "a long enough one")


async def test_an_address_is_one_persons(school: School, admin: Api) -> None:
    await add(school, admin, "twice@demo.school")
    body = {"email": "TWICE@demo.school", "name": "B", "roles": ["student"]}
    got = await admin.call("POST", "/users", body, key=school.key())
    assert (got.status, got.code) == (409, "email_taken")


async def test_every_fault_of_a_body_is_named(school: School, admin: Api) -> None:
    body = {"email": "x", "roles": ["pirate"], "password": "short", "extra": 1}
    got = await admin.call("POST", "/users", body, key=school.key())
    assert (got.status, got.code) == (422, "invalid_body")
    pointers = [fault["pointer"] for fault in got.body["errors"]]
    assert pointers == ["/extra", "/email", "/name", "/roles/0", "/password"]


async def test_deactivation_ends_everything_at_once(school: School, admin: Api) -> None:
    person = await add(school, admin, "gone@demo.school")
    theirs = await school.sign_in("gone@demo.school", person["password"])
    got = await admin.call("PATCH", f"/users/{person['id']}", {"active": False})
    assert got.body["active"] is False
    assert (await theirs.call("GET", "/me")).code == "token_revoked"
    body = {"email": "gone@demo.school", "password": person["password"]}
    assert (await school.api.call("POST", "/sessions", body)).status == 401
    await admin.call("PATCH", f"/users/{person['id']}", {"active": True})
    await school.sign_in("gone@demo.school", person["password"])


async def test_new_roles_hold_at_once(school: School, admin: Api) -> None:
    person = await add(school, admin, "riser@demo.school")
    body = {"email": "riser@demo.school", "password": person["password"]}
    got = await school.api.call("POST", "/sessions", body)
    theirs = school.api.as_(got.body["access_token"])
    await admin.call("PATCH", f"/users/{person['id']}", {"roles": ["teacher", "student"]})
    assert (await theirs.call("GET", "/me")).code == "token_revoked"
    refresh = {"refresh_token": got.body["refresh_token"]}
    renewed = await school.api.call("POST", "/sessions/refresh", refresh)
    assert renewed.body["user"]["roles"] == ["teacher", "student"]
    risen = school.api.as_(renewed.body["access_token"])
    assert (await risen.call("POST", "/courses", {"title": "Mine"}, key="k")).status == 201


async def test_a_new_password_ends_the_old_and_all_sign_ins(school: School, admin: Api) -> None:
    person = await add(school, admin, "forgets@demo.school")
    theirs = await school.sign_in("forgets@demo.school", person["password"])
    got = await admin.call("POST", f"/users/{person['id']}/reset-password")
    assert (await theirs.call("GET", "/me")).status == 401
    await school.sign_in("forgets@demo.school", got.body["password"])
    body = {"email": "forgets@demo.school", "password": person["password"]}
    assert (await school.api.call("POST", "/sessions", body)).status == 401


async def test_an_administrator_cannot_lock_themselves_out(school: School, admin: Api) -> None:
    me = (await admin.call("GET", "/me")).body["user"]["id"]
    for change in ({"active": False}, {"roles": ["teacher"]}):
        got = await admin.call("PATCH", f"/users/{me}", change)
        assert (got.status, got.code) == (409, "own_administration")


async def test_a_csv_is_imported_once(school: School, admin: Api) -> None:
    csv = (
        "email,name,roles\n"
        "imp1@demo.school,ليلى,student\n"
        "student1@demo.school,Taken,student\n"
        "bad,Bad,student\n"
        "imp2@demo.school,Two,student;teacher\n"
    ).encode()
    key, headers = school.key(), {"Content-Type": "text/csv"}
    got = await admin.call("POST", "/users/import", data=csv, key=key, headers=headers)
    assert got.status == 200
    assert got.body["created"] == 2
    assert [row["outcome"] for row in got.body["rows"]] == [
        "created",
        "exists",
        "invalid",
        "created",
    ]
    again = await admin.call("POST", "/users/import", data=csv, key=key, headers=headers)
    assert again.body == got.body
    assert again.headers["Idempotent-Replayed"] == "true"
    await school.sign_in("imp2@demo.school", got.body["rows"][3]["initial_password"])


async def test_people_are_paged_by_name_and_found_by_part(school: School, admin: Api) -> None:
    names, cursor = [], ""
    while True:
        got = await admin.call("GET", f"/users?limit=7{cursor}")
        names += [person["name"] for person in got.body["items"]]
        if got.body["next_cursor"] is None:
            break
        cursor = f"&cursor={got.body['next_cursor']}"
    assert len(names) >= 34
    assert names == sorted(names)
    found = await admin.call("GET", "/users?q=OKAFOR&role=teacher")
    assert [person["name"] for person in found.body["items"]] == ["Amara Okafor"]
    assert (await admin.call("GET", "/users?role=pirate")).status == 400


async def test_what_the_idempotency_table_keeps_cannot_be_read(
    school: School, admin: Api, database: Database
) -> None:
    person = await add(school, admin, "sealed@demo.school")
    async with database.transaction(school.seeded.tenant_id) as connection:
        rows = await connection.fetch("SELECT * FROM idempotency")
    assert rows
    for row in rows:
        for value in row.values():
            assert person["password"].encode() not in bytes(str(value), "utf-8")
            assert not isinstance(value, bytes) or person["password"].encode() not in value


async def test_a_password_hash_is_in_no_answer(school: School, admin: Api) -> None:
    for path in ("/users", "/me", "/courses"):
        assert "argon2" not in str((await admin.call("GET", path)).body)
    assert demo.PASSWORD not in str((await admin.call("GET", "/users")).body)


async def test_what_a_school_sets_is_its_administrators_alone_and_makes_sense(
    school: School,
) -> None:
    admin, teacher = await school.sign_in("admin"), await school.sign_in("teacher")
    path = "/school-settings"
    bare = {"reviewers": 2, "band_low_milli": 700, "band_high_milli": 850}
    assert (await admin.call("GET", path)).body == bare
    new = {"reviewers": 1, "band_low_milli": 600, "band_high_milli": 700}
    assert (await teacher.call("PUT", path, new, key=school.key())).status == 403
    assert (await admin.call("PUT", path, new, key=school.key())).body == new
    assert (await admin.call("GET", path)).body == new
    for low, high in ((680, 700), (800, 700), (400, 700), (700, 960)):
        odd = {**new, "band_low_milli": low, "band_high_milli": high}
        assert (await admin.call("PUT", path, odd, key=school.key())).status == 422
    assert (await admin.call("PUT", path, bare, key=school.key())).body == bare
