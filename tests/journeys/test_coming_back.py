"""The link breaks, the server restarts, the server is killed: everybody is back without a click, and nothing is lost or doubled."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from tests.journeys.conftest import Enter
from tests.support.doors import Door
from tests.support.running import RunningLectern


@pytest.fixture
async def door(lectern: RunningLectern) -> AsyncIterator[Door]:
    """An address whose network the test can take away."""
    async with Door([lectern.http_port]).open() as opened:
        yield opened


async def test_a_broken_link_loses_and_doubles_nothing(
    lectern: RunningLectern, enter: Enter, door: Door
) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1", door.base_url)
    for person in (teacher, student):
        await person.join_class(class_id)
        await person.is_back()
    user = await student.user()
    await student.says("before")
    await teacher.reads("before")
    await expect(student.page.get_by_text("Sending ...")).to_have_count(0)

    door.cut()
    await student.is_told("You are offline. We try again by ourselves.")
    await student.says("written while away")
    await expect(student.page.get_by_text("Sending ...")).to_be_visible()
    await teacher.says("said meanwhile")
    await expect(teacher.page.get_by_text("Coming back ...").first).to_be_visible()
    door.mend()

    await student.is_back()
    await student.is_told("You are back. You missed 1 message.")
    await student.reads("said meanwhile")
    for person in (teacher, student):
        await person.reads("written while away")
        assert (await person.said())[-3:] == ["before", "said meanwhile", "written while away"]
    await expect(student.page.get_by_text("Sending ...")).to_have_count(0)
    await teacher.sees_moving(user)
    await student.sees_moving_pictures(1)


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_a_restart_brings_everybody_back(
    how: str, lectern: RunningLectern, enter: Enter
) -> None:
    class_id = await lectern.open_class_id()
    people = [await enter("teacher"), await enter("student1")]
    for person in people:
        await person.join_class(class_id)
    for person in people:
        await person.sees_moving_pictures(1)
    teacher, student = people
    users = [await person.user() for person in people]
    await student.part("bar-hand").click()
    await teacher.sees_hands(1)

    if how == "stop":
        assert await lectern.stop() == 0
    else:
        await lectern.kill()
    for person in people:
        await person.is_told("You are offline.")
    await student.says(f"written after the {how}")
    await lectern.start()

    for person in people:
        await person.is_back()
        await person.reads(f"written after the {how}")
        assert await person.sees_hands(1) == [users[1]]
    await teacher.sees_moving(users[1])
    await student.sees_moving(users[0])
    await student.hears_from(users[0])
    await student.part("bar-hand").click()
    await teacher.sees_hands(0)
