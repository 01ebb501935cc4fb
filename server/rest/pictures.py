"""Signed addresses of files for those who may see them: pictures in texts, and the files of an answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg

from lms.identity import Principal
from lms.uploads import service
from lms.uploads.model import Part, Upload
from server.auth import signed
from server.rest.call import Call


def address_of(call: Call[Any], upload: Upload) -> str:
    """Where the caller, who was found to be allowed to, fetches this file within five minutes."""
    now = call.deps.clock.wall_ms() // 1000
    return signed.to_view(
        call.deps.keys, call.principal.tenant_id, (upload.upload_id, upload.size_bytes), now
    )


def address_to_send(call: Call[Any], upload_id: str, part: Part, until: int) -> str:
    """Where the caller sends this part."""
    return signed.address(
        call.deps.keys,
        signed.Grant(
            method="PUT",
            tenant_id=call.principal.tenant_id,
            upload_id=upload_id,
            part=part.number,
            size=part.size,
            until=until,
        ),
    )


async def use(
    connection: asyncpg.Connection, who: Principal, course_id: str, texts: Sequence[str]
) -> None:
    """Let the people of a course see the pictures of texts that the caller just wrote for it; Invalid for one not theirs to use."""
    await service.use(connection, who, course_id, texts)


async def addresses(call: Call[Any], texts: Sequence[str]) -> Mapping[str, str]:
    """Addresses of the pictures `![words](upload:ID)` in texts that the caller may read, by the id."""
    if not any("upload:" in text for text in texts):
        return {}
    async with call.read() as connection:
        found = await service.pictures(connection, call.principal, texts)
    return {upload.upload_id: address_of(call, upload) for upload in found}


async def files(call: Call[Any], learner_id: str, until: Mapping[str, datetime]) -> list[Upload]:
    """The files that a learner gave as answers, for a caller who was found to be allowed to see the attempt.

    Only what this learner sent is given, and was complete by the time that stands with it: an answer may name any id.
    """
    if not until:
        return []
    async with call.read() as connection:
        return await service.answered(connection, call.principal.tenant_id, learner_id, until)
