"""What signalling may ask of an SFU node, and what it hears back; msgpack by msgspec, one tagged union each way.

A room is one class: its name is "<tenant_id>.<class_id>". A peer is one person in a room, by user id; a person has at
most one publishing and one receiving connection, and a new one replaces the old. Beside these a person may have a few
players without a page (WHEP), each a peer "<user_id>~<player>". A track is "<user_id>/<source>".
"""

from typing import Literal

import msgspec

Source = Literal["mic", "camera", "screen", "screen_audio"]
Direction = Literal["publish", "subscribe"]
PLAYER_MARK = "~"


def player_name(user: str, player: str) -> str:
    """The peer that is one player of a person."""
    return f"{user}{PLAYER_MARK}{player}"


class _Request(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    room: str
    peer: str


class Publish(_Request, frozen=True, kw_only=True, tag=True):
    """The browser's offer for its sending connection; m-line i carries sources[i]. Answered by Answer."""

    sdp: str
    sources: list[Source]


class Subscribe(_Request, frozen=True, kw_only=True, tag=True):
    """Open the receiving connection. Answered by Offer (n = 1 of a new connection)."""


class SubscribeAnswer(_Request, frozen=True, kw_only=True, tag=True):
    """The browser's answer to offer n; an old n is ignored. Answered by Done."""

    n: int
    sdp: str


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One track and the width in device pixels at which it is shown."""

    track: str
    width: int


class Want(_Request, frozen=True, kw_only=True, tag=True):
    """All that the browser shows now. A video track not named is not sent. Answered by Done."""

    tracks: list[Wanted]


class SetSource(_Request, frozen=True, kw_only=True, tag=True):
    """Forward this source of the peer or stop forwarding it (mute that the server enforces). Done."""

    source: Source
    on: bool


class WhipPublish(_Request, frozen=True, kw_only=True, tag=True):
    """WHIP (RFC 9725): first audio m-line is mic, first video m-line is camera. Answered by Answer."""

    sdp: str


class WhepPlay(_Request, frozen=True, kw_only=True, tag=True):
    """WHEP: the client offers recvonly m-lines and gets the tracks of `publisher`. Answered by Answer."""

    sdp: str
    publisher: str


class Hangup(_Request, frozen=True, kw_only=True, tag=True):
    """Close one connection of a peer, or both; "all" ends the person's players too. Answered by Done, also when there
    was none; only a player that is not there is refused.
    """

    direction: Literal["publish", "subscribe", "both", "all"]


class CloseRoom(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The class is over. Answered by Done."""

    room: str


Request = (
    Publish
    | Subscribe
    | SubscribeAnswer
    | Want
    | SetSource
    | WhipPublish
    | WhepPlay
    | Hangup
    | CloseRoom
)


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The SDP answer."""

    sdp: str


class Offer(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The SDP offer number n of a receiving connection."""

    n: int
    sdp: str


class Done(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It is so."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """It is not so; `code` is an SfuError's, the message a sentence."""

    code: str
    message: str


Reply = Answer | Offer | Done | Refusal


class _Notification(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    room: str


class Reoffer(_Notification, frozen=True, kw_only=True, tag=True):
    """The receiving connection of `peer` needs more slots: pass this offer on."""

    peer: str
    n: int
    sdp: str


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One m-line of a receiving connection; `paused` when the budget or the publisher leaves it without packets."""

    mid: str
    track: str | None
    paused: bool


class Slots(_Notification, frozen=True, kw_only=True, tag=True):
    """What plays in the slots of `peer` now."""

    peer: str
    slots: list[Slot]


class Speakers(_Notification, frozen=True, kw_only=True, tag=True):
    """Who speaks, loudest first; sent on a change."""

    peers: list[str]


class Link(_Notification, frozen=True, kw_only=True, tag=True):
    """How the receiving link of `peer` is; sent on a change of state."""

    peer: str
    estimate_bps: int
    state: Literal["good", "slow", "audio_only"]


class Lost(_Notification, frozen=True, kw_only=True, tag=True):
    """A connection of `peer` failed or fell silent for 3 s; it is closed here."""

    peer: str
    direction: Direction


Notification = Reoffer | Slots | Speakers | Link | Lost

encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode
decode_reply = msgspec.msgpack.Decoder(Reply).decode
decode_notification = msgspec.msgpack.Decoder(Notification).decode
