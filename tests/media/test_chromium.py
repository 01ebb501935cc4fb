"""Chromium to Chromium through a real node: moving pictures, sound, three layers, the layer that the tile needs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from sfu import commands
from tests.support import browsers
from tests.support.media_node import media_node
from tests.support.media_page import chromium, window

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(browsers.chromium() is None, reason="no Chromium on this machine"),
]
ROOM = "school.class"
SOME_FRAMES = 20


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


def frames(received: Any, mid: str = "v0") -> int:
    return int(received.get(mid, {}).get("frames", 0))


def width(received: Any, mid: str = "v0") -> int:
    return int(received.get(mid, {}).get("width", 0))


@pytest.mark.parametrize("codec", ["video/VP8", "video/H264"])
async def test_pictures_move_and_sound_is_heard(browser: Browser, codec: str) -> None:
    async with media_node() as (node, _):
        ann = await window(browser, node.ask, ROOM, "ann")
        ben = await window(browser, node.ask, ROOM, "ben")
        await ann.publish(codec=codec)
        await ben.subscribe()
        await ben.want(ann=640)
        await ben.until(
            "received()", lambda r: frames(r) > SOME_FRAMES and r["a0"]["energy"] > 0.001
        )
        await ben.page.evaluate("show('v0')")
        before = await ben.until("shade()", bool)
        await ben.until("shade()", lambda shade: shade != before)
        assert node.counters.stranger == 0
        await ann.page.close()
        await ben.page.close()


async def test_each_tile_gets_the_layer_that_fills_it_and_a_hidden_one_none(
    browser: Browser,
) -> None:
    async with media_node() as (node, told):
        ann = await window(browser, node.ask, ROOM, "ann")
        ben = await window(browser, node.ask, ROOM, "ben")
        await ann.publish(simulcast=True, width=1280, height=720)
        await ben.subscribe()
        await ben.want(ann=320)
        await ben.until("received()", lambda r: width(r) == 320)
        await ben.want(ann=1280)
        await ben.until("received()", lambda r: width(r) == 1280)
        await ben.want(ann=500)
        await ben.until("received()", lambda r: width(r) == 640)
        await ben.want()
        stopped = await ben.page.evaluate("received()")
        seen = frames(stopped)
        await ben.want(ann=320)
        await ben.until("received()", lambda r: width(r) == 320 and frames(r) > seen)
        final = await ben.page.evaluate("received()")
        assert final["v0"]["lost"] == 0
        assert told.all
        await ann.page.close()
        await ben.page.close()


async def test_more_tiles_than_slots_grow_the_connection(browser: Browser) -> None:
    async with media_node(video_slots=1, video_slots_step=1) as (node, told):
        ann = await window(browser, node.ask, ROOM, "ann")
        cid = await window(browser, node.ask, ROOM, "cid")
        ben = await window(browser, node.ask, ROOM, "ben")
        await ann.publish(width=320, height=180)
        await cid.publish(width=320, height=180)
        await ben.subscribe()
        await ben.want(ann=320, cid=320)
        reoffer = await told.until(commands.Reoffer)
        await ben.accept(reoffer.n, reoffer.sdp)
        await ben.until(
            "received()", lambda r: frames(r, "v0") > SOME_FRAMES and frames(r, "v1") > SOME_FRAMES
        )
        for person in (ann, ben, cid):
            await person.page.close()


async def test_where_no_udp_gets_out_media_comes_over_tcp(browser: Browser) -> None:
    async with media_node() as (node, _):
        ann = await window(browser, node.ask, ROOM, "ann")
        ben = await window(browser, node.ask, ROOM, "ben")
        ann.udp = ben.udp = False
        await ann.publish()
        await ben.subscribe()
        await ben.want(ann=640)
        await ben.until(
            "received()", lambda r: frames(r) > SOME_FRAMES and r["a0"]["energy"] > 0.001
        )
        assert node.counters.tcp_proven == 2
        await ann.page.close()
        await ben.page.close()


async def test_a_screen_joins_the_camera_on_the_same_connection(browser: Browser) -> None:
    async with media_node() as (node, told):
        ann = await window(browser, node.ask, ROOM, "ann")
        ben = await window(browser, node.ask, ROOM, "ben")
        await ann.publish()
        await ben.subscribe()
        await ben.want(ann=640)
        await ben.until("received()", lambda r: frames(r) > SOME_FRAMES)
        await ann.share()
        tracks = [
            commands.Wanted(track="ann/camera", width=320),
            commands.Wanted(track="ann/screen", width=960),
        ]
        await ben.ask(commands.Want(room=ROOM, peer="ben", tracks=tracks))
        before = frames(await ben.page.evaluate("received()"))
        await ben.until(
            "received()", lambda r: frames(r, "v1") > SOME_FRAMES and frames(r, "v0") > before
        )
        assert not told.of(commands.Lost)
        assert node.counters.secured == 2
        await ann.page.close()
        await ben.page.close()
