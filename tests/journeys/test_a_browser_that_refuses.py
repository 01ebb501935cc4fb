"""A browser that blocks the camera, or the sound: the page says what to do, and the class goes on with what there is."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.journeys.conftest import FLAGS, Enter
from tests.journeys.person import Person
from tests.support.browsers import chromium
from tests.support.running import RunningLectern

GENEROUS = ("--use-fake-ui-for-media-stream", "--autoplay-policy")


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium that gives a camera only to those who may have it, and sound only after a click."""
    flags = [flag for flag in FLAGS if not flag.startswith(GENEROUS)]
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=flags)
        yield started
        await started.close()


async def test_without_a_camera_one_joins_sees_and_hears(
    lectern: RunningLectern, enter: Enter
) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1", permissions=[])
    await teacher.join_class(class_id)

    await student.go(f"/classes/{class_id}")
    await expect(student.part("preview")).to_contain_text("Your browser blocks the camera")
    await expect(student.part("preview")).to_contain_text("Press the camera sign")
    await expect(student.part("door-join")).to_have_text("Join without camera")
    await student.part("door-join").click()

    await student.sees_moving_pictures(1)
    await student.hears_from(await teacher.user())
    user = await student.user()
    await expect(teacher.tile_of(user)).to_have_attribute("data-camera", "off")
    await student.says("I have no camera")
    await teacher.reads("I have no camera")


async def test_a_button_brings_blocked_sound_back(lectern: RunningLectern, enter: Enter) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    student = await enter("student1", permissions=[])
    await teacher.join_class(class_id)
    # A tab that the browser restores after a restart: inside the class, and never clicked.
    restored = await student.page.context.new_page()
    await restored.add_init_script(
        f"sessionStorage.setItem('lectern.inside.{class_id}', '{{\"mic\": false, \"camera\": false}}')"
    )
    # Playwright's own questions to a page count as clicks; these do not.
    raw = await student.page.context.new_cdp_session(restored)
    await restored.goto(f"{lectern.base_url}/classes/{class_id}")
    await raw.send(
        "Runtime.evaluate",
        {
            "expression": """new Promise(resolve => {
                const look = () => document.querySelector('[data-testid="sound-button"]')
                    ? resolve() : setTimeout(look, 50);
                look();
            })""",
            "awaitPromise": True,
            "userGesture": False,
        },
    )

    again = Person("student1", restored, lectern.base_url)
    await again.is_told("Your browser blocks the sound of this class.")
    await again.part("sound-button").click()

    await expect(again.part("sound-button")).to_have_count(0)
    await again.hears_from(await teacher.user())
