"""How the factory and its reviewers do, over some days: figures from sums, every share None where there is nothing to share out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from lms.ai import budget_store, dashboard_store, review
from lms.ai.dashboard_store import Escapes, Made, Reviewed, Reviewer
from lms.ai.model import Budget
from lms.errors import Forbidden
from lms.identity import Principal, may
from lms.ids import least_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What the dashboard shows; `reviewers` is empty for whom it is not for."""

    made: Made
    reviewed: Reviewed
    escapes: Escapes
    agreement: float | None
    waiting: int
    reviewers: Sequence[Reviewer]
    budget: Budget

    @property
    def schema_pass(self) -> float | None:
        """Of the drafts, those whose form was right."""
        return share(self.made.drafts - self.made.dropped_by.get("schema", 0), self.made.drafts)

    @property
    def gates_pass(self) -> float | None:
        """Of the drafts, those that passed every gate."""
        return share(self.made.passed, self.made.drafts)

    @property
    def accept(self) -> float | None:
        """Of the items that were decided, those that were let pass."""
        return share(self.reviewed.accepted, self.reviewed.accepted + self.reviewed.rejected)

    @property
    def edit(self) -> float | None:
        """Of the items that were let pass, those that were edited before."""
        return share(self.reviewed.edited, self.reviewed.accepted)

    @property
    def seeded_missed(self) -> float | None:
        """Of the times somebody looked at a bad item that was mixed in, those when it was let pass as it was."""
        return share(self.reviewed.missed, self.reviewed.seeded)

    @property
    def escaped(self) -> float | None:
        """Of the items that came into the bank, those that turned out to be bad."""
        return share(self.escapes.bad, self.escapes.ingested)

    @property
    def tokens_per_accepted(self) -> float | None:
        """What an accepted item costs in tokens, with all that was dropped and rejected."""
        return share(self.made.tokens, self.reviewed.accepted)

    @property
    def cost_micros_per_accepted(self) -> float | None:
        """And in money."""
        return share(self.made.cost_micros, self.reviewed.accepted)


def share(part: int, whole: int) -> float | None:
    """None of nothing."""
    return round(part / whole, 4) if whole else None


async def figures(
    connection: asyncpg.Connection, who: Principal, days: int, now: datetime
) -> Figures:
    """For those who may see the factory; who reviews how well is for administrators."""
    if not may(who, "factory.see"):
        raise Forbidden("Your role does not see how the factory does.")
    since = now - timedelta(days=days)
    place = (who.tenant_id, least_of(int(since.timestamp() * 1000)))
    pairs: Mapping[tuple[bool, bool], int] = await dashboard_store.pairs(connection, place)
    reviewers = list[Reviewer]()
    if may(who, "factory.manage"):
        reviewers = await dashboard_store.reviewers(connection, place)
    return Figures(
        made=await dashboard_store.made(connection, place),
        reviewed=await dashboard_store.reviewed(connection, place, since),
        escapes=await dashboard_store.escapes(connection, place),
        agreement=review.agreement(pairs),
        waiting=await dashboard_store.waiting(connection, who.tenant_id),
        reviewers=reviewers,
        budget=await budget_store.get(connection, who.tenant_id, now),
    )
