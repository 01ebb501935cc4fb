"""SQL of the read models: a run of events is a few statements, whatever its length."""

from collections.abc import Mapping, Sequence

import asyncpg

from lms.projections.model import Cell, CellKey, Outcome, ProgressChange

CELL_COLUMNS = "number, state, earned_milli, possible_milli, late, released, revision, updated_at"


async def change_progress(
    connection: asyncpg.Connection, tenant_id: str, changes: Sequence[ProgressChange]
) -> None:
    """Begin the rows of attempts that were opened, and add the changes to all."""
    begun = [change for change in changes if change.asked is not None]
    if begun:
        await connection.execute(
            "INSERT INTO progress (tenant_id, attempt_id, assessment_id, course_id, user_id, state, opening, asked, updated_at)"
            " SELECT $1, c.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::int[], $8::int[],"
            " $9::timestamptz[]) AS c ON CONFLICT (tenant_id, attempt_id) DO NOTHING",
            tenant_id,
            [change.attempt_id for change in begun],
            [change.assessment_id for change in begun],
            [change.course_id for change in begun],
            [change.user_id for change in begun],
            [change.state for change in begun],
            [change.opening for change in begun],
            [change.asked for change in begun],
            [change.updated_at for change in begun],
        )
    await connection.execute(
        "UPDATE progress AS p SET state = coalesce(c.state, p.state), opening = greatest(p.opening, c.opening),"
        " asked = coalesce(c.asked, p.asked), late = p.late OR c.late,"
        " last_opening = greatest(p.last_opening, c.last_opening),"
        " last_seq = CASE WHEN c.last_opening > p.last_opening THEN c.last_seq"
        " WHEN c.last_opening = p.last_opening THEN greatest(p.last_seq, c.last_seq) ELSE p.last_seq END,"
        " answered = CASE WHEN c.items IS NULL THEN p.answered ELSE p.answered || ARRAY("
        "SELECT n.item FROM unnest(c.items::uuid[]) WITH ORDINALITY AS n (item, place)"
        " WHERE n.item <> ALL (p.answered) ORDER BY n.place) END,"
        " answered_at = greatest(p.answered_at, c.answered_at), updated_at = greatest(p.updated_at, c.updated_at)"
        " FROM unnest($2::uuid[], $3::text[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::text[], $9::bool[],"
        " $10::timestamptz[], $11::timestamptz[])"
        " AS c (attempt_id, state, opening, asked, last_opening, last_seq, items, late, answered_at, updated_at)"
        " WHERE p.tenant_id = $1 AND p.attempt_id = c.attempt_id",
        tenant_id,
        [change.attempt_id for change in changes],
        [change.state for change in changes],
        [change.opening for change in changes],
        [change.asked for change in changes],
        [change.last_opening for change in changes],
        [change.last_seq for change in changes],
        [f"{{{','.join(change.items)}}}" if change.items else None for change in changes],
        [change.late for change in changes],
        [change.answered_at for change in changes],
        [change.updated_at for change in changes],
    )


async def clear_progress(connection: asyncpg.Connection, tenant_id: str) -> None:
    """Remove what is known of a school's attempts."""
    await connection.execute("DELETE FROM progress WHERE tenant_id = $1", tenant_id)


async def cells(
    connection: asyncpg.Connection, tenant_id: str, keys: Sequence[CellKey]
) -> dict[CellKey, Cell]:
    """Those of these cells that there are."""
    rows = await connection.fetch(
        f"SELECT course_id, user_id, assessment_id, attempt_id, {CELL_COLUMNS} FROM gradebook_cells"
        " JOIN unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[]) AS k (course_id, user_id, assessment_id, attempt_id)"
        " USING (course_id, user_id, assessment_id, attempt_id) WHERE tenant_id = $1",
        tenant_id,
        *_columns(keys),
    )
    return {
        CellKey(
            course_id=str(row["course_id"]),
            user_id=str(row["user_id"]),
            assessment_id=str(row["assessment_id"]),
            attempt_id=str(row["attempt_id"]),
        ): Cell(
            number=row["number"],
            state=row["state"],
            earned_milli=row["earned_milli"],
            possible_milli=row["possible_milli"],
            late=row["late"],
            released=row["released"],
            revision=row["revision"],
            updated_at=row["updated_at"],
        )
        for row in rows
    }


async def save_cells(
    connection: asyncpg.Connection, tenant_id: str, changed: Mapping[CellKey, Cell]
) -> None:
    """Write these cells."""
    if not changed:
        return
    found = list(changed.values())
    await connection.execute(
        f"INSERT INTO gradebook_cells (tenant_id, course_id, user_id, assessment_id, attempt_id, {CELL_COLUMNS})"
        " SELECT $1, c.* FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::int[], $7::text[], $8::bigint[],"
        " $9::bigint[], $10::bool[], $11::bool[], $12::int[], $13::timestamptz[]) AS c"
        " ON CONFLICT (tenant_id, course_id, user_id, assessment_id, attempt_id) DO UPDATE SET"
        f" ({CELL_COLUMNS}) = (excluded.number, excluded.state, excluded.earned_milli, excluded.possible_milli,"
        " excluded.late, excluded.released, excluded.revision, excluded.updated_at)",
        tenant_id,
        *_columns(list(changed)),
        [cell.number for cell in found],
        [cell.state for cell in found],
        [cell.earned_milli for cell in found],
        [cell.possible_milli for cell in found],
        [cell.late for cell in found],
        [cell.released for cell in found],
        [cell.revision for cell in found],
        [cell.updated_at for cell in found],
    )


async def clear_cells(connection: asyncpg.Connection, tenant_id: str) -> None:
    """Remove a school's cells."""
    await connection.execute("DELETE FROM gradebook_cells WHERE tenant_id = $1", tenant_id)


async def replace_outcomes(
    connection: asyncpg.Connection, tenant_id: str, standing: Mapping[str, Sequence[Outcome]]
) -> None:
    """What stands of each of these attempts takes the place of what stood."""
    if not standing:
        return
    await connection.execute(
        "DELETE FROM item_outcomes WHERE tenant_id = $1 AND attempt_id = ANY ($2::uuid[])",
        tenant_id,
        list(standing),
    )
    rows = [outcome for outcomes in standing.values() for outcome in outcomes]
    if not rows:
        return
    await connection.execute(
        "INSERT INTO item_outcomes (tenant_id, question_id, version, attempt_id, item_id, assessment_id,"
        " earned_milli, possible_milli, attempt_earned_milli, attempt_possible_milli)"
        " SELECT $1, o.* FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::uuid[], $6::uuid[], $7::bigint[], $8::bigint[],"
        " $9::bigint[], $10::bigint[]) AS o",
        tenant_id,
        [row.question_id for row in rows],
        [row.version for row in rows],
        [row.attempt_id for row in rows],
        [row.item_id for row in rows],
        [row.assessment_id for row in rows],
        [row.earned_milli for row in rows],
        [row.possible_milli for row in rows],
        [row.attempt_earned_milli for row in rows],
        [row.attempt_possible_milli for row in rows],
    )


async def clear_outcomes(connection: asyncpg.Connection, tenant_id: str) -> None:
    """Remove a school's outcomes."""
    await connection.execute("DELETE FROM item_outcomes WHERE tenant_id = $1", tenant_id)


def _columns(keys: Sequence[CellKey]) -> tuple[list[str], list[str], list[str], list[str]]:
    return (
        [key.course_id for key in keys],
        [key.user_id for key in keys],
        [key.assessment_id for key in keys],
        [key.attempt_id for key in keys],
    )
