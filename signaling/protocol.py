"""Every message of the class wire: the one source of docs/protocol.md and web/src/protocol/messages.ts.

A client event is acknowledged with `Ok` or `Failed`; the same `id` again gets the same answer.
A logged event reaches browsers as `Event`; what is not logged reaches them as `Notice`.
"""

import re
from typing import Annotated, Literal, get_args

import msgspec

from lms import identity
from sfu import commands
from signaling.errors import BadMessage

CHAT_TEXT_MAX_BYTES = 2048
MESSAGE_MAX_BYTES = 64 * 1024
JSON_MAX_DEPTH = 12
ID_MAX_CHARS = 64
SDP_MAX_CHARS = 60_000
WANTS_MAX = 64

ClassRole = identity.ClassRole
Source = commands.Source
# What JavaScript can count to; whatever a browser says beyond it is no number of ours.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Reaction = Literal["yes", "no", "applause", "laugh", "heart", "think"]


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Root of what a browser may send."""


# --- What a browser sends ---------------------------------------------------------------------


class Command(Message, frozen=True, kw_only=True):
    """Root of what is decided by the owner and logged; `id` makes a repeat harmless."""

    id: str


class ChatSend(Command, tag_field="event", tag="chat.send", frozen=True, kw_only=True):
    """Say something to the whole class; plain text, 1 to 2048 bytes of UTF-8."""

    text: str


class ChatDelete(Command, tag_field="event", tag="chat.delete", frozen=True, kw_only=True):
    """Take a message back (its author or a teacher); `message` is the seq of its event."""

    message: Number


class HandRaise(Command, tag_field="event", tag="hand.raise", frozen=True, kw_only=True):
    """Raise one's own hand; it takes the last place in the queue."""


class HandLower(Command, tag_field="event", tag="hand.lower", frozen=True, kw_only=True):
    """Lower one's own hand, or, as a teacher, another person's."""

    user: str | None = None


class TrackSet(Command, tag_field="event", tag="track.set", frozen=True, kw_only=True):
    """Say that one's own source is on or off (muted)."""

    source: Source
    on: bool


class PersonMute(Command, tag_field="event", tag="person.mute", frozen=True, kw_only=True):
    """A teacher switches another person's source off; only that person can switch it on."""

    user: str
    source: Source


class PersonRole(Command, tag_field="event", tag="person.role", frozen=True, kw_only=True):
    """A teacher gives another person of the class a role."""

    user: str
    role: ClassRole


class PersonRemove(Command, tag_field="event", tag="person.remove", frozen=True, kw_only=True):
    """A teacher removes a person, who cannot come in again for an hour."""

    user: str


class ClassLeave(Command, tag_field="event", tag="class.leave", frozen=True, kw_only=True):
    """Leave for good (closing the tab without it is noticed by the heartbeat)."""


class ChatTyping(Message, tag_field="event", tag="chat.typing", frozen=True, kw_only=True):
    """Somebody is typing; not logged, coalesced."""


class ReactionSend(Message, tag_field="event", tag="reaction.send", frozen=True, kw_only=True):
    """A reaction that floats by; not logged."""

    kind: Reaction


class Beat(Message, tag_field="event", tag="beat", frozen=True, kw_only=True):
    """The heartbeat, once a second; silent for 3 s means away, for 10 s more means left."""


class MediaPublish(Message, tag_field="event", tag="media.publish", frozen=True, kw_only=True):
    """The offer of the sending connection; its m-lines are, in order, `sources`."""

    id: str
    sdp: str
    sources: list[Source]


class MediaSubscribe(Message, tag_field="event", tag="media.subscribe", frozen=True, kw_only=True):
    """Ask for the receiving connection: the server answers with `media.offer`; a new one replaces the old."""

    id: str


class MediaAnswer(Message, tag_field="event", tag="media.answer", frozen=True, kw_only=True):
    """The answer to offer `n`; an old `n` is ignored."""

    n: Number
    sdp: str


class Want(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One track and the width, in device pixels, at which it is shown."""

    track: str
    width: Number


class MediaWant(Message, tag_field="event", tag="media.want", frozen=True, kw_only=True):
    """What this browser shows now; a video track that is not named is not sent."""

    tracks: list[Want]


ClientCommand = (
    ChatSend
    | ChatDelete
    | HandRaise
    | HandLower
    | TrackSet
    | PersonMute
    | PersonRole
    | PersonRemove
    | ClassLeave
)
ClientMessage = (
    ClientCommand
    | ChatTyping
    | ReactionSend
    | Beat
    | MediaPublish
    | MediaSubscribe
    | MediaAnswer
    | MediaWant
)


MESSAGES: dict[str, type[ClientMessage]] = {
    kind.__struct_config__.tag: kind for kind in get_args(ClientMessage)
}
_ID = re.compile(f"[!-~]{{1,{ID_MAX_CHARS}}}")


def parse(event: str, body: object) -> ClientMessage:
    """The message that a browser sent as `event` with `body`; raises BadMessage."""
    kind = MESSAGES.get(event)
    if kind is None:
        raise BadMessage("There is no such message.")
    try:
        message: ClientMessage = msgspec.convert({} if body is None else body, kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise BadMessage(f"{event} does not have the right form: {error}") from error
    _check(message)
    return message


def _check(message: ClientMessage) -> None:
    """What types alone do not say."""
    if isinstance(message, (Command, MediaPublish, MediaSubscribe)) and not _ID.fullmatch(
        message.id
    ):
        raise BadMessage(f"An id has 1 to {ID_MAX_CHARS} visible ASCII characters.")
    if isinstance(message, (MediaPublish, MediaAnswer)) and len(message.sdp) > SDP_MAX_CHARS:
        raise BadMessage(f"An SDP has at most {SDP_MAX_CHARS} characters.")
    if isinstance(message, MediaPublish) and len(set(message.sources)) != len(message.sources):
        raise BadMessage("Each source can be published once.")
    if isinstance(message, MediaWant) and len(message.tracks) > WANTS_MAX:
        raise BadMessage(f"At most {WANTS_MAX} tracks can be wanted.")


# --- What the server answers ------------------------------------------------------------------


class Ok(msgspec.Struct, frozen=True, kw_only=True):
    """Done and durable; `seq` is the event's number where one was logged, `sdp` an answer."""

    ok: Literal[True] = True
    seq: int | msgspec.UnsetType = msgspec.UNSET
    sdp: str | msgspec.UnsetType = msgspec.UNSET


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing happened; `code` is stable, `message` is a sentence for people."""

    ok: Literal[False] = False
    code: str
    message: str


# --- What the server sends: `event` ------------------------------------------------------------


class PersonJoined(msgspec.Struct, frozen=True, kw_only=True):
    """A person came in (again)."""

    user: str
    name: str
    role: ClassRole


class PersonLeft(msgspec.Struct, frozen=True, kw_only=True):
    """A person went: left by themselves, was lost, or was removed."""

    user: str
    reason: Literal["left", "lost", "removed"]


class RoleGiven(msgspec.Struct, frozen=True, kw_only=True):
    """A person has another role now."""

    user: str
    role: ClassRole


class ChatSaid(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody said something; the message's id is the event's seq."""

    user: str
    name: str
    text: str


class ChatDeleted(msgspec.Struct, frozen=True, kw_only=True):
    """A message was taken back; its text is gone from every later snapshot and replay."""

    message: int


class ClassFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is there; where to fetch it, each browser asks by itself: GET /uploads/{id}."""

    id: str
    name: str
    type: str
    size: int


class UploadReady(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody has sent a file to the class; it is a line of the chat, and is taken back like one."""

    user: str
    name: str
    file: ClassFile


class HandRaised(msgspec.Struct, frozen=True, kw_only=True):
    """A hand went up, at the end of the queue."""

    user: str


class HandLowered(msgspec.Struct, frozen=True, kw_only=True):
    """A hand went down."""

    user: str


class TrackChanged(msgspec.Struct, frozen=True, kw_only=True):
    """A person's source is on or off; `by` of the event says who did it."""

    user: str
    source: Source
    on: bool


class QuizPosed(msgspec.Struct, frozen=True, kw_only=True):
    """There is a quick quiz; what it asks, each browser asks by itself: GET /quizzes/{id}."""

    quiz: str


class QuizRevealed(msgspec.Struct, frozen=True, kw_only=True):
    """The key of a quiz and the counts may be seen now."""

    quiz: str


class ClassClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The class is over for everyone."""


EventData = (
    PersonJoined
    | PersonLeft
    | RoleGiven
    | ChatSaid
    | ChatDeleted
    | UploadReady
    | HandRaised
    | HandLowered
    | TrackChanged
    | QuizPosed
    | QuizRevealed
    | ClassClosed
)


EVENT_TYPES: dict[str, type[EventData]] = {
    "person.joined": PersonJoined,
    "person.left": PersonLeft,
    "person.role": RoleGiven,
    "chat.said": ChatSaid,
    "chat.deleted": ChatDeleted,
    "upload.ready": UploadReady,
    "hand.raised": HandRaised,
    "hand.lowered": HandLowered,
    "track.changed": TrackChanged,
    "quiz.posed": QuizPosed,
    "quiz.revealed": QuizRevealed,
    "class.closed": ClassClosed,
}
TYPE_OF_EVENT = {kind: name for name, kind in EVENT_TYPES.items()}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One logged event; the class of `data` is `EVENT_TYPES[type]`.

    `at` is server time in milliseconds since 1970; `by` is a user id, or "class" for the class itself.
    """

    epoch: int
    seq: int
    type: str
    at: int
    by: str
    data: EventData


# --- What the server sends: `snapshot`, `replay` ------------------------------------------------


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """One person who is in the class."""

    user: str
    name: str
    role: ClassRole
    joined_at: int
    tracks: list[Source]


class ChatLine(msgspec.Struct, frozen=True, kw_only=True):
    """One chat message, or a file with its name as `text`; `text` is null, and no file there, once it was deleted."""

    seq: int
    at: int
    user: str
    name: str
    text: str | None
    file: ClassFile | msgspec.UnsetType = msgspec.UNSET


class Hand(msgspec.Struct, frozen=True, kw_only=True):
    """One raised hand; their order in the list is the order of the queue."""

    user: str
    at: int


class QuizNow(msgspec.Struct, frozen=True, kw_only=True):
    """The latest quiz of the class."""

    quiz: str
    revealed: bool


class State(msgspec.Struct, frozen=True, kw_only=True):
    """The class as a joiner sees it; `chat` holds the latest 200 messages."""

    closed: bool
    people: list[Person]
    chat: list[ChatLine]
    hands: list[Hand]
    quiz: QuizNow | None


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The state after event `seq`; `you` and `heartbeat_ms` are for this browser alone."""

    epoch: int
    seq: int
    you: str
    server_time: int
    heartbeat_ms: int
    away: list[str]
    state: State


class Replay(msgspec.Struct, frozen=True, kw_only=True):
    """What was missed since the (epoch, seq) that the browser resumed from, in order."""

    epoch: int
    seq: int
    you: str
    server_time: int
    heartbeat_ms: int
    away: list[str]
    events: list[Event]


# --- What the server sends: `notice` -------------------------------------------------------------


class TypingNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="typing"):
    """These people are typing."""

    users: list[str]


class ReactionNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="reaction"):
    """A reaction floats by."""

    user: str
    kind: Reaction


class PresenceNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="presence"):
    """Somebody's link is lost for the moment (away), or is back."""

    user: str
    away: bool


class SpeakersNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="speakers"):
    """Who speaks now, loudest first."""

    users: list[str]


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One m-line of the receiving connection; `track` is null while it is empty."""

    mid: str
    track: str | None
    user: str | None
    source: Source | None
    paused: bool


class SlotsNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="media.slots"):
    """What plays in the slots of this browser's receiving connection."""

    slots: list[Slot]


class LinkNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="media.link"):
    """How this browser's receiving link is: bits per second that fit, and what was left out."""

    estimate_bps: int
    state: Literal["good", "slow", "audio_only"]


class MediaLostNotice(
    msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="media.lost"
):
    """A media connection is gone (node died, path lost): publish and subscribe anew."""

    direction: Literal["publish", "subscribe", "both"]


class ReplacedNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="replaced"):
    """The same person joined from elsewhere; this connection ends and must not come back by itself."""


class EndedNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="ended"):
    """This connection ends: removed, signed out, or the class closed. Do not come back by yourself."""

    reason: Literal["removed", "signed_out", "closed"]


class ResumeNotice(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="resume"):
    """Come back after `delay_ms` (full jitter on top): the node drains or this reader was too slow."""

    delay_ms: int


NoticeData = (
    TypingNotice
    | ReactionNotice
    | PresenceNotice
    | SpeakersNotice
    | SlotsNotice
    | LinkNotice
    | MediaLostNotice
    | ReplacedNotice
    | EndedNotice
    | ResumeNotice
)


class MediaOffer(msgspec.Struct, frozen=True, kw_only=True):
    """The server's offer for the receiving connection: sent as `media.offer`, answered by `media.answer`."""

    n: int
    sdp: str


class Connect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The auth of the CONNECT packet: the join token and, when resuming, where from."""

    token: str
    epoch: Number | None = None
    seq: Number | None = None


class ConnectRefusal(msgspec.Struct, frozen=True, kw_only=True):
    """`data` of a refused CONNECT."""

    code: str
    retry_ms: int | None = None
