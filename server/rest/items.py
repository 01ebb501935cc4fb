"""Items of practice as they are sent and checked: encoded once a version, kept in this process."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from lms.practice import store, wire
from lms.practice.model import Sheet
from lms.practice.showing import sheet
from lms.questions import store as questions
from lms.uploads import store as uploads
from lms.uploads.model import Upload
from lms.uploads.rules import ids_in
from server.auth import signed
from server.auth.keys import KeyRing
from server.rest.withdrawn import Withdrawn
from server.storage.postgres import Database
from server.storage.shelf import Shelf
from signaling.context import Clock, Meters

# Of the bytes that learners see; what an item weighs in memory is some times that.
MOST_BYTES = 32 * 1024 * 1024
# What an item weighs besides.
OVERHEAD_BYTES = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A version: what stands behind the head of an answer (empty where pictures need addresses of now, or it is out of use), and how it
    is checked."""

    tail: bytes
    sheet: Sheet
    pictures: tuple[Upload, ...]
    # Those of what is told with the verdict.
    pictures_told: tuple[Upload, ...]


class Items:
    """One a process."""

    def __init__(
        self,
        withdrawn: Withdrawn,
        database: Database,
        keys: KeyRing,
        clock: Clock,
        meters: Meters,
    ) -> None:
        self._withdrawn = withdrawn
        withdrawn.subscribe(self._forget)
        self._database = database
        self._keys = keys
        self._clock = clock
        self._shelf: Shelf[Item] = Shelf("items", meters, most=MOST_BYTES, weigh=_weight)
        self._seeds: Shelf[str] = Shelf("seeds", meters, most=10_000)

    def tails_here(self, tenant_id: str, versions: Sequence[str]) -> list[bytes] | None:
        """The tails of these versions, if all are at hand and as they are, and none is out of use."""
        items = self._shelf.here(tenant_id, versions)
        if items is None:
            return None
        tails = [item.tail for item in items]
        return tails if all(tails) else None

    async def all(self, tenant_id: str, versions: Sequence[str]) -> list[Item | None]:
        """Each of these versions; None for what the bank does not know."""

        async def make(missing: Sequence[str]) -> Mapping[str, Item]:
            return await self._made(tenant_id, missing)

        return await self._shelf.all(tenant_id, versions, make)

    def tail(self, tenant_id: str, item: Item) -> bytes:
        """What is sent behind its head, with addresses of its pictures that are good for the next minutes."""
        return item.tail or wire.tail(
            item.sheet.kind, item.sheet.shown.content, self.addresses(tenant_id, item.pictures)
        )

    def addresses(self, tenant_id: str, pictures: Sequence[Upload]) -> dict[str, str]:
        """Where a learner of the school fetches these, by their ids."""
        now = self._clock.wall_ms() // 1000
        return {
            one.upload_id: signed.to_view(
                self._keys, tenant_id, (one.upload_id, one.size_bytes), now
            )
            for one in pictures
        }

    async def _made(self, tenant_id: str, versions: Sequence[str]) -> Mapping[str, Item]:
        seed = await self._seeds.one(tenant_id, "practice", lambda _: self._seed(tenant_id))
        assert seed is not None, "it is made when there is none"
        wanted = [wire.parts_of(version) for version in versions]
        async with self._database.transaction(tenant_id) as connection:
            said = await questions.said_at(connection, tenant_id, wanted)
            sheets = {at: sheet(seed, at, found) for at, found in said.items()}
            ids = ids_in([text for one in sheets.values() for text in (_text(one), _told(one))])
            shown = await uploads.linked(connection, tenant_id, ids) if ids else []
        gone = self._withdrawn.of(tenant_id)
        return {
            wire.version_of(*at): _item(one, shown, bare=at[0] in gone)
            for at, one in sheets.items()
        }

    def _forget(self, tenant_id: str, question_ids: Collection[str]) -> None:
        self._shelf.forget(tenant_id, lambda name: wire.parts_of(name)[0] in question_ids)

    async def _seed(self, tenant_id: str) -> Mapping[str, str]:
        async with self._database.transaction(tenant_id) as connection:
            return {"practice": await store.seed(connection, tenant_id)}


def _text(one: Sheet) -> str:
    """Everything that a learner reads of it."""
    content = one.shown.content
    parts = [*content.options, *content.left, *(o for gap in content.gaps for o in gap.options)]
    return "\n".join((content.prompt, *(part.text for part in parts)))


def _told(one: Sheet) -> str:
    """Everything that is told about it with the verdict."""
    return "\n".join((one.key.explanation, *one.key.option_feedback.values()))


def _item(one: Sheet, uploads_of_all: Sequence[Upload], *, bare: bool) -> Item:
    seen, told = set(ids_in([_text(one)])), set(ids_in([_told(one)]))
    mine = tuple(upload for upload in uploads_of_all if upload.upload_id in seen)
    return Item(
        tail=b"" if mine or bare else wire.tail(one.kind, one.shown.content, {}),
        sheet=one,
        pictures=mine,
        pictures_told=tuple(upload for upload in uploads_of_all if upload.upload_id in told),
    )


def _weight(item: Item) -> int:
    return OVERHEAD_BYTES + (len(item.tail) or len(_text(item.sheet)))
