"""What a school has set for itself."""

import asyncpg

from lms.tenants import service
from lms.tenants.model import Settings
from server.rest import shapes
from server.rest.call import Answer, Call
from server.rest.idempotency import once


async def get_settings(call: Call[None]) -> Answer:
    """What the school has set."""
    async with call.read() as connection:
        return Answer(body=_shown(await service.settings(connection, call.principal)))


async def change_settings(call: Call[shapes.SchoolSettingsChange]) -> Answer:
    """Set all of it."""
    body, desk = call.body, call.deps.desk()
    new = Settings(
        reviewers=body.reviewers,
        band_low_milli=body.band_low_milli,
        band_high_milli=body.band_high_milli,
    )

    async def effect(connection: asyncpg.Connection) -> Answer:
        done = await service.change_settings(
            connection, call.principal, new, desk.new_id(), desk.now
        )
        return Answer(body=_shown(done))

    return await once(call, effect)


def _shown(settings: Settings) -> shapes.SchoolSettings:
    return shapes.SchoolSettings(
        reviewers=settings.reviewers,
        band_low_milli=settings.band_low_milli,
        band_high_milli=settings.band_high_milli,
    )
