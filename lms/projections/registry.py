"""The read models of the house, by name."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from lms.adaptive import store as adaptive
from lms.projections import (
    folding,
    gradebook,
    outcomes,
    progress,
    refills,
    skill_store,
    skills,
    store,
)
from lms.projections.model import Told
from lms.projections.readers import Projection, Reader


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


async def _refills(
    connection: asyncpg.Connection, tenant_id: str, told: Sequence[Told[Any]]
) -> None:
    for one in refills.recalls(told):
        await adaptive.ask_for_class(connection, tenant_id, one.event.course_id, one.at)
    asks = refills.asks(told)
    if asks:
        await adaptive.ask(connection, tenant_id, asks)


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
        Projection(
            name="skills", hears=skills.HEARS, apply=folding.apply, clear=skill_store.clear
        ),
    )
}
# Asks for other items once the skills that they follow from stand: no read model, a rebuild asks for nothing.
REFILLS = Reader(name="refills", hears=refills.HEARS, apply=_refills)
