"""The read models of the house, by name."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from lms.projections import gradebook, outcomes, progress, store
from lms.projections.model import Told
from lms.projections.readers import Projection


async def _progress(
    connection: asyncpg.Connection, tenant_id: str, told: Sequence[Told[Any]]
) -> None:
    await store.change_progress(connection, tenant_id, progress.changes(told))


async def _gradebook(
    connection: asyncpg.Connection, tenant_id: str, told: Sequence[Told[Any]]
) -> None:
    before = await store.cells(connection, tenant_id, gradebook.keys(told))
    await store.save_cells(connection, tenant_id, gradebook.after(before, told))


async def _outcomes(
    connection: asyncpg.Connection, tenant_id: str, told: Sequence[Told[Any]]
) -> None:
    await store.replace_outcomes(connection, tenant_id, outcomes.standing(told))


PROJECTIONS = {
    projection.name: projection
    for projection in (
        Projection(
            name="progress", hears=progress.HEARS, apply=_progress, clear=store.clear_progress
        ),
        Projection(
            name="gradebook", hears=gradebook.HEARS, apply=_gradebook, clear=store.clear_cells
        ),
        Projection(
            name="outcomes", hears=outcomes.HEARS, apply=_outcomes, clear=store.clear_outcomes
        ),
    )
}
