"""The files of people between their rows and their bytes: kept when all is there, forgotten when it never came."""

from datetime import datetime

import structlog

from lms.errors import Invalid
from lms.uploads import rules, service, store
from lms.uploads.model import Upload
from server.storage.objects import Objects
from signaling.context import Database

TIDY_ROWS = 100

_log = structlog.get_logger(__name__)


def key_of(tenant_id: str, upload_id: str) -> str:
    """Under what a file lies in the object store."""
    return f"{tenant_id}/uploads/{upload_id}"


async def keep(objects: Objects, tenant_id: str, upload: Upload) -> str:
    """Keep the bytes that came, if they are all there and what they were said to be: their digest."""
    key = key_of(tenant_id, upload.upload_id)
    digest = await objects.seal(key, [part.size for part in rules.parts(upload.size_bytes)])
    head = b"".join([chunk async for chunk in objects.read(key, 0, rules.HEAD_BYTES)])
    if not rules.is_what_it_says(upload.type, head):
        raise Invalid(f"This file is no {upload.type}.", code="upload_type")
    return digest


async def forget(database: Database, objects: Objects, tenant_id: str, upload_id: str) -> bool:
    """Call off a file that is not ready, and delete what came of it; False when it is ready or was called off before."""
    async with database.transaction(tenant_id) as connection:
        failed = await service.fail(connection, tenant_id, upload_id)
    if failed:
        await objects.delete(key_of(tenant_id, upload_id))
    return failed


async def tidy(database: Database, objects: Objects, now: datetime) -> int:
    """Call off files of any school that were begun and never finished in time: how many."""
    async with database.transaction(None) as connection:
        expired = await store.expired(connection, now, TIDY_ROWS)
    forgotten = 0
    for tenant_id, upload_id in expired:
        forgotten += await forget(database, objects, tenant_id, upload_id)
    if forgotten:
        _log.info("uploads.tidied", files=forgotten)
    return forgotten
