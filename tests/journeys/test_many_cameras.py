"""More cameras than a receiving connection has places at first: a wide page plays all, a small one what it shows."""

import asyncio

from tests.journeys.conftest import PHONE, Enter
from tests.support.class_bot import class_bots
from tests.support.running import RunningLectern

CAMERAS = 14  # two more than a connection has places at first
PATIENCE_S = 60

SHOWS_ALL = """(stats, count) => {
    const playing = stats.remote.filter(r => r.source === 'camera' && r.framesDecoded > 3);
    return new Set(playing.map(r => r.user)).size === count;
}"""
PLAYS_WHAT_IS_SHOWN = """(stats, before) => {
    const tiles = [...document.querySelectorAll('[data-testid="tile"][data-self="false"]')];
    const shown = tiles.map(tile => tile.dataset.user).sort();
    const cameras = stats.remote.filter(r => r.source === 'camera');
    const playing = cameras.filter(r => r.framesDecoded > 0).map(r => r.user).sort();
    return shown.length > 0 && shown.join() !== before && shown.join() === playing.join()
        && cameras.length === shown.length;
}"""
SHOWN = """() => [...document.querySelectorAll('[data-testid="tile"][data-self="false"]')]
    .map(tile => tile.dataset.user).sort().join()"""


async def test_a_wide_page_plays_every_camera_and_a_small_one_what_it_shows(
    lectern: RunningLectern, enter: Enter
) -> None:
    class_id = await lectern.open_class_id()
    names = [f"student{number}" for number in range(3, 3 + CAMERAS)]
    teacher = await enter("teacher")
    await teacher.join_class(class_id)
    async with class_bots(lectern.base_url, class_id, *names) as bots:
        await asyncio.gather(*(bot.show() for bot in bots))
        await teacher.until(SHOWS_ALL, CAMERAS, PATIENCE_S)
        await teacher.page.close()

        pupil = await enter("student1", viewport=PHONE)
        await pupil.join_class(class_id)
        await pupil.until(PLAYS_WHAT_IS_SHOWN, "", PATIENCE_S)
        first: str = await pupil.page.evaluate(SHOWN)
        assert len(first.split(",")) < CAMERAS
        await pupil.page.get_by_role("button", name="Next page").click()
        await pupil.until(PLAYS_WHAT_IS_SHOWN, first, PATIENCE_S)
