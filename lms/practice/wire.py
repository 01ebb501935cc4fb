"""A lesson that waits in Redis, as what it will be sent as: the head of each item is encoded when it is chosen, its tail once a version."""

from collections.abc import Sequence

import msgspec

from lms.adaptive.model import Chosen, Reason
from lms.questions.model import Content, Kind


class Batch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One element of a learner's list: `versions` are `<question id>.<version>`, `heads` the JSON that stands before what they say.

    Lists are written whole, so it is known then how many are `left` behind it when it is given out.
    """

    practice_id: str
    versions: list[str]
    heads: list[bytes]
    left: int = 0


class _Head(msgspec.Struct, frozen=True):
    id: str
    skills: tuple[str, ...]
    reason: Reason


class _Tail(msgspec.Struct, frozen=True):
    kind: Kind
    content: Content
    pictures: dict[str, str]


_encode = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_unpacker = msgspec.msgpack.Decoder(Batch)


def batch(practice_id: str, chosen: Sequence[Chosen], left: int = 0) -> Batch:
    """The lesson."""
    return Batch(
        practice_id,
        [version_of(one.question_id, one.version) for one in chosen],
        [_head(one) for one in chosen],
        left,
    )


def packed(practice_id: str, chosen: Sequence[Chosen], left: int = 0) -> bytes:
    """The lesson as an element of a list, so many before its end."""
    return _pack(batch(practice_id, chosen, left))


def unpacked(element: bytes) -> Batch:
    """An element; ValueError when it is none."""
    return _unpacker.decode(element)


def version_of(question_id: str, version: int) -> str:
    """The name under which the bytes of a version are kept."""
    return f"{question_id}.{version}"


def parts_of(version: str) -> tuple[str, int]:
    """(question id, version) of such a name; ValueError when it is none."""
    question_id, _, number = version.partition(".")
    return question_id, int(number)


def _head(one: Chosen) -> bytes:
    head = _encode(_Head(id=one.item_id, skills=one.skills, reason=one.reason))
    return head.removesuffix(b"}")


def tail(kind: Kind, content: Content, pictures: dict[str, str]) -> bytes:
    """What a version says, for behind a head and a comma."""
    return _encode(_Tail(kind=kind, content=content, pictures=pictures)).removeprefix(b"{")


def body(batch: Batch, tails: Sequence[bytes]) -> bytes:
    """The answer: heads and tails in turn."""
    parts: list[bytes] = [b""] * (2 * len(tails))
    parts[0::2] = batch.heads
    parts[1::2] = tails
    return b'{"practice_id":"%b","items":[%b]}' % (batch.practice_id.encode(), b",".join(parts))
