"""Fixtures for every test: real stores, a database of one's own, one Redis or a cluster, and a running Lectern."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from server.storage.embedded import valkey
from server.storage.postgres import Database
from tests.support.running import RunningLectern, TwoNodes, running, seed_demo
from tests.support.school import School, running_school
from tests.support.stores import TEMPLATE, Stores, ValkeyCluster, running_cluster, running_stores

# The same examples in every run, so that what failed fails again; HYPOTHESIS_PROFILE=explore looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

HERE = Path(__file__).parent
# What takes long and cannot be divided begins first, what is small fills the gaps at the end.
TURNS = ("journeys", "store", "attack", "media", "checks", "house", "unit")
# Their modules have servers and databases of their own: on two workers they would be started twice.
WHOLE = {"store", "attack", "media"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say to the runner which tests belong on one worker, and in which order they come."""
    for item in items:
        if _folder(item) in WHOLE and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
    items.sort(key=lambda item: TURNS.index(_folder(item)))


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="lt-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
async def stores(short_folder: Path) -> AsyncIterator[Stores]:
    """PostgreSQL and Valkey of this worker, as the embedded default runs them."""
    async with running_stores(short_folder / "stores") as started:
        yield started


@pytest.fixture(scope="module")
async def database_url(stores: Stores) -> AsyncIterator[str]:
    """A fresh database with every migration, for one test module; its user may do all."""
    url = await stores.fresh_database()
    yield url
    await stores.drop_database(url)


@pytest.fixture(scope="module")
async def database(database_url: str) -> AsyncIterator[Database]:
    """The module's database as a node sees it: as lectern_app, under row-level security."""
    async with Database(database_url, pool_size=8, statement_timeout_ms=5000) as opened:
        yield opened


@pytest.fixture(scope="session")
async def valkey_cluster(short_folder: Path) -> AsyncIterator[ValkeyCluster]:
    """A real 3+3 cluster, shared: a test that kills a part of it starts its own with `running_cluster`."""
    async with running_cluster(short_folder / "cluster") as cluster:
        yield cluster


@pytest.fixture(scope="module")
async def valkey_url(short_folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A Valkey of the module's own, empty."""
    home = Path(tempfile.mkdtemp(dir=short_folder))
    async with valkey(home, home) as url:
        yield url


@pytest.fixture(scope="module", params=["single", "cluster"])
def redis_url(request: pytest.FixtureRequest) -> str:
    """Run the test twice: on one Valkey, and on the 3+3 cluster."""
    if request.param == "single":
        url: str = request.getfixturevalue("valkey_url")
        return url
    cluster: ValkeyCluster = request.getfixturevalue("valkey_cluster")
    return cluster.url


@pytest.fixture(scope="module")
async def school(database: Database, valkey_url: str) -> AsyncIterator[School]:
    """The API over real stores, with the demo school in it."""
    async with running_school(database, valkey_url) as started:
        yield started


@pytest.fixture(scope="session")
async def demo_template(stores: Stores) -> str:
    """The name of a database that holds the demo school, to copy from."""
    name = "lectern_demo"
    await stores.create(name, TEMPLATE)
    await seed_demo(stores.url_of(name))
    return name


@pytest.fixture(scope="module")
async def demo_environ(
    stores: Stores, demo_template: str, valkey_url: str
) -> AsyncIterator[dict[str, str]]:
    """Settings of a Lectern with a demo school and a Redis of the module's own."""
    url = await stores.fresh_database(demo_template)
    yield {
        "LECTERN_DATABASE_URL": url,
        "LECTERN_REDIS_URL": valkey_url,
        "LECTERN_DEMO": "1",
        "LECTERN_LIMITS_SCALE": "100",
    }
    await stores.drop_database(url)


@pytest.fixture(scope="module")
async def lectern(
    demo_environ: dict[str, str], short_folder: Path
) -> AsyncIterator[RunningLectern]:
    """A real server in its own process."""
    async with running(Path(tempfile.mkdtemp(dir=short_folder)), demo_environ) as started:
        yield started


@pytest.fixture(scope="module")
async def two_nodes(demo_environ: dict[str, str], short_folder: Path) -> AsyncIterator[TwoNodes]:
    """Two servers on the same stores: what one machine, or two, may run."""
    async with contextlib.AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(
                running(Path(tempfile.mkdtemp(dir=short_folder)), demo_environ)
            )
            for _ in range(2)
        ]
        yield TwoNodes(nodes=nodes)
