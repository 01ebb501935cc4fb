"""Media by way of the class: published, shown, muted by the server, by WHIP, and told when its node is gone."""

from collections.abc import AsyncIterator

import pytest

from server.storage.postgres import Database
from server.telemetry.metrics import PrometheusMeters
from sfu import commands as sfu
from sfu.node import Node as MediaNode
from sfu.settings import SfuSettings
from signaling.errors import SignalingError
from tests.support.class_nodes import (
    Browser,
    Enter,
    Node,
    OpenTokens,
    a_class,
    browsers,
    running_node,
    token,
)
from tests.support.class_process import node_process
from tests.support.media_bot import Bot

pytestmark = pytest.mark.store


@pytest.fixture(scope="module")
async def node(database: Database, valkey_url: str) -> AsyncIterator[Node]:
    media = MediaNode(SfuSettings(port=0, addresses=("127.0.0.1",)), PrometheusMeters())
    async with media.running(), running_node(database, valkey_url, media) as running:
        media.on_notify = running.hub.hear_media
        yield running


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    async with browsers() as opened:
        yield opened


class ClassBot(Bot):
    """A media bot that asks by the socket of its browser, as a page does."""

    def __init__(self, browser: Browser) -> None:
        super().__init__(self._by_socket, browser.place.room, browser.user)
        self._browser = browser

    async def _by_socket(self, request: bytes) -> bytes:
        return sfu.encode(await self._passed_on(sfu.decode_request(request)))

    async def _passed_on(self, request: sfu.Request) -> sfu.Reply:
        browser = self._browser
        match request:
            case sfu.Publish(sdp=sdp, sources=sources):
                answer = await browser.command("media.publish", sdp=sdp, sources=sources)
                return sfu.Answer(sdp=answer["sdp"])
            case sfu.Subscribe():
                assert (await browser.command("media.subscribe"))["ok"]
                await browser.until(lambda: bool(browser.offers))
                return sfu.Offer(**browser.offers[-1])
            case sfu.SubscribeAnswer(n=n, sdp=sdp):
                assert (await browser.ask("media.answer", n=n, sdp=sdp))["ok"]
            case sfu.Want(tracks=tracks):
                wanted = [{"track": want.track, "width": want.width} for want in tracks]
                assert (await browser.ask("media.want", tracks=wanted))["ok"]
        return sfu.Done()


def shown(browser: Browser, track: str) -> bool | None:
    """Whether a track plays in a slot (True), is paused (False) or has none (None), as last told."""
    for notice in reversed(browser.noticed("media.slots")):
        for slot in notice["slots"]:
            if slot["track"] == track:
                return not slot["paused"]
        return None
    return None


async def test_a_student_sees_the_teacher_until_the_camera_goes_off(
    database: Database, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    tess, sam = await enter(place, "tess", node, "teacher"), await enter(place, "sam", node)
    teacher, student = ClassBot(tess), ClassBot(sam)
    try:
        await tess.command("track.set", source="camera", on=True)
        await tess.command("track.set", source="mic", on=True)
        await teacher.publish()
        await student.subscribe()
        await student.want(tess=320)
        await student.until(
            lambda seen: sum(slot.frames for mid, slot in seen.items() if mid[0] == "v") > 10
        )
        await sam.until(lambda: shown(sam, "tess/camera") is True)
        assert sam.noticed("media.slots")[-1]["slots"][0].keys() == {
            "mid",
            "track",
            "user",
            "source",
            "paused",
        }

        await tess.command("track.set", source="camera", on=False)
        await sam.until(lambda: shown(sam, "tess/camera") is not True)
        await tess.command("track.set", source="camera", on=True)
        await sam.until(lambda: shown(sam, "tess/camera") is True)
    finally:
        await teacher.close()
        await student.close()


async def test_a_student_muted_by_the_teacher_is_not_forwarded(
    database: Database, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    tess, sam = await enter(place, "tess", node, "teacher"), await enter(place, "sam", node)
    teacher, student = ClassBot(tess), ClassBot(sam)
    try:
        await sam.command("track.set", source="camera", on=True)
        await student.publish()
        await teacher.subscribe()
        await teacher.want(sam=320)
        await tess.until(lambda: shown(tess, "sam/camera") is True)

        assert (await tess.command("person.mute", user="sam", source="camera"))["ok"]

        await tess.until(lambda: shown(tess, "sam/camera") is not True)
        assert sam.heard("track.changed")[-1] == {"user": "sam", "source": "camera", "on": False}
    finally:
        await teacher.close()
        await student.close()


async def test_who_may_not_publish_is_refused(
    database: Database, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    ola = await enter(place, "ola", node, "observer")
    refused = await ola.command("media.publish", sdp="v=0", sources=["mic"])
    assert refused["code"] == "forbidden"
    bad = await (await enter(place, "sam", node)).command(
        "media.publish", sdp="nonsense", sources=["mic"]
    )
    assert (bad["ok"], bad["code"]) == (False, "bad_sdp")


async def test_a_whip_broadcast_is_a_person_of_the_class(
    database: Database, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    ann = await enter(place, "ann", node)
    claims = OpenTokens().verify_join(token(place, "cam", "teacher"))

    async def by_http(request: bytes) -> bytes:
        return sfu.encode(await node.hub.ask_media(claims, sfu.decode_request(request)))

    bot = Bot(by_http, "", "cam")
    try:
        await bot.whip()
        await ann.until(lambda: len(ann.heard("track.changed")) == 2)
        assert ann.heard("person.joined")[-1] == {"user": "cam", "name": "Cam", "role": "teacher"}
        assert {data["source"] for data in ann.heard("track.changed")} == {"mic", "camera"}

        viewer = Bot(by_http, "", "cam")
        await viewer.whep("")
        await viewer.close()

        await node.hub.ask_media(claims, sfu.Hangup(room="", peer="cam", direction="publish"))
        await ann.until(lambda: ann.heard("person.left") == [{"user": "cam", "reason": "left"}])
    finally:
        await bot.close()


async def test_a_program_without_a_browser_is_cut_with_its_sign_in(
    database: Database, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    ann = await enter(place, "ann", node)
    claims = OpenTokens().verify_join(token(place, "cam", "teacher"))

    async def by_http(request: bytes) -> bytes:
        return sfu.encode(await node.hub.ask_media(claims, sfu.decode_request(request)))

    encoder, player = Bot(by_http, "", "cam"), Bot(by_http, "", "cam~wall")
    try:
        await encoder.whip()
        await player.whep("cam")
        node.hub.revoke("session", place.tenant_id, "of somebody else", None)
        node.hub.revoke("session", place.tenant_id, claims.session_id, None)
        await ann.until(lambda: ann.heard("person.left") == [{"user": "cam", "reason": "left"}])
        end = sfu.Hangup(room="", peer="cam~wall", direction="subscribe")
        reply = await node.hub.ask_media(claims, end)
        assert isinstance(reply, sfu.Refusal)
        assert reply.code == "no_such_peer"
    finally:
        await encoder.close()
        await player.close()


async def test_whom_a_teacher_removed_neither_sends_nor_plays(
    database: Database, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    tess = await enter(place, "tess", node, "teacher")
    await enter(place, "sam", node)
    assert (await tess.command("person.remove", user="sam"))["ok"]
    claims = OpenTokens().verify_join(token(place, "sam"))
    for request in (
        sfu.WhipPublish(room="", peer="sam", sdp="v=0"),
        sfu.WhepPlay(room="", peer="sam~wall", sdp="v=0", publisher="tess"),
    ):
        with pytest.raises(SignalingError) as caught:
            await node.hub.ask_media(claims, request)
        assert caught.value.code == "removed"


async def test_an_observer_cannot_broadcast(database: Database, node: Node) -> None:
    place = await a_class(database)
    claims = OpenTokens().verify_join(token(place, "ola", "observer"))
    with pytest.raises(SignalingError) as caught:
        await node.hub.ask_media(claims, sfu.WhipPublish(room="", peer="ola", sdp="v=0"))
    assert caught.value.code == "forbidden"


async def test_when_the_node_of_the_media_dies_everybody_is_told_to_start_anew(
    database: Database, database_url: str, valkey_url: str, node: Node, enter: Enter
) -> None:
    place = await a_class(database)
    async with node_process(database_url, valkey_url) as doomed:
        tess = await enter(place, "tess", doomed, "teacher")
        sam = await enter(place, "sam", node)
        await doomed.kill()
        await sam.until(lambda: bool(sam.noticed("media.lost")))
        assert sam.noticed("media.lost") == [{"type": "media.lost", "direction": "both"}]
        await tess.enter(node, resume=True)
        await tess.until(lambda: bool(tess.noticed("media.lost")))


async def test_programs_that_only_a_dead_owner_knew_are_ended_where_the_media_outlived_it(
    database: Database, database_url: str, valkey_url: str, node: Node, enter: Enter
) -> None:
    place, media = await a_class(database), node.hub._context.media
    assert media is not None
    encoder = Bot(media.ask, place.room, "cam")
    player = Bot(media.ask, place.room, "cam~wall")
    try:
        async with node_process(database_url, valkey_url) as doomed:
            await enter(place, "tess", doomed, "teacher")
            sam = await enter(place, "sam", node)
            await encoder.whip()
            await player.whep("cam")
            await doomed.kill()
            await sam.until(lambda: bool(sam.noticed("media.lost")))
        claims = OpenTokens().verify_join(token(place, "sam"))
        await node.hub.ask_media(claims, sfu.Hangup(room="", peer="sam", direction="publish"))
        end = sfu.Hangup(room=place.room, peer="cam~wall", direction="subscribe")
        reply = sfu.decode_reply(await media.ask(sfu.encode(end)))
        assert isinstance(reply, sfu.Refusal)
        assert reply.code == "no_such_peer"
    finally:
        await encoder.close()
        await player.close()
