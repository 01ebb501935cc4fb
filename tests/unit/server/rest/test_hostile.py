"""Whatever a caller sends, the answer is in words and never our fault."""

import copy
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest

from server.rest.call import Route
from server.rest.routes import ROUTES
from server.storage.postgres import Database
from tests.house.test_tenant_matrix import PARAMETER, cases
from tests.support.school import Api, School, running_school

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1e308,
    2**70,
    "",
    " ",
    "\x00",
    "\u202e\u0007",
    "a" * 70_000,
    "😀" * 300,
    "018f3a5e-0000-7149-9256-7c2f359dbbbc\n",
    "018f3a5e-0000-7149-9256-7c2f359dbbbc",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-23:59",
    "2026-02-30T00:00:00Z",
    "' OR 1=1 --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%s%n{}",
    [],
    {},
    [[]],
    [None],
    ["admin"] * 100,
    {"": {"": {}}},
)


def odd_bodies(good: dict[str, Any]) -> Iterator[Any]:
    yield from ODD
    for name in good:
        without = copy.deepcopy(good)
        del without[name]
        yield without
        for odd in ODD:
            yield {**good, name: odd}
    for odd in ODD[:5]:
        yield {**good, "extra/~": odd}


ODD_QUERIES = (
    "limit=99999999999999999999",
    "limit=%00",
    "cursor=%00",
    "cursor=" + "A" * 1999,
    "cursor=" + "A" * 3000,
    "cursor=gqJraWSjYWJj",
    "cursor=" + "%80" * 20,
    "q=%00",
    "q=%25%5F%5C%27",
    "role[]=admin",
    "from=9999-12-31T23:59:59-23:59",
    "from=2026-01-01T00:00:00%2B00:00&from=x",
    "a=b;c=d&&=",
)
ODD_HEADERS: tuple[dict[str, str], ...] = (
    {"Authorization": "Bearer"},
    {"Authorization": "Basic YTpi"},
    {"Authorization": "Bearer " + "a." * 3000},
    {"Authorization": "Bearer é"},
    {"Idempotency-Key": "é"},
    {"If-Match": "\t"},
    {"If-Match": '"v' + "9" * 400 + '"'},
    {"Cookie": "lectern_refresh=x; lectern_refresh=y"},
    {"Cookie": "=;;=", "Lectern-Client": "browser"},
    {"X-Forwarded-For": "x, y,,, [::1]"},
    {"Origin": "://"},
    {"Origin": "http://[", "Cookie": "lectern_refresh=x", "Lectern-Client": "browser"},
    {"Content-Type": "application/json; charset=\xff"},
    {"Content-Type": ";;;"},
    {"Host": "demo.school:99999999"},
    {"Host": ""},
)


@pytest.fixture(scope="module")
async def school(database: Database, valkey_url: str) -> AsyncIterator[School]:
    async with running_school(database, valkey_url, limit_scale=1000) as running:
        yield running


@pytest.fixture(scope="module")
async def admin(school: School) -> Api:
    return await school.sign_in("admin")


def ids_of(school: School, route: Route) -> dict[str, str]:
    ids = dict.fromkeys(
        [*PARAMETER.findall(route.path), "question_id"], school.seeded.open_class_id
    )
    return ids | {"course_id": school.seeded.course_id}


def path_of(school: School, route: Route) -> str:
    return route.path.format_map(ids_of(school, route))


def body_of(school: School, route: Route) -> Any:
    body = cases()[route.name].body
    return body(ids_of(school, route)) if callable(body) else body


def check(got: Any) -> None:
    assert got.status < 500, got
    if got.status >= 400:
        assert got.headers["Content-Type"] == "application/problem+json"
        assert got.body["code"]
        assert got.body["detail"]
        assert "Traceback" not in str(got.body)


WITH_BODY = [route for route in ROUTES if route.body not in (None, bytes)]


@pytest.mark.parametrize("route", WITH_BODY, ids=lambda route: route.name)
async def test_an_odd_body_is_answered_in_words(school: School, admin: Api, route: Route) -> None:
    for body in odd_bodies(body_of(school, route)):
        got = await admin.call(
            route.method,
            path_of(school, route),
            data=msgspec.json.encode(body),
            key=school.key(),
            headers={"If-Match": '"v1"'},
        )
        check(got)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
async def test_an_odd_query_or_header_is_answered_in_words(
    school: School, admin: Api, route: Route
) -> None:
    if route.name in ("sign_out", "close_class"):
        admin = await school.sign_in("student1")
    body = body_of(school, route)
    data = cases()[route.name].data if body is None else msgspec.json.encode(body)
    path = path_of(school, route)
    for query in ODD_QUERIES:
        check(await admin.call(route.method, f"{path}?{query}", data=data, key=school.key()))
    for headers in ODD_HEADERS:
        check(await admin.call(route.method, path, data=data, headers=headers))
