"""Who acts on events, and how."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from lms.projections.model import Told

Apply = Callable[[asyncpg.Connection, str, Sequence[Told[Any]]], Awaitable[None]]
Clear = Callable[[asyncpg.Connection, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who acts on events: `apply` writes what a run of them means for a school, in the transaction that moves the position."""

    name: str
    hears: frozenset[str]
    apply: Apply


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Reader):
    """A reader whose rows come from the events alone, so that they can be cleared and made again."""

    clear: Clear
