"""The projector: keeps the read models, all of them in one reading of the events, and asks for what follows from them."""

from lms.projections.registry import PROJECTIONS, REFILLS
from workers.means import Means
from workers.reading import Reading

BATCH_EVENTS = 2000


class Projector:
    """Implements workers.runner.Worker."""

    name = "projector"

    def __init__(self, means: Means) -> None:
        self._reading = Reading(
            "projector", (*PROJECTIONS.values(), REFILLS), means, batch_events=BATCH_EVENTS
        )

    async def round(self) -> float:
        """Take in what is new."""
        return await self._reading.round()

    async def end(self) -> None:
        """Leave the group."""
        await self._reading.end()
