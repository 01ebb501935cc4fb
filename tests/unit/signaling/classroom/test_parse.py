"""What a browser sends becomes a message or a clear refusal; never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling import protocol as wire
from signaling.classroom.namespace import parse_connect
from signaling.errors import BadMessage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def test_a_good_message() -> None:
    message = wire.parse("chat.send", {"id": "a-1", "text": "hi"})
    assert message == wire.ChatSend(id="a-1", text="hi")
    assert wire.parse("beat", None) == wire.parse("beat", {}) == wire.Beat()


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("connect", {}),
        ("chat.send", None),
        ("chat.send", []),
        ("chat.send", "text"),
        ("chat.send", {"id": "1"}),
        ("chat.send", {"id": "1", "text": 5}),
        ("chat.send", {"id": "1", "text": "a", "more": 1}),
        ("chat.send", {"id": "", "text": "a"}),
        ("chat.send", {"id": "x" * 65, "text": "a"}),
        ("chat.send", {"id": "a b", "text": "a"}),
        ("chat.send", {"id": "a\u0000", "text": "a"}),
        ("chat.send", {"id": "1", "text": "a", "event": "hand.raise"}),
        ("person.role", {"id": "1", "user": "u", "role": "owner"}),
        ("track.set", {"id": "1", "source": "mic", "on": 1}),
        ("media.publish", {"id": "1", "sdp": "v" * 60_001, "sources": []}),
        ("media.publish", {"id": "1", "sdp": "v", "sources": ["mic", "mic"]}),
        ("media.answer", {"n": "1", "sdp": ""}),
        ("media.answer", {"n": 2**64, "sdp": ""}),
        ("media.answer", {"n": -1, "sdp": ""}),
        ("media.want", {"tracks": [{"track": "t", "width": 2**53}]}),
        ("media.want", {"tracks": [{"track": "t", "width": -1}]}),
        ("chat.delete", {"id": "1", "message": 2**70}),
        ("media.want", {"tracks": [{"track": "t", "width": 1}] * 65}),
        ("reaction.send", {"kind": "boo"}),
    ],
    ids=lambda value: None if isinstance(value, str) else "",
)
def test_a_bad_message(event: str, body: object) -> None:
    with pytest.raises(BadMessage) as caught:
        wire.parse(event, body)
    assert caught.value.code == "bad_message"


@given(st.sampled_from(sorted(wire.MESSAGES)), JSON)
def test_anything_is_a_message_or_refused(event: str, body: object) -> None:
    try:
        message = wire.parse(event, body)
    except BadMessage:
        return
    assert isinstance(message, wire.MESSAGES[event])


@pytest.mark.parametrize(
    "auth",
    [
        None,
        {},
        {"token": 5},
        {"token": "t", "seq": -1},
        {"token": "t", "seq": 1.5},
        {"token": "t", "seq": 2**53},
        {"token": "t", "seq": True},
        {"token": "t", "epoch": -(2**70), "seq": 1},
        {"token": "t", "epoch": "1"},
        {"token": "t", "more": 1},
    ],
)
def test_a_forged_place_to_resume_from_is_refused(auth: object) -> None:
    with pytest.raises(BadMessage):
        parse_connect(auth)
