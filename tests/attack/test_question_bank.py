"""Whatever is sent as a question or as a CSV of questions is kept whole or refused with a code; nothing in between."""

import copy
import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any, get_args

import pytest

from lms.questions.model import Kind
from server.storage.postgres import Database
from tests.support.items import wire
from tests.support.school import Api, School, running_school

pytestmark = pytest.mark.attack
NASTY: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**400,
    1.5,
    "",
    " ",
    "a\x00b",
    "\ud800",
    "\x1b[2J",
    "a\n",
    "x" * 20_001,
    "'; DROP TABLE questions; --",
    "%_\\",
    "\u202e",
    "1e999",
    "-0",
    "NaN",
    "{{{{a}}}}",
    "[x](javascript:alert(1))",
    [],
    [[]],
    ["a", "a"],
    [{"id": "a", "text": "b"}] * 41,
    {},
    {"": ""},
    {"a\x00": "b"},
    {"~/": "b"},
    {"id": "a", "text": "b", "key": "c"},
)


@pytest.fixture(scope="module")
async def school(database: Database, valkey_url: str) -> AsyncIterator[School]:
    async with running_school(database, valkey_url, limit_scale=10_000) as running:
        yield running


@pytest.fixture(scope="module")
async def teacher(school: School) -> Api:
    return await school.sign_in("teacher")


@pytest.fixture(scope="module")
async def bank(school: School, teacher: Api) -> str:
    got = await teacher.call("POST", "/courses", {"title": "Attacked"}, key=school.key())
    return f"/courses/{got.body['id']}/questions"


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every part of a body."""
    yield way
    if isinstance(value, dict):
        for name, one in value.items():
            yield from places(one, (*way, name))
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from places(one, (*way, index))


def put(body: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    changed = copy.deepcopy(body)
    place = changed
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = value
    return changed


@pytest.mark.parametrize("kind", get_args(Kind))
async def test_no_part_of_a_question_can_be_anything_that_breaks_the_server(
    school: School, teacher: Api, bank: str, kind: Kind
) -> None:
    chance = random.Random(kind)
    body = wire(kind)
    for way in places(body):
        for value in chance.sample(NASTY, 6):
            sent = json.dumps(put(body, way, value)).encode()
            got = await teacher.call("POST", bank, data=sent, key=school.key())
            assert got.status in (201, 400, 422), (way, value, got)
            if got.status == 201:
                kept = await teacher.call("GET", f"/questions/{got.body['id']}")
                assert kept.body == got.body
            elif got.status == 422:
                assert got.body["errors"], (way, value, got)


async def test_a_spoiled_csv_adds_nothing_or_is_whole(
    school: School, teacher: Api, bank: str
) -> None:
    course = f"/courses/{school.seeded.course_id}/questions/export"
    good = bytes((await teacher.call("GET", course)).body)
    chance = random.Random(7)
    for _ in range(60):
        spoiled = bytearray(good)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(spoiled))
            spoiled[at : at + chance.randrange(3)] = chance.choice(
                [b"", b'"', b",", b"\n", b"\x00", b"\xff", b";", b":", b"  ", b"="]
            )
        got = await teacher.call(
            "POST",
            f"{bank}/import",
            data=bytes(spoiled),
            key=school.key(),
            headers={"Content-Type": "text/csv"},
        )
        assert got.status in (200, 422), got
        if got.status == 200:
            # The ids are of another course, so that each whole line has a fault too.
            assert (got.body["added"], bool(got.body["faults"])) == (0, True)
