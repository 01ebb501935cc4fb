"""Announce, complete and read files; the bytes themselves go another way."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg

from lms.errors import Conflict, Forbidden, NotFound
from lms.identity import Permission, Principal, may
from lms.ids import ClassId, UploadId
from lms.uploads import rules, store
from lms.uploads.model import NewFile, Upload


async def begin(
    connection: asyncpg.Connection, who: Principal, upload_id: str, new: NewFile, now: datetime
) -> Upload:
    """Take note of a file that is about to come; the class, if one is named, was checked by the caller."""
    if not may(who, "upload.send"):
        raise Forbidden("Your role does not send files.")
    name = rules.clean_name(new.name)
    media_type = rules.check_type(new.type, name)
    held = await store.held(connection, who.tenant_id, who.user_id)
    rules.check_quota(who.roles, held, new.size_bytes)
    upload = Upload(
        upload_id=UploadId(upload_id),
        user_id=who.user_id,
        name=name,
        type=media_type,
        size_bytes=new.size_bytes,
        state="started",
        class_id=None if new.class_id is None else ClassId(new.class_id),
        digest=None,
        created_at=now,
        expires_at=now + rules.START_LIVES,
    )
    await store.add(connection, who.tenant_id, upload)
    return upload


async def own(connection: asyncpg.Connection, who: Principal, upload_id: str) -> Upload:
    """A file of the caller's, in whatever state."""
    upload = await store.get(connection, who.tenant_id, upload_id)
    if upload is None or upload.user_id != who.user_id:
        raise NotFound("There is no such file.")
    return upload


async def complete(
    connection: asyncpg.Connection, who: Principal, upload_id: str, digest: str, now: datetime
) -> Upload:
    """All of it is there; doing so twice changes nothing."""
    await store.complete(connection, who.tenant_id, upload_id, digest, now)
    upload = await own(connection, who, upload_id)
    if upload.state != "ready":
        raise Conflict("This file is over: begin anew.", code="upload_over")
    return upload


async def fail(connection: asyncpg.Connection, tenant_id: str, upload_id: str) -> bool:
    """It will not come; False when it is ready or failed already."""
    return await store.fail(connection, tenant_id, upload_id)


async def get(connection: asyncpg.Connection, who: Principal, upload_id: str) -> Upload:
    """A file that the caller sent, or that a question shows in a course that the caller may see."""
    upload = await store.get(connection, who.tenant_id, upload_id)
    if upload is not None and upload.user_id == who.user_id:
        return upload
    seen = await _seen_in_courses(connection, who, [upload_id], "course.see")
    if upload is None or upload_id not in seen:
        raise NotFound("There is no such file.")
    return rules.check_ready(upload)


async def ready(connection: asyncpg.Connection, tenant_id: str, upload_id: str) -> Upload:
    """A file by its id alone: for whoever holds an address that was signed for it."""
    return rules.check_ready(await store.get(connection, tenant_id, upload_id))


async def use(
    connection: asyncpg.Connection, who: Principal, course_id: str, texts: Sequence[str]
) -> None:
    """Let the people of a course see the pictures in these texts, which the caller wrote for it.

    A picture is usable for who sent it, and for who may edit the questions of a course that shows it already.
    """
    wanted = rules.ids_in(texts)
    if not wanted:
        return
    mine = await store.of_person(connection, who.tenant_id, who.user_id, wanted)
    seen = await _seen_in_courses(connection, who, wanted, "question.edit")
    rules.check_pictures(wanted, {*(one.upload_id for one in mine), *seen})
    await store.link(connection, who.tenant_id, course_id, wanted)


async def pictures(
    connection: asyncpg.Connection, who: Principal, texts: Sequence[str]
) -> list[Upload]:
    """The pictures of texts that the caller was allowed to read."""
    wanted = rules.ids_in(texts)
    return await store.linked(connection, who.tenant_id, wanted) if wanted else []


async def answered(
    connection: asyncpg.Connection, tenant_id: str, learner_id: str, until: Mapping[str, datetime]
) -> list[Upload]:
    """The files that a learner gave as an answer: those alone that this learner sent. Whoever asks may see the attempt.

    `until` says by when each had to be complete: bytes that come later were not there to be handed in.
    """
    by_then = {upload_id: at + rules.CLOCKS_APART for upload_id, at in until.items()}
    return await store.complete_by(connection, tenant_id, learner_id, by_then)


async def _seen_in_courses(
    connection: asyncpg.Connection,
    who: Principal,
    upload_ids: Sequence[str],
    permission: Permission,
) -> set[str]:
    found = await store.roles_in_courses(connection, who.tenant_id, who.user_id, upload_ids)
    return {upload_id for upload_id, role in found if may(who, permission, role)}
