"""Fixtures for every test: real stores, a database of one's own, one Redis or a cluster, and a running Lectern."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from server.storage.embedded import valkey
from server.storage.postgres import Database
from tests.support.stores import Stores, ValkeyCluster, running_cluster, running_stores


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
