"""◇ What the nodes of a class write to each other: questions to the owner, and frames on the channel of the class."""

import msgspec

from sfu import commands as sfu
from signaling import protocol as wire
from signaling.classroom.files import Announce
from signaling.classroom.quizzes import Tell
from signaling.context import JoinClaims
from signaling.errors import Busy, SignalingError
from signaling.media.negotiation import MediaMessage
from signaling.routing.place import Place

# --- Questions to the owner ---------------------------------------------------------------------


class JoinAsk(msgspec.Struct, frozen=True, kw_only=True, tag="join"):
    """A person at the door of an edge; `epoch` and `seq` when the same page comes back with its state."""

    place: Place
    edge: str
    claims: JoinClaims
    epoch: int | None
    seq: int | None


class CommandAsk(msgspec.Struct, frozen=True, kw_only=True, tag="command"):
    """A command by a person of the class."""

    place: Place
    by: str
    command: wire.ClientCommand


class CloseAsk(msgspec.Struct, frozen=True, kw_only=True, tag="close"):
    """The class is over, says `by`."""

    place: Place
    by: str


class AnnounceAsk(msgspec.Struct, frozen=True, kw_only=True, tag="announce"):
    """A file of `by` is there for the class."""

    place: Place
    by: str
    command: Announce


class QuizAsk(msgspec.Struct, frozen=True, kw_only=True, tag="quiz"):
    """`by` has posed a quiz, or shown its key."""

    place: Place
    by: str
    command: Tell


class RemoveAsk(msgspec.Struct, frozen=True, kw_only=True, tag="remove"):
    """This person may no longer be in the class, or signed out."""

    place: Place
    user: str
    removed: bool


class WordAsk(msgspec.Struct, frozen=True, kw_only=True, tag="word"):
    """Something that is not logged."""

    place: Place
    by: str
    word: wire.ChatTyping | wire.ReactionSend


class MediaAsk(msgspec.Struct, frozen=True, kw_only=True, tag="media"):
    """A person's question to the SFU of the class."""

    place: Place
    by: str
    message: MediaMessage


class BroadcastAsk(msgspec.Struct, frozen=True, kw_only=True, tag="broadcast"):
    """WHIP and WHEP: a program's question to the SFU in the name of the person of the token."""

    place: Place
    claims: JoinClaims
    request: sfu.Request


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One connection at an edge and how long it has been silent."""

    user: str
    connection: int
    silent_ms: int


class ReportAsk(msgspec.Struct, frozen=True, kw_only=True, tag="report"):
    """Once a second from each edge: whose browsers it hears, and that it is there."""

    place: Place
    edge: str
    heard: list[Heard]


Ask = (
    JoinAsk
    | CommandAsk
    | CloseAsk
    | AnnounceAsk
    | QuizAsk
    | RemoveAsk
    | WordAsk
    | MediaAsk
    | BroadcastAsk
    | ReportAsk
)


# --- The owner's answers ------------------------------------------------------------------------


class Joined(msgspec.Struct, frozen=True, kw_only=True, tag="joined"):
    """In: the state as JSON, or the events that were missed when these are few; both as of `seq`."""

    epoch: int
    seq: int
    connection: int
    role: wire.ClassRole
    away: list[str]
    media_lost: bool
    state: bytes | None
    events: list[bytes] | None


class Decided(msgspec.Struct, frozen=True, kw_only=True, tag="decided"):
    """It is so; `seq` where an event was logged."""

    seq: int | None


class MediaReply(msgspec.Struct, frozen=True, kw_only=True, tag="media"):
    """What the SFU said."""

    reply: sfu.Reply


class Reported(msgspec.Struct, frozen=True, kw_only=True, tag="reported"):
    """How far the log is, and which of the edge's connections count no longer (people with their newer one)."""

    epoch: int
    seq: int
    replaced: list[tuple[str, int]]


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag="refusal"):
    """It is not so."""

    code: str
    message: str


class NotOwner(msgspec.Struct, frozen=True, kw_only=True, tag="not_owner"):
    """Ask somebody else: this node does not own the class."""


Reply = Joined | Decided | MediaReply | Reported | Refusal | NotOwner


# --- On the channel of the class ----------------------------------------------------------------


class EventFrame(msgspec.Struct, frozen=True, kw_only=True, tag="event"):
    """One committed event as the finished frame; who left, and why, is said beside it."""

    origin: str
    epoch: int
    seq: int
    kind: str
    left: str | None
    reason: str | None
    frame: bytes


class NoticeFrame(msgspec.Struct, frozen=True, kw_only=True, tag="notice"):
    """Something that is not logged, for these people, or for all; `latest` names what a newer one makes stale."""

    origin: str
    users: list[str] | None
    latest: str | None
    frame: bytes


class Replaced(msgspec.Struct, frozen=True, kw_only=True, tag="replaced"):
    """Of this person only this connection counts."""

    origin: str
    user: str
    connection: int


class OwnerIs(msgspec.Struct, frozen=True, kw_only=True, tag="owner"):
    """Another node owns the class now."""

    origin: str
    epoch: int


Frame = EventFrame | NoticeFrame | Replaced | OwnerIs

encode = msgspec.msgpack.Encoder().encode
decode_ask = msgspec.msgpack.Decoder(Ask).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
decode_frame = msgspec.msgpack.Decoder(Frame).decode


def raise_refusal(reply: Reply) -> None:
    """Raise what the owner refused."""
    match reply:
        case Refusal(code=code, message=message):
            raise SignalingError(message, code=code)
        case NotOwner():
            raise Busy("The class cannot be reached right now.", code="class_unreachable")
