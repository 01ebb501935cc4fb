"""What the factory asks of models and what comes back; who really calls out stands behind these Protocols."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

import msgspec

from lms.ai.gates import schema
from lms.ai.model import Tier

ModelTier = Literal["small", "strong"]
Role = Literal["system", "user", "assistant"]

# How one call of one model went. Only `ok` has an answer; the rest are tried again or elsewhere, except `personal`.
TryOutcome = Literal[
    "ok",
    "busy",  # 429
    "failed",  # 5xx, or the connection broke
    "slow",  # given up: no whole answer within the patience
    "garbage",  # no JSON
    "schema",  # JSON of another shape
    "truncated",  # the tokens ran out before its end
    "huge",  # more than an answer may have
    "declined",  # the model would not, or a filter stopped it
    "denied",  # the provider does not let us: key, model, request
]
RefusedReason = Literal["garbage", "schema", "truncated", "huge", "declined", "personal"]
AwayReason = Literal["no_models", "providers", "deadline", "allowance"]

VECTOR_DIMENSIONS = 384
# A batch of vectors costs at most so many times what its texts do: who holds a budget sets that much aside.
EMBED_TRIES = 3
SHAPE_WORDS_TOKENS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a prompt. Nothing of a learner may be in it: the gateway looks and refuses."""

    role: Role
    text: str


async def unsaid() -> None:
    """Nobody wants to know when a call leaves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One question to a model, whose answer must have the shape.

    `shape` is a msgspec Struct with `forbid_unknown_fields`: the JSON schema is made from it, and the answer is held against it.
    `max_tokens` is for one answer, `allowance_tokens` for all tries together (none is begun that might pass it; see `most_tokens`),
    `deadline_s` for all of it. `unlike` names the model that wrote what is asked about: another is asked if there is one.
    `leaves` is awaited before each call: what it raises ends the ask, and the call is not made.
    """

    messages: tuple[Message, ...]
    shape: type[msgspec.Struct]
    tier: ModelTier
    max_tokens: int
    allowance_tokens: int
    deadline_s: float = 30.0
    unlike: str = ""
    leaves: Callable[[], Awaitable[None]] = unsaid


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One call of a model as it is to be written down; tokens are counted by us where the provider did not say."""

    provider: str
    model: str
    outcome: TryOutcome
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    took_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ended:
    """What every end of an ask has: the calls it took, all of which may have cost something."""

    tries: tuple[Tried, ...] = ()
    took_ms: int = 0

    @property
    def tokens_in(self) -> int:
        """Of all tries."""
        return sum(tried.tokens_in for tried in self.tries)

    @property
    def tokens_out(self) -> int:
        """Of all tries."""
        return sum(tried.tokens_out for tried in self.tries)

    @property
    def cost_micros(self) -> int:
        """Of all tries."""
        return sum(tried.cost_micros for tried in self.tries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(_Ended):
    """The answer: JSON text that has the shape (`msgspec.json.decode(text, type=shape)` does not fail)."""

    text: str
    tier: Tier
    provider: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(_Ended):
    """Models answered, none as it must be; or the prompt itself may not go out (`personal`). The item is dropped."""

    reason: RefusedReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Away(_Ended):
    """Nobody could be asked: the rules take over, or (`allowance`, `deadline`) the item is dropped or comes later."""

    reason: AwayReason


Outcome = Answered | Refused | Away


class Asks(Protocol):
    """The gateway to the models."""

    def reachable(self, tier: ModelTier) -> bool:
        """Whether a model of this tier, or of the one below it, would be asked now."""
        ...

    async def ask(self, ask: Ask) -> Outcome:
        """Ask, with retries and detours, until an answer has the shape, nobody is left, or the deadline is over; never raises for those."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedded(_Ended):
    """A vector for each text, of VECTOR_DIMENSIONS numbers and of length 1; only those of one `space` can be compared."""

    space: str
    vectors: tuple[tuple[float, ...], ...]


class Embeds(Protocol):
    """What turns texts into vectors: a provider, or our own n-grams."""

    @property
    def space(self) -> str:
        """The space that vectors are of; known before anything is asked."""
        ...

    async def embed(self, texts: Sequence[str]) -> Embedded | Refused | Away:
        """A vector for each text, in order; Refused when one of them may not go out, Away when nobody answers."""
        ...


def prompt_tokens(messages: Sequence[Message], shape: type[msgspec.Struct] | None = None) -> int:
    """How many tokens a prompt has at most in practice: no tokenizer makes more of them than a token for two bytes, and framing.

    The schema of the answer's shape is paid for as well, whether it goes beside the words or within them.
    """
    said = sum(len(message.text.encode()) // 2 + 8 for message in messages) + 8
    return said if shape is None else said + shape_tokens(shape)


@cache
def shape_tokens(shape: type[msgspec.Struct]) -> int:
    """The same for the schema of a shape, and the words that tell of it."""
    return len(msgspec.json.encode(schema.response_schema(shape))) // 2 + SHAPE_WORDS_TOKENS


def most_tokens(
    messages: Sequence[Message],
    max_tokens: int,
    tries: int = 1,
    shape: type[msgspec.Struct] | None = None,
) -> int:
    """What so many calls may cost at most: what a budget has to set aside."""
    return (prompt_tokens(messages, shape) + max_tokens) * tries
