"""What a gate is given and what it answers with."""

from dataclasses import dataclass
from typing import Literal

from lms.ai.model import Brief, Draft, Finding, Tier
from lms.attempts.model import Value

# What has to be found out before the next gate can look: a blind answer, or what is like the draft.
Wants = Literal["", "blind", "near"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """What a solver answered who was not shown the key, in the draft's own ids; None where nothing usable came."""

    value: Value | None
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """An item of the bank or of the staging that is like the draft, by the cosine of their vectors (-1 to 1)."""

    subject_id: str
    staged: bool
    cosine: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A draft and all that is known of it.

    `blind`: None before anybody was asked; empty where there is nobody to ask, which only the rules may say.
    `near`: None before anybody looked; the nearest first, of one `space` of vectors.
    """

    brief: Brief
    draft: Draft
    tier: Tier
    source: str = ""
    blind: tuple[Blind, ...] | None = None
    near: tuple[Near, ...] | None = None
    space: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the gates said, up to the first that did not let it pass or could not look yet; `risk` counts once all have looked."""

    findings: tuple[Finding, ...]
    wants: Wants = ""
    risk: int = 100

    @property
    def passed(self) -> bool:
        """Whether a person may see it."""
        return not self.wants and all(one.passed for one in self.findings)
