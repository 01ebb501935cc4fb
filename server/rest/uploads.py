"""Files that people send: announced, sent in parts to signed addresses, completed, fetched from another signed address."""

from collections.abc import Sequence
from typing import Any, Literal

import asyncpg

from lms.classes import service as classes
from lms.errors import Forbidden, Invalid, NotFound
from lms.identity import ClassRole, Principal
from lms.uploads import rules, service
from lms.uploads.model import NewFile, Part, Upload
from server import files
from server.clock import moment
from server.rest import exam_shapes as exams
from server.rest import pictures
from server.rest.call import Answer, Call
from server.rest.idempotency import once
from signaling.classroom import log
from signaling.classroom.files import Announce, announced_as
from signaling.classroom.people import refuse_removed
from signaling.protocol import ClassFile
from signaling.routing.place import Place

SEND_SECONDS = 3600


def shown(call: Call[Any], upload: Upload) -> exams.Upload:
    """A file as the API shows it."""
    return exams.Upload(
        id=upload.upload_id,
        name=upload.name,
        type=upload.type,
        size=upload.size_bytes,
        state=upload.state,
        url=pictures.address_of(call, upload) if upload.state == "ready" else None,
    )


def _ticket(call: Call[Any], upload: Upload, parts: Sequence[Part]) -> exams.UploadTicket:
    now = call.deps.clock.wall_ms() // 1000
    until = min(now + SEND_SECONDS, int(upload.expires_at.timestamp()))
    return exams.UploadTicket(
        id=upload.upload_id,
        parts=[
            exams.UploadPart(
                method="PUT",
                url=pictures.address_to_send(call, upload.upload_id, part, until),
                headers={"Content-Type": "application/octet-stream"},
                offset=part.offset,
                size=part.size,
            )
            for part in parts
        ],
        expires_at=moment(until * 1000),
    )


async def create_upload(call: Call[exams.NewUpload]) -> Answer:
    """Begin to send a file."""
    body, who = call.body, call.principal

    async def effect(connection: asyncpg.Connection) -> Answer:
        if body.class_id is not None:
            await classes.get(connection, who, body.class_id, "class.join")
        new = NewFile(name=body.name, type=body.type, size_bytes=body.size, class_id=body.class_id)
        upload = await service.begin(connection, who, call.deps.new_id(), new, call.now)
        await call.deps.objects.begin(files.key_of(who.tenant_id, upload.upload_id))
        return Answer(status=201, body=_ticket(call, upload, rules.parts(upload.size_bytes)))

    return await once(call, effect)


async def list_upload_parts(call: Call[None]) -> Answer:
    """What of a file is still to be sent, each to a fresh address."""
    async with call.read() as connection:
        upload = await service.own(connection, call.principal, call.params["upload_id"])
    rules.check_started(upload, call.now)
    there = await call.deps.objects.parts(files.key_of(call.principal.tenant_id, upload.upload_id))
    missing = [
        part for part in rules.parts(upload.size_bytes) if there.get(part.number) != part.size
    ]
    return Answer(body=_ticket(call, upload, missing))


async def complete_upload(call: Call[None]) -> Answer:
    """The bytes are all there; a class that the file is for is told so, once."""
    who, upload_id = call.principal, call.params["upload_id"]
    async with call.read() as connection:
        upload = await service.own(connection, who, upload_id)
        told = await _to_be_told(call, connection, upload)
    if upload.state == "ready":
        answer = Answer(body=shown(call, upload))
    else:
        answer = await _kept(call, upload)
    if told is not None and upload.class_id is not None:
        # After the commit: whose class could not be told completes the file again.
        await call.deps.classes.announce(who.tenant_id, upload.class_id, who.user_id, told)
    return answer


def _announcement(upload: Upload, name: str, role: ClassRole) -> Announce:
    file = ClassFile(
        id=upload.upload_id, name=upload.name, type=upload.type, size=upload.size_bytes
    )
    return Announce(name=name, role=role, file=file)


async def _to_be_told(
    call: Call[None], connection: asyncpg.Connection, upload: Upload
) -> Announce | None:
    """What the class of the file is to hear, None when there is nothing to say; raises while the sender could not join."""
    who = call.principal
    if upload.class_id is None or await _announced(connection, who, upload) is not None:
        return None
    place = Place(tenant_id=who.tenant_id, class_id=upload.class_id)
    admitted = await classes.admit(connection, who, upload.class_id)
    shut_until_ms = await log.read_shut_until_ms(connection, place, who.user_id)
    refuse_removed(shut_until_ms, call.now.timestamp())
    return _announcement(upload, admitted.name, admitted.role)


async def _announced(
    connection: asyncpg.Connection, who: Principal, upload: Upload
) -> Literal["stands", "taken_back"] | None:
    if upload.class_id is None:
        return None
    place = Place(tenant_id=who.tenant_id, class_id=upload.class_id)
    return await log.read_announced(
        connection, place, upload.user_id, announced_as(upload.upload_id)
    )


async def _kept(call: Call[None], upload: Upload) -> Answer:
    who, upload_id = call.principal, upload.upload_id
    rules.check_started(upload, call.now)
    # Outside of any transaction: the disk may be slow. Done twice, or half, it comes to the same.
    try:
        digest = await files.keep(call.deps.objects, who.tenant_id, upload)
    except Invalid:
        await files.forget(call.deps.database, call.deps.objects, who.tenant_id, upload_id)
        raise

    async def effect(connection: asyncpg.Connection) -> Answer:
        # By the clock of exams: a file may be an answer, and is to be here in time then.
        at = call.deps.exams.clock.now()
        done = await service.complete(connection, who, upload_id, digest, at)
        return Answer(body=shown(call, done))

    return await once(call, effect)


async def get_upload(call: Call[None]) -> Answer:
    """A file and where to fetch it."""
    async with call.read() as connection:
        try:
            upload = await service.get(connection, call.principal, call.params["upload_id"])
        except NotFound:
            upload = await _shown_to_class(call, connection)
    return Answer(body=shown(call, upload))


async def _shown_to_class(call: Call[None], connection: asyncpg.Connection) -> Upload:
    """A file that its class was told of, for those who may join that class; NotFound for everybody else."""
    who = call.principal
    upload = await service.ready(connection, who.tenant_id, call.params["upload_id"])
    if upload.class_id is None or await _announced(connection, who, upload) != "stands":
        raise NotFound("There is no such file.")
    try:
        await classes.get(connection, who, upload.class_id, "class.join")
    except (Forbidden, NotFound):
        raise NotFound("There is no such file.") from None
    return upload
