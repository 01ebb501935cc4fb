"""The door tries the way that pictures and sound will take, and says in words what the network does to them."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.journeys.person import Person
from tests.support.running import RunningLectern

Contexts = Callable[..., Awaitable[BrowserContext]]
UDP_BLOCKED = "This network blocks fast video"
ALL_BLOCKED = "This network lets no pictures and sound through"

# What a firewall does to candidates, done to the answer: those of the transport lead nowhere.
WITHOUT = """(transports) => {
    const real = RTCPeerConnection.prototype.setRemoteDescription;
    RTCPeerConnection.prototype.setRemoteDescription = function (description) {
        const kept = description.sdp.split('\\r\\n').filter(
            line => !(line.startsWith('a=candidate') && transports.includes(line.split(' ')[2])));
        return real.call(this, { type: description.type, sdp: kept.join('\\r\\n') });
    };
}"""


async def at_the_door(lectern: RunningLectern, page: Page, blocked: list[str]) -> Person:
    await page.add_init_script(f"({WITHOUT})({blocked})")
    person = Person("student4", page, lectern.base_url)
    await person.sign_in("student4@demo.school", "lectern-demo")
    await person.go(f"/classes/{await lectern.open_class_id()}")
    return person


@pytest.mark.parametrize(
    ("blocked", "way", "says"),
    [
        ([], "good", "Connection works"),
        (["udp"], "udp_blocked", UDP_BLOCKED),
        (["udp", "tcp"], "media_blocked", ALL_BLOCKED),
    ],
    ids=["open", "udp", "all"],
)
async def test_what_the_network_does_to_media_is_said(
    lectern: RunningLectern, contexts: Contexts, blocked: list[str], way: str, says: str
) -> None:
    page = await (await contexts()).new_page()
    person = await at_the_door(lectern, page, blocked)
    # A machine that is busy answers late: how quickly is not the matter here.
    found = person.part("door-way")
    await expect(found).to_be_visible(timeout=30_000)
    if way == "good":
        assert await found.get_attribute("data-way") in ("good", "slow")
    else:
        await expect(found).to_have_attribute("data-way", way)
        await expect(page.get_by_text(says, exact=True)).to_be_visible()


async def test_where_udp_is_blocked_the_class_goes_round_it(
    lectern: RunningLectern, contexts: Contexts
) -> None:
    page = await (await contexts()).new_page()
    person = await at_the_door(lectern, page, ["udp"])
    await expect(person.part("door-way")).to_be_visible(timeout=30_000)
    await person.part("door-join").click()
    await person.until("s => s.publish === 'connected' && s.subscribe === 'connected'", None, 30)
