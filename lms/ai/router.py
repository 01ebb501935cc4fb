"""Which model is asked next, or how long to wait, or that it is over: from the tier, who is well, and what was tried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lms.ai.asks import AwayReason, ModelTier, RefusedReason, Tried, TryOutcome
from lms.ai.breaker import Health
from lms.ai.model import Brief
from lms.ai.providers import Model, Providers

# Calls for one ask, and how many of them may bring an answer that is none.
TRIES_MAX = 5
WRONG_MAX = 2
# One model is asked so often again when it was busy or failed; after a wrong or late answer never.
SAME_MAX = 3

WRONG: Mapping[TryOutcome, RefusedReason] = {
    "garbage": "garbage",
    "schema": "schema",
    "truncated": "truncated",
    "huge": "huge",
    "declined": "declined",
}
AGAIN: frozenset[TryOutcome] = frozenset({"busy", "failed"})

# What an outcome says of its provider: one that answers is well, even if the answer is of no use.
HEALTH: Mapping[TryOutcome, Health] = {
    "ok": "ok",
    "busy": "ok",
    "failed": "error",
    "slow": "slow",
    "garbage": "error",
    "schema": "ok",
    "truncated": "ok",
    "huge": "error",
    "declined": "ok",
    "denied": "error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a provider stands: when it may be asked, whether that is an open breaker, and whether all its places are taken."""

    from_at: float = 0.0
    broken: bool = False
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Ask this model now."""

    model: Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Everybody who is left wants to be left alone until then."""

    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """Nobody is asked any more; why."""

    refused: RefusedReason | None = None
    away: AwayReason | None = None


Next = Call | Wait | Over


def tier_for(brief: Brief) -> ModelTier:
    """Scenarios and what is hard need the strong models; variations do not."""
    return "strong" if brief.scenario or brief.difficulty >= 75 else "small"


def candidates(providers: Providers, tier: ModelTier, unlike: str = "") -> tuple[Model, ...]:
    """Who may answer, in the order they are asked: strong falls to small, small never climbs, the one it is to be unlike comes last."""
    wanted = providers.of_tier(tier)
    below = providers.of_tier("small") if tier == "strong" else ()
    return tuple(sorted((*wanted, *below), key=lambda model: model.name == unlike))


def next_step(
    models: Sequence[Model],
    standings: Mapping[str, Standing],
    tried: Sequence[Tried],
    now: float,
    until: float,
    *,
    affordable: bool = True,
) -> Next:
    """What to do now; `until` is when the whole ask has to be over, `affordable` whether one more call is within its allowance."""
    if not models:
        return Over(away="no_models")
    wrong = [WRONG[one.outcome] for one in tried if one.outcome in WRONG]
    left = [model for model in models if _may_again(model, tried)]
    if len(wrong) >= WRONG_MAX or len(tried) >= TRIES_MAX or not left:
        return _over(wrong)
    if now >= until:
        return _over(wrong, "deadline")
    if not affordable:
        return _over(wrong, "allowance")
    ready = [model for model in left if standings[model.provider].from_at <= now]
    if ready:
        return Call(model=_first(ready, standings, tried))
    return _later(left, standings, until) or _over(wrong)


def _may_again(model: Model, tried: Sequence[Tried]) -> bool:
    """Whether this model can still help: it was at most busy or failing, and not too often."""
    own = [one.outcome for one in tried if (one.provider, one.model) == _who(model)]
    return len(own) < SAME_MAX and all(outcome in AGAIN for outcome in own)


def _first(
    ready: Sequence[Model], standings: Mapping[str, Standing], tried: Sequence[Tried]
) -> Model:
    """The one tried least, of those the one with a free place, of those the first of the file."""
    calls = [(one.provider, one.model) for one in tried]
    return min(ready, key=lambda one: (calls.count(_who(one)), standings[one.provider].full))


def _later(left: Sequence[Model], standings: Mapping[str, Standing], until: float) -> Wait | None:
    """Those that are busy are waited for while there is time; those whose breaker is open are not: the rules are at hand."""
    times = [
        standings[model.provider].from_at for model in left if not standings[model.provider].broken
    ]
    soonest = min(times, default=until)
    return Wait(until=soonest) if soonest < until else None


def _over(wrong: Sequence[RefusedReason], away: AwayReason = "providers") -> Over:
    return Over(refused=wrong[-1]) if wrong else Over(away=away)


def _who(model: Model) -> tuple[str, str]:
    return model.provider, model.name
