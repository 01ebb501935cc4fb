"""The way into a scenario that stands beside peers on Node: a folder for their packages, and as many open files as there may be."""

import argparse
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from loadtests.folder import own_folder


def beside_node(about: str | None, run: Callable[[Path, Path], Awaitable[None]]) -> None:
    """Read the options and run with (packages, a folder whose path is short enough for sockets)."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--scratch", type=Path, help="folder for the Node packages")
    options = parser.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with own_folder() as folder:
        scratch = options.scratch or folder / "node"
        scratch.mkdir(exist_ok=True)
        uvloop.run(run(scratch.resolve(), folder))
