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
    """What a school may set; `reviewers` look at an item of the factory that is risky or of the sample: two, or one where there is one."""

    reviewers: int = 2
