"""Real Chromium for the journeys: one browser a run, one fresh profile a person."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    async_playwright,
    expect,
)

from server.storage.embedded import valkey
from tests.journeys.person import Person
from tests.support.browsers import chromium
from tests.support.running import RunningLectern, demo_course, running
from tests.support.stores import Stores

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}

Enter = Callable[..., Awaitable[Person]]
NewClass = Callable[..., Awaitable[str]]

# Two cores carry the encoders of every person of a journey, and other tests beside them.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)

# Their journeys leave alone what they have not made, and need nothing to be absent: they share a school.
SHARING = {
    "test_a_lesson",
    "test_a_quiz",
    "test_a_file_in_a_class",
    "test_an_exam_access",
    "test_an_exam_offline",
    "test_marking_an_essay",
    "test_the_board",
    "test_the_end_of_a_class",
}

# They have cameras and microphones going; the others are of pages. Each half has a worker and a browser of its own.
WITH_MEDIA = {
    "test_a_browser_that_refuses",
    "test_a_full_class",
    "test_a_live_class",
    "test_coming_back",
    "test_many_cameras",
    "test_one_place",
    "test_sound_and_pictures",
    "test_the_way_of_media",
    "test_thumb_and_keys",
    "test_two_nodes",
}
# A journey that hangs is told by the deadlines of its steps: this one is for what has none.
LONGEST_S = 300

# What the browser itself says of a network that is away; the page has its own words for it.
OF_THE_NETWORK = (
    "Failed to load resource",
    "WebSocket connection to",
    "WebSocket is already in CLOSING",
    # The browser looks for a newer service worker by itself, also where there is no link.
    "An unknown error occurred when fetching the script",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each half of the journeys on one worker, and leave all out, saying so, where there is no Chromium."""
    here = Path(__file__).parent
    absent = chromium() is None
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.journey)
        half = "classes" if item.path.stem in WITH_MEDIA else "journeys"
        item.add_marker(pytest.mark.xdist_group(half))
        item.add_marker(pytest.mark.timeout(LONGEST_S))
        if absent:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture(scope="session")
async def one_school(
    stores: Stores, demo_template: str, short_folder: Path
) -> AsyncIterator[RunningLectern]:
    """The school of all modules whose journeys keep to exams, courses and classes of their own."""
    homes = [Path(tempfile.mkdtemp(dir=short_folder)) for _ in range(2)]
    environ = {"LECTERN_DEMO": "1", "LECTERN_LIMITS_SCALE": "100"}
    environ["LECTERN_DATABASE_URL"] = await stores.fresh_database(demo_template)
    async with (
        valkey(homes[0], homes[0]) as environ["LECTERN_REDIS_URL"],
        running(homes[1], environ) as started,
    ):
        yield started


@pytest.fixture(scope="module")
async def lectern_alone(
    demo_environ: dict[str, str], short_folder: Path
) -> AsyncIterator[RunningLectern]:
    """A school of the module's own: its journeys kill it, or count what is in it."""
    async with running(Path(tempfile.mkdtemp(dir=short_folder)), demo_environ) as started:
        yield started


@pytest.fixture(scope="module")
def lectern(request: pytest.FixtureRequest) -> RunningLectern:
    """A real server in its own process; to start one takes as long as a short journey."""
    shares = request.path.stem in SHARING
    found: RunningLectern = request.getfixturevalue("one_school" if shares else "lectern_alone")
    return found


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One headless Chromium with a fake camera and microphone."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
async def contexts(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """Make fresh profiles that end with the test."""
    opened: list[BrowserContext] = []

    async def fresh(**options: object) -> BrowserContext:
        context = await browser.new_context(
            **{"viewport": DESKTOP, "permissions": ["camera", "microphone"], **options}  # type: ignore[arg-type]
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        return context

    yield fresh
    for context in opened:
        await context.close()


@pytest.fixture
def new_class(lectern: RunningLectern) -> NewClass:
    """Make a class of one's own in the demo course: a test that ends it harms no other."""

    async def make(title: str, *, opened: bool = True) -> str:
        now = datetime.now(UTC)  # noqa: TID251 - a test's shell
        plan = {
            "title": title,
            "starts_at": now.isoformat(),
            "ends_at": (now + timedelta(hours=1)).isoformat(),
        }
        key = {"Idempotency-Key": f"{title} {now.timestamp()}"}
        async with lectern.signed_in("teacher") as session:
            async with session.get("/api/v1/courses") as reply:
                course = demo_course((await reply.json())["items"])
            path = f"/api/v1/courses/{course}/classes"
            async with session.post(path, json=plan, headers=key) as reply:
                made = await reply.json()
                assert reply.status == 201, made
            if opened:
                async with session.post(f"/api/v1/classes/{made['id']}/open") as reply:
                    assert reply.status == 200, await reply.text()
        return str(made["id"])

    return make


@pytest.fixture
async def enter(
    lectern: RunningLectern, contexts: Callable[..., Awaitable[BrowserContext]]
) -> AsyncIterator[Enter]:
    """Sign a person of the demo school in, in a profile of their own; their page must log no error."""
    faults: list[str] = []

    def listen(page: Page, who: str) -> None:
        def console(message: ConsoleMessage) -> None:
            if message.type == "error" and not message.text.startswith(OF_THE_NETWORK):
                faults.append(f"{who}: {message.text}")

        page.on("console", console)
        page.on("pageerror", lambda error: faults.append(f"{who}: {error}"))

    async def as_person(who: str, base_url: str | None = None, **options: object) -> Person:
        context = await contexts(**options)
        context.on("page", lambda page: listen(page, who))
        person = Person(who, await context.new_page(), base_url or lectern.base_url)
        await person.sign_in(f"{who}@demo.school", "lectern-demo")
        return person

    yield as_person
    assert faults == []
