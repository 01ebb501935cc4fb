"""A school, and what it may set."""

from dataclasses import dataclass

from lms.ids import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One school; an inactive one lets nobody in."""

    tenant_id: TenantId
    slug: str
    name: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a school may set.

    `reviewers` look at an item of the factory that is risky or of the sample: two, or one where there is one. From `band_low_milli` to
    `band_high_milli` is the chance of a right answer that lessons of the tutor aim at.
    """

    reviewers: int = 2
    band_low_milli: int = 700
    band_high_milli: int = 850
