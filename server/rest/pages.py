"""Pages of a list: a signed cursor that remembers where the last one ended, for this caller and this list alone."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec

from server.problems import Refusal
from server.rest import shapes
from server.rest.call import PREFIX, Answer, Call

PURPOSE = b"cursor"
LIMIT = 50
LIMIT_MAX = 200
CODE_BYTES = 16

Thing = TypeVar("Thing")
SortKey = type[str] | type[int] | type[datetime]

_FORMS: Mapping[SortKey, Any] = {
    str: tuple[str, str, str],
    int: tuple[str, int, str],
    datetime: tuple[str, datetime, str],
}


class _Cursor(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    key_id: str
    code: bytes
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a page starts and how long it is."""

    after: tuple[Any, str] | None
    limit: int

    @property
    def fetch(self) -> int:
        """One more than is shown, to know whether there is a next page."""
        return self.limit + 1


def span(call: Call[Any], kind: SortKey) -> Span:
    """What the query asks for; `kind` is the type of the sort key."""
    text = call.query.get("limit", str(LIMIT))
    if (
        not text.isascii()
        or not text.isdigit()
        or not 1 <= int(text[:4]) <= LIMIT_MAX
        or len(text) > 3
    ):
        raise Refusal("bad_query", f"limit is a number from 1 to {LIMIT_MAX}.")
    cursor = call.query.get("cursor")
    return Span(after=None if cursor is None else _open(call, cursor, kind), limit=int(text))


def answer(
    call: Call[Any],
    asked: Span,
    things: Sequence[Thing],
    place: Callable[[Thing], tuple[Any, str]],
    shown: Callable[[Thing], msgspec.Struct],
) -> Answer:
    """One page of the things, which are `asked.fetch` at most; `place` is (sort key, id) of one."""
    items = [shown(one) for one in things[: asked.limit]]
    if len(things) <= asked.limit:
        return Answer(body=shapes.Page(items=items, next_cursor=None))
    cursor = _closed(call, place(things[asked.limit - 1]))
    query = urlencode({**call.query, "cursor": cursor})
    here = PREFIX + call.route.path.format_map(call.params)
    return Answer(
        body=shapes.Page(items=items, next_cursor=cursor),
        headers={"Link": f'<{here}?{query}>; rel="next"'},
    )


def _closed(call: Call[Any], last: tuple[Any, str]) -> str:
    """The cursor after the last thing of a page."""
    payload = msgspec.msgpack.encode((_scope(call), *last))
    key_id, code = call.deps.keys.mac(PURPOSE, payload)
    cursor = msgspec.msgpack.encode(
        _Cursor(key_id=key_id, code=code[:CODE_BYTES], payload=payload)
    )
    return base64.urlsafe_b64encode(cursor).rstrip(b"=").decode("ascii")


def _scope(call: Call[Any]) -> str:
    """The list that a cursor belongs to: route, ids, filters, caller."""
    who = call.principal
    filters = sorted(
        (name, value) for name, value in call.query.items() if name not in ("cursor", "limit")
    )
    parts = [call.route.name, who.tenant_id, who.user_id, *call.params.values()]
    return "|".join(parts + [f"{name}={value}" for name, value in filters])


def _open(call: Call[Any], text: str, kind: SortKey) -> tuple[Any, str]:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.msgpack.decode(data, type=_Cursor)
        scope, key, thing_id = msgspec.msgpack.decode(cursor.payload, type=_FORMS[kind])
    except (msgspec.DecodeError, binascii.Error, ValueError):
        raise _invalid() from None
    ours = len(cursor.code) == CODE_BYTES and call.deps.keys.check_mac(
        cursor.key_id, PURPOSE, cursor.payload, cursor.code
    )
    if not ours or scope != _scope(call):
        raise _invalid()
    return key, thing_id


def _invalid() -> Refusal:
    return Refusal(
        "cursor_invalid",
        "The cursor is not one that this list gave you: start from the first page.",
    )
