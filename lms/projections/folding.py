"""Take a run of events into the skills of the learners of a school."""

from collections.abc import Collection, Mapping, Sequence

import asyncpg

from lms.adaptive.model import WHOLE_COURSE
from lms.events import AnyEvent
from lms.projections import skill_store as store
from lms.projections import skills
from lms.projections.model import Told
from lms.projections.skills import Changes, Learner, Line, Place, Standing, States


async def apply(
    connection: asyncpg.Connection, tenant_id: str, told: Sequence[Told[AnyEvent]]
) -> None:
    """Responses, and the skills that follow from them."""
    recalled = skills.recalled(told)
    await store.lock_school(connection, tenant_id, alone=bool(recalled))
    touched = await store.recall(connection, tenant_id, recalled) if recalled else set()
    standings = await _standings(connection, tenant_id, told)
    wanted = skills.answered(told)
    for attempt_id, standing in standings.items():
        wanted += skills.lines(attempt_id, standing)
    wanted = await _counting(connection, tenant_id, wanted)
    learners = touched | {one.learner for one in wanted}
    learners |= {(one.user_id, one.course_id) for one in standings.values()}
    folded = await store.hold_folds(connection, tenant_id, learners)
    changes = await _changes(connection, tenant_id, wanted, standings)
    await store.write(connection, tenant_id, changes)
    anew = touched | changes.disordered(folded)
    await _fold_on(connection, tenant_id, changes, learners - anew, folded)
    await _fold_anew(connection, tenant_id, anew)


async def _standings(
    connection: asyncpg.Connection, tenant_id: str, told: Sequence[Told[AnyEvent]]
) -> dict[str, Standing]:
    ids = skills.attempts(told)
    if not ids:
        return {}
    found = skills.standings(await store.standings(connection, tenant_id, ids), told)
    await store.save_standings(connection, tenant_id, found)
    return found


async def _counting(
    connection: asyncpg.Connection, tenant_id: str, wanted: Sequence[Line]
) -> list[Line]:
    gone = await store.recalled_among(
        connection, tenant_id, {one.response.question_id for one in wanted}
    )
    return [one for one in wanted if one.response.question_id not in gone]


async def _changes(
    connection: asyncpg.Connection,
    tenant_id: str,
    wanted: Sequence[Line],
    standings: Mapping[str, Standing],
) -> Changes:
    sources = {(one.user_id, one.source_id) for one in wanted}
    sources |= {(one.user_id, attempt_id) for attempt_id, one in standings.items()}
    standing = await store.of_sources(connection, tenant_id, sources)
    return skills.changes(standing, wanted, set(standings))


async def _fold_on(
    connection: asyncpg.Connection,
    tenant_id: str,
    changes: Changes,
    learners: Collection[Learner],
    folded: Mapping[Learner, Place],
) -> None:
    """One step for each response of learners of whom all that is new comes after all that was."""
    new: dict[Learner, list[Line]] = {learner: [] for learner in learners}
    for one in sorted(changes.new, key=lambda line: line.place):
        if one.learner in new:
            new[one.learner].append(one)
    before = await store.states(connection, tenant_id, [one for one in new if new[one]])
    after: dict[Learner, States] = {}
    last: dict[Learner, Place | None] = {}
    for learner, lines in new.items():
        if lines:
            states = skills.fold(before[learner], (one.response for one in lines))
            met = {name for one in lines for name in one.response.skills} | {WHOLE_COURSE}
            after[learner] = {name: states[name] for name in met}
        if lines or folded[learner] == store.BEFORE_ALL:
            last[learner] = lines[-1].place if lines else None
    await store.save(connection, tenant_id, after)
    await store.move_folds(connection, tenant_id, last)


async def _fold_anew(
    connection: asyncpg.Connection, tenant_id: str, learners: Collection[Learner]
) -> None:
    """From the first response on."""
    if not learners:
        return
    found = await store.in_order(connection, tenant_id, learners)
    await store.forget(connection, tenant_id, learners)
    after = {
        learner: skills.fold({}, (one.response for one in lines))
        for learner, lines in found.items()
    }
    await store.save(connection, tenant_id, after)
    await store.move_folds(
        connection,
        tenant_id,
        {learner: lines[-1].place if lines else None for learner, lines in found.items()},
    )
