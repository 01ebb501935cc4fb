"""Whose address a request comes from, as far as our own proxies may be believed."""

import ipaddress
from collections.abc import Collection


def caller(peer: str | None, forwarded_for: str | None, trusted: Collection[str]) -> str:
    """The nearest address that is not a trusted proxy; an IPv6 caller counts by its /64, which is one household."""
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    address = peer or "unknown"
    while address in trusted and hops:
        address = hops.pop()
    return _counted(address)


def _counted(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
