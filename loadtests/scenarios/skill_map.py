"""The map of the skills of a class of 2,000: what it costs the server and PostgreSQL, and by which indexes it is read."""

import argparse
import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, cast

import asyncpg
import msgspec

from lms.adaptive.model import SkillState
from lms.practice import mapping
from loadtests.folder import own_folder
from loadtests.report import machine, write_result
from loadtests.scenarios.playlists import spent
from server.storage import embedded, partitions
from server.storage.migrate import migrate
from tests.support.tutor import Bank, a_bank
from tests.support.workshop import Workshop, workshop

SKILLS = tuple(f"skill {number}" for number in range(30))
TURNS = 5
OTHERS = 10  # times as many learn in another school


async def known(shop: Workshop, bank: Bank, answers: int) -> None:
    """Everybody has met every skill, and answered so many items lately; straight into the read models."""
    at = shop.means.now() - timedelta(days=1)
    state = SkillState(slow=0.2, answered=9, right=6, stability_days=4.0, hardness=5.0, last_at=at)
    place = bank.tenant_id, bank.course_id, list(bank.users)
    connection = await asyncpg.connect(shop.url)
    try:
        await connection.execute(
            "INSERT INTO learner_skills (tenant_id, course_id, user_id, skill, state)"
            " SELECT $1, $2, u, s, $5 FROM unnest($3::uuid[]) AS u, unnest($4::text[]) AS s",
            *(*place, list(SKILLS), msgspec.json.encode(state).decode()),
        )
        await connection.execute(
            "INSERT INTO responses (tenant_id, course_id, user_id, source_id, item_id, source, question_id, version, skills,"
            " difficulty, share_milli, at) SELECT $1, $2, u, gen_random_uuid(), gen_random_uuid(), 'practice', gen_random_uuid(),"
            " 1, ARRAY['skill ' || n % 30], 50, n % 2 * 1000, $5::timestamptz - n * interval '1 minute'"
            " FROM unnest($3::uuid[]) AS u, generate_series(1, $4) AS n",
            *(*place, answers, at),
        )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


class Explained:
    """A connection that has every query explained before it asks it."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.ways: Counter[str] = Counter()

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """As the connection does."""
        plan = await self._connection.fetchval(f"EXPLAIN (FORMAT JSON) {query}", *values)
        self.ways.update(scans(msgspec.json.decode(plan)[0]["Plan"]))
        found: list[asyncpg.Record] = await self._connection.fetch(query, *values)
        return found


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """How each table of a plan is read."""
    if "Scan" in plan["Node Type"] and ("Relation Name" in plan or "Index Name" in plan):
        yield f"{plan['Node Type']} on {plan.get('Index Name') or plan['Relation Name']}"
    for part in plan.get("Plans", ()):
        yield from scans(part)


async def drawn(shop: Workshop, bank: Bank) -> tuple[int, int]:
    """The map once, encoded encoded: learners and bytes."""
    learners: list[bytes] = []
    place = bank.tenant_id, bank.course_id
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        async for rows in mapping.rows(connection, place, None, shop.means.now()):
            learners += [msgspec.json.encode(row) for row in rows]
    return len(learners), sum(map(len, learners))


async def ways(shop: Workshop, bank: Bank) -> Counter[str]:
    """By what the tables are read, and in how many queries."""
    place = bank.tenant_id, bank.course_id
    async with shop.means.database.transaction(bank.tenant_id) as connection:
        explained = Explained(connection)
        asked = cast("asyncpg.Connection", explained)
        async for _ in mapping.rows(asked, place, None, shop.means.now()):
            pass
    return explained.ways


async def measured(given: argparse.Namespace, folder: Path) -> str:
    """The body of the page."""
    async with embedded.stores(folder) as urls:
        await migrate(urls.database_url)
        await partitions.make_ahead(urls.database_url)
        async with workshop(urls.database_url, urls.redis_url, folder) as shop:
            # Among others: alone in its tables, PostgreSQL would read them whole.
            await a_bank(shop, learners=OTHERS * given.learners, items=1)
            bank = await a_bank(shop, learners=given.learners, items=2, skills=SKILLS)
            await known(shop, bank, given.answers)
            learners, size = await drawn(shop, bank)
            before, begun = spent(process_time()), perf_counter()
            for _ in range(TURNS):
                await drawn(shop, bank)
            seconds = (perf_counter() - begun) / TURNS
            cells = spent(process_time()).since(before, TURNS)
            found = await ways(shop, bank)
    read = "\n".join(f"| {way} | {times} |" for way, times in sorted(found.items()))
    return f"""{machine()}

{learners:,} learners, each with {len(SKILLS)} skills and {given.answers} answers of late, and {OTHERS} times as many in another school; {size / 1024:,.0f} KiB of JSON. Read {mapping.LEARNERS_AT_ONCE} learners at a time, at most
{mapping.MAP_LEARNERS:,} of a course, {mapping.STUCK_ANSWERS} answers of each. {seconds:.2f} s from the first query to the last byte, the mean of {TURNS}.

| what | server | PostgreSQL | Redis | together |
|---|---|---|---|---|
| CPU-ms a map | {cells} |

| read by | times |
|---|---|
{read}"""


def main() -> None:
    """Run, write down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--learners", type=int, default=2000)
    parser.add_argument("--answers", type=int, default=100, help="of each learner")
    given = parser.parse_args()
    with own_folder() as folder:
        body = asyncio.run(measured(given, folder))
    write_result(
        Path("skill_map.md"),
        title="The map of the skills of a class of 2,000",
        command="python -m loadtests.scenarios.skill_map",
        body=body,
    )


if __name__ == "__main__":
    main()
