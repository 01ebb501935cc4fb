"""The rule tier at work: for each slot the next item that the rules make and that the gates would let pass."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice

from lms.ai import rules_tier, store, tries
from lms.ai.calling import Bench
from lms.ai.gates import order
from lms.ai.gates.model import Case
from lms.ai.model import Draft, Job
from lms.questions.model import Kind, Question

# Of the bank so many items are used, and of what the rules make so much is looked at.
BANK_MOST = 300
DRAFTS_MOST = 300


@dataclass(slots=True, kw_only=True)
class Rules:
    """The rules for one job; they look only when somebody asks, and once."""

    bench: Bench
    tenant_id: str
    job: Job
    _bank: Sequence[Question] | None = None
    _made: dict[Kind, list[Draft]] = field(default_factory=dict)
    _busy: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def draft(self, slot: int) -> Draft | None:
        """The item of this slot; None where the rules have no more."""
        kinds = self.job.brief.kinds
        kind = kinds[slot % len(kinds)]
        each, tried = (
            -(-many // len(kinds)) for many in (self.job.wanted, tries.most(self.job.wanted))
        )
        first = self.job.brief.series * each
        async with self._busy:
            if kind not in self._made:
                bank = await self._items()
                self._made[kind] = await asyncio.to_thread(
                    usable, self.job, kind, bank, first + tried
                )
        made = self._made[kind]
        place = first + slot // len(kinds)
        return made[place] if place < len(made) else None

    async def _items(self) -> Sequence[Question]:
        if self._bank is None:
            place = (self.tenant_id, self.job.course_id)
            async with self.bench.transaction() as connection:
                self._bank = await store.bank(connection, place, self.job.brief, BANK_MOST)
        return self._bank


def usable(job: Job, kind: Kind, bank: Sequence[Question], most: int) -> list[Draft]:
    """What the rules make of the brief and what no gate turns down that can look at it alone: so many, or all there are."""
    made = rules_tier.drafts(kind, job.brief, job.source, bank, job.digest.hex())
    passing = (draft for draft in islice(made, DRAFTS_MOST) if _passes(job, draft))
    return list(islice(passing, most))


def _passes(job: Job, draft: Draft) -> bool:
    """Its quote was cut out of the source: to look for it in all of that would take long, and find it."""
    case = Case(brief=job.brief, draft=draft, tier="rules", source=draft.quote, blind=(), near=())
    return order.judge(case).passed
