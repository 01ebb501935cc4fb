"""Lessons of courses as they are read: kept in this process by their version, so that a change is seen with the next read on any node."""

from collections.abc import Mapping, Sequence

from lms.lessons import store
from lms.lessons.model import Lesson
from server.storage.shelf import Shelf
from signaling.context import Database, Meters

MOST_CHARS = 32 * 1024 * 1024
# What a lesson weighs besides its text.
OVERHEAD_CHARS = 1000

After = tuple[int, str] | None


class Curriculum:
    """One a process. Whoever asks has seen to the rights, and knows from the database which version stands."""

    def __init__(self, database: Database, meters: Meters) -> None:
        self._database = database
        self._shelf: Shelf[tuple[Lesson, ...]] = Shelf(
            "curriculum", meters, most=MOST_CHARS, weigh=_weight
        )

    async def lesson(self, tenant_id: str, lesson_id: str, version: int) -> Lesson | None:
        """This version of a lesson; None when another has taken its place by now."""

        async def make(names: Sequence[str]) -> Mapping[str, tuple[Lesson, ...]]:
            async with self._database.transaction(tenant_id) as connection:
                found = await store.get(connection, tenant_id, lesson_id)
            if found is None or found.version != version:
                return {}
            return dict.fromkeys(names, (found,))

        kept = await self._shelf.one(tenant_id, f"{lesson_id}.{version}", make)
        return None if kept is None else kept[0]

    async def page(
        self, tenant_id: str, outline: tuple[str, str], after: After, limit: int
    ) -> Sequence[Lesson] | None:
        """A page of (course, version of its outline); None when the outline is another by now."""
        course_id, version = outline

        async def make(names: Sequence[str]) -> Mapping[str, tuple[Lesson, ...]]:
            async with self._database.transaction(tenant_id) as connection:
                found = await store.page(connection, tenant_id, course_id, after, limit)
                # Looked at last: what was changed before or between is another version.
                stands = await store.outline_version(connection, tenant_id, course_id)
            return dict.fromkeys(names, tuple(found)) if stands == version else {}

        name = f"{course_id}.{version}.{after}.{limit}"
        return await self._shelf.one(tenant_id, name, make)


def _weight(lessons: Sequence[Lesson]) -> int:
    return OVERHEAD_CHARS + sum(OVERHEAD_CHARS + len(one.text) for one in lessons)
