"""A file that a person sends: what is known of it; its bytes are in the object store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lms.ids import ClassId, UploadId, UserId

State = Literal["started", "ready", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file as its sender names it, before any rule has looked at it."""

    name: str
    type: str
    size_bytes: int
    class_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file from its announcement on; `digest` is there when all of it is.

    The digest is the SHA-256 of a file of one part, and of the SHA-256 of its parts in their order when there are more.
    """

    upload_id: UploadId
    user_id: UserId
    name: str
    type: str
    size_bytes: int
    state: State
    class_id: ClassId | None
    digest: str | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of a file that is sent by one request."""

    number: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What a person has in the store: the bytes of what is there or announced, and how many files are announced only."""

    size_bytes: int
    started: int
