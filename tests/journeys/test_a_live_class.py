"""A teacher and two students are in a class together: pictures, sound, chat, hands, a reload, a camera off."""

from playwright.async_api import expect

from tests.journeys.conftest import Enter
from tests.support.running import RunningLectern


async def test_a_class_with_sound_pictures_chat_and_hands(
    lectern: RunningLectern, enter: Enter
) -> None:
    class_id = await lectern.open_class_id()
    teacher = await enter("teacher")
    first = await enter("student1")
    second = await enter("student2")
    people = [teacher, first, second]
    for person in people:
        await person.join_class(class_id)

    for person in people:
        await person.sees_moving_pictures(2)
        await person.hears()

    await teacher.says("Good morning")
    await first.reads("Good morning")
    await first.says("Good morning, first")
    await second.reads("Good morning, first")
    await second.says("Good morning, second")
    for person in people:
        await person.reads("Good morning, second")
        lines = await person.chat()
        order = [text for line in lines for text in line.splitlines() if text.startswith("Good")]
        assert order[-3:] == ["Good morning", "Good morning, first", "Good morning, second"]

    await second.part("bar-hand").click()
    await teacher.sees_hands(1)
    await first.part("bar-hand").click()
    queue = await teacher.sees_hands(2)
    assert queue == [(await second.stats())["you"], (await first.stats())["you"]]
    for person in (first, second):
        assert await person.sees_hands(2) == queue

    await first.page.reload()
    await first.until("s => s.connected && s.remote.filter(r => r.framesDecoded > 0).length >= 2")
    await first.reads("Good morning, second")
    assert await first.sees_hands(2) == queue

    gone = (await second.stats())["you"]
    await second.part("bar-camera").click()
    tile = teacher.page.locator(f'[data-testid="tile"][data-user="{gone}"]')
    await expect(tile).to_have_attribute("data-camera", "off")
