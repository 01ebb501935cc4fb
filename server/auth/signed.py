"""Addresses that carry their own right: one method on one object until a moment, sealed by a key of the ring."""

import re
from dataclasses import dataclass
from typing import Literal

from server.auth.keys import KeyRing
from server.problems import Refusal

ROOT = "/objects"
PURPOSE = b"object"
# A part of a file that comes, or all of one that is here.
WHOLE = "all"
ADDRESS_MAX_CHARS = 400
# The end of an address to look at something is rounded, so that a page that asks again soon finds it in the browser's cache.
VIEW_SECONDS = 300
STEP_SECONDS = 60

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ADDRESS = re.compile(
    rf"(?P<claim>{ROOT}/(?P<tenant>{_UUID})/(?P<upload>{_UUID})/(?P<part>all|[0-9]{{1,5}})"
    r"/(?P<size>[0-9]{1,12})/(?P<until>[0-9]{1,12}))"
    r"/(?P<key>[0-9a-f]{1,32})/(?P<code>[0-9a-f]{64})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What an address lets its bearer do; `until` is in seconds since 1970."""

    method: Literal["GET", "PUT"]
    tenant_id: str
    upload_id: str
    part: int | None
    size: int
    until: int


def address(keys: KeyRing, grant: Grant) -> str:
    """The address, relative to the server."""
    part = WHOLE if grant.part is None else str(grant.part)
    claim = f"{ROOT}/{grant.tenant_id}/{grant.upload_id}/{part}/{grant.size}/{grant.until}"
    key_id, code = keys.mac(PURPOSE, _sealed(grant.method, claim))
    return f"{claim}/{key_id}/{code.hex()}"


def to_view(keys: KeyRing, tenant_id: str, file: tuple[str, int], now_s: int) -> str:
    """The address at which this file, (upload id, size), is fetched within five minutes."""
    upload_id, size = file
    until = (now_s + VIEW_SECONDS) // STEP_SECONDS * STEP_SECONDS
    return address(
        keys,
        Grant(
            method="GET",
            tenant_id=tenant_id,
            upload_id=upload_id,
            part=None,
            size=size,
            until=until,
        ),
    )


def opened(keys: KeyRing, method: Literal["GET", "PUT"], raw_path: str, now_ms: int) -> Grant:
    """What the address, as it came over the wire, lets do; Refusal when a byte of it is not ours or its time is over."""
    # The seal is over the text itself: two spellings of one address are two addresses, and one of them is forged.
    found = _ADDRESS.fullmatch(raw_path) if len(raw_path) <= ADDRESS_MAX_CHARS else None
    if found is None:
        raise _forged()
    code = bytes.fromhex(found["code"])
    if not keys.check_mac(found["key"], PURPOSE, _sealed(method, found["claim"]), code):
        raise _forged()
    if int(found["until"]) * 1000 <= now_ms:
        raise Refusal("address_expired", "This address is not good any more: ask for a new one.")
    return Grant(
        method=method,
        tenant_id=found["tenant"],
        upload_id=found["upload"],
        part=None if found["part"] == WHOLE else int(found["part"]),
        size=int(found["size"]),
        until=int(found["until"]),
    )


def _sealed(method: str, claim: str) -> bytes:
    return f"{method} {claim}".encode()


def _forged() -> Refusal:
    return Refusal("address_forged", "This address was not given out here.")
