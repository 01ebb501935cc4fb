"""One slot of a job: from the first prompt to an item before the reviewers, or to the gate that turned it down."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import asyncpg
import msgspec

from lms.ai import chain, prompts, staging, step_store, store, tries, vector_store
from lms.ai.asks import Away, Refused
from lms.ai.calling import Caller, StopError
from lms.ai.chain import Chain
from lms.ai.gates import blind, order, schema
from lms.ai.gates.model import Blind, Case, Verdict
from lms.ai.model import Candidate, Card, Draft, Finding, Job, Tier
from lms.ai.rules_tier import VERSION as RULES_VERSION
from lms.ai.ruling import Rules
from lms.ai.step_store import Traced
from lms.ai.vectors import Vector
from lms.ids import CandidateId
from lms.questions.model import Labels, New

# So many of the items that are most alike are looked at.
NEAR_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A draft and where it comes from: `source` is the part that its maker saw. A `fault` where no draft came of it."""

    tier: Tier
    source: str
    draft: Draft | None = None
    fault: Finding | None = None
    blind: tuple[Blind, ...] = ()
    provider: str = ""
    model: str = ""
    tokens: int = 0
    cost_micros: int = 0
    prompts: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes the items of one job."""

    caller: Caller
    job: Job
    rules: Rules

    async def make(self, slot: int) -> str:
        """End the slot, once: its outcome; StopError when nothing more is to be made."""
        made = await self._by_models(slot)
        if made is None:
            made = await self._by_rules(slot)
        return await self._end(slot, made)

    # --- Drafts -----------------------------------------------------------------------------------

    async def _by_models(self, slot: int) -> Made | None:
        """By the chain of prompts; None when nobody can be asked."""
        item = chain.begun(self.job.brief, self.job.source, slot)
        made = Made(tier=self.caller.tier, source=item.subject.passage)
        while (prompt := chain.asked(item)) is not None:
            got = await self.caller.ask(slot, prompt)
            if isinstance(got, Away):
                return None
            if isinstance(got, Refused):
                return replace(made, fault=_schema(got.reason))
            made = _paid(made, got)
            try:
                item = chain.heard(item, got.text, got.model)
            except schema.Malformed as fault:
                return replace(made, fault=fault.finding())
        return await self._checked(slot, item, replace(made, draft=chain.drafted(item)))

    async def _checked(self, slot: int, item: Chain, made: Made) -> Made | None:
        """Solved blind by another model, if the gates before that let it pass; None when nobody can be asked."""
        assert made.draft is not None, "it was drafted"
        if order.judge(self._case(made)).wants != "blind":
            return made
        posed = blind.posed(made.draft, _digest(made.draft).hex())
        got = await self.caller.ask(
            slot, prompts.check(item.subject, made.draft, posed, made.model)
        )
        if isinstance(got, Away):
            return None
        if isinstance(got, Refused):
            return replace(made, blind=(Blind(value=None, sure=False),))
        paid = replace(
            made, tokens=made.tokens + got.tokens, cost_micros=made.cost_micros + got.cost_micros
        )
        return replace(paid, blind=(blind.answered(made.draft, posed, got.text),))

    async def _by_rules(self, slot: int) -> Made:
        draft = await self.rules.draft(slot)
        if draft is None:
            return Made(tier="rules", source=self.job.source)
        versions = {"rules": RULES_VERSION}
        return Made(tier="rules", source=self.job.source, draft=draft, prompts=versions)

    def _case(self, made: Made) -> Case:
        assert made.draft is not None, "there is something to judge"
        return Case(brief=self.job.brief, draft=made.draft, tier=made.tier, source=made.source)

    # --- The end of a slot ------------------------------------------------------------------------

    async def _end(self, slot: int, made: Made) -> str:
        """Judge the draft beside its neighbours, and stage or drop it: one transaction, once."""
        case, vector = None, None
        if made.draft is not None and made.fault is None:
            case = replace(self._case(made), blind=made.blind)
            if order.judge(case).wants == "near":
                space, vector = await self.caller.vector(slot, _text(made.draft))
                case = replace(case, space=space)
        self.caller.tools.reach("factory.before_stage")
        tenant_id, job_id = self.caller.tenant_id, self.job.job_id
        async with self.caller.bench.transaction() as connection:
            if await store.lock(connection, tenant_id, job_id) != "running":
                raise StopError
            verdict = await self._verdict(connection, case, vector, made)
            outcome = await self._write(connection, slot, made, (verdict, case, vector))
        self.caller.tools.reach("factory.after_stage")
        return outcome

    async def _verdict(
        self, connection: asyncpg.Connection, case: Case | None, vector: Vector | None, made: Made
    ) -> Verdict:
        if case is None:
            return Verdict(findings=() if made.fault is None else (made.fault,))
        if vector is None:
            return order.judge(case)
        # Two jobs of a course do not let the same item pass at once.
        await store.lock_items(connection, self.caller.tenant_id, self.job.course_id)
        near = await vector_store.neighbours(
            connection, self._place(case.space), vector, NEAR_MOST
        )
        return order.judge(replace(case, near=tuple(near)))

    async def _write(
        self,
        connection: asyncpg.Connection,
        slot: int,
        made: Made,
        judged: tuple[Verdict, Case | None, Vector | None],
    ) -> str:
        verdict, case, vector = judged
        passed = made.draft is not None and verdict.passed and made.fault is None
        gate = "" if passed else _gate(verdict)
        caller, now = self.caller, self.caller.tools.now()
        place = caller.place(slot, step_store.GATES)
        traced = Traced(version="", digest=_digest(made.draft))
        outcome = tries.PASSED if passed else tries.dropped(gate)
        if not await step_store.note(connection, place, traced, outcome, now):
            return outcome
        came = (passed, gate, made.tier)
        await store.count_item(connection, caller.tenant_id, self.job.job_id, came, now)
        await caller.bench.go_on(connection)
        labels = {"tier": made.tier, "gate": gate or "passed"}
        caller.tools.meters.count("generation_items_total", labels)
        if passed:
            candidate = self._candidate(slot, made, verdict)
            await staging.stage(connection, caller.tenant_id, [candidate], now)
            if case is not None and vector is not None:
                await self._keep_vector(connection, candidate, case, vector)
        return outcome

    async def _keep_vector(
        self, connection: asyncpg.Connection, candidate: Candidate, case: Case, vector: Vector
    ) -> None:
        """So that the next ones are compared with it."""
        row = vector_store.Vectored(
            subject_id=candidate.candidate_id,
            digest=vector_store.digest_of(_text(case.draft)),
            vector=vector,
            staged=True,
        )
        now = self.caller.tools.now()
        await vector_store.put(connection, self._place(case.space), [row], now)

    def _place(self, space: str) -> vector_store.Place:
        return vector_store.Place(
            tenant_id=self.caller.tenant_id, course_id=self.job.course_id, space=space
        )

    def _candidate(self, slot: int, made: Made, verdict: Verdict) -> Candidate:
        assert made.draft is not None, "it has passed"
        job, draft = self.job, made.draft
        labels = Labels(
            title=draft.title,
            skills=(job.brief.skill,),
            level=job.brief.level,
            language=job.brief.language,
            difficulty=job.brief.difficulty,
        )
        card = Card(
            job_id=job.job_id,
            tier=made.tier,
            provider=made.provider,
            model=made.model,
            prompts=made.prompts or {},
            source_digest=hashlib.sha256(job.source.encode()).hexdigest(),
            upload_id=job.upload_id,
            quote=draft.quote,
            gates=verdict.findings,
            tokens=made.tokens,
            cost_micros=made.cost_micros,
            generated_at_ms=round(self.caller.tools.now().timestamp() * 1000),
        )
        return Candidate(
            candidate_id=CandidateId(self.caller.tools.new_id()),
            course_id=job.course_id,
            origin="generated",
            item=New(kind=draft.kind, labels=labels, content=draft.content, key=draft.key),
            risk=verdict.risk,
            card=card,
            job_id=job.job_id,
            slot=slot,
        )


def _paid(made: Made, got: step_store.Kept) -> Made:
    """With one step more of the models; who wrote last is named."""
    return replace(
        made,
        tier="strong" if got.tier == "strong" else "small",
        provider=got.provider,
        model=got.model,
        tokens=made.tokens + got.tokens,
        cost_micros=made.cost_micros + got.cost_micros,
        prompts=prompts.VERSIONS,
    )


def _schema(code: str) -> Finding:
    return Finding(gate="schema", passed=False, code=code)


def _gate(verdict: Verdict) -> str:
    """Which gate turned it down."""
    failed = [one.gate for one in verdict.findings if not one.passed]
    return failed[-1] if failed else tries.NOTHING


def _text(draft: Draft) -> str:
    return vector_store.text_of(draft.title, draft.content, draft.key)


def _digest(draft: Draft | None) -> bytes:
    return hashlib.sha256(msgspec.json.encode(draft, order="sorted")).digest()
