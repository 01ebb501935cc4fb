"""A school."""

from dataclasses import dataclass

from lms.ids import TenantId


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One school; an inactive one lets nobody in."""

    tenant_id: TenantId
    slug: str
    name: str
    active: bool
