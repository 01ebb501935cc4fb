"""SDP: what Chromium really offers is read, rid and simulcast included; what is no description is refused in words."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfu import negotiation
from sfu.errors import BadOffer
from sfu.transport import sdp
from sfu.types import Local

HERE = Path(__file__).parent
OFFER = (HERE / "chromium_simulcast_vp8.sdp").read_text()
OFFER_H264 = (HERE / "chromium_simulcast_h264.sdp").read_text()
MAX = 65_536


def local() -> Local:
    return Local(
        leg=1,
        ufrag="abcd1234",
        password="0123456789abcdef01234567",
        fingerprint="AA:BB",
        candidates=(("192.0.2.7", 7882), ("127.0.0.1", 7882)),
        session=42,
        ssrc_base=0x10000,
    )


def test_chromiums_layers_codecs_and_extensions_are_read() -> None:
    described = sdp.parse(OFFER, MAX)
    audio, video = described.media
    assert video.rids == ("q", "h", "f")
    assert [(c.name, c.payload_type, c.rtx) for c in video.codecs] == [("vp8", 96, 97)]
    assert [(c.name, c.payload_type) for c in audio.codecs] == [("opus", 111)]
    assert video.extensions[sdp.RID] == 10
    assert audio.extensions[sdp.TRANSPORT_CC] == 3
    assert described.remote.fingerprints[0][0] == "sha-256"


def test_h264_is_taken_in_packetization_mode_1_and_baseline() -> None:
    video = sdp.parse(OFFER_H264, MAX).media[1]
    assert {c.name for c in video.codecs} == {"h264"}
    assert {c.profile for c in video.codecs} <= {"42001f", "42e01f"}


def test_the_answer_takes_the_layers_and_is_passive_and_lite() -> None:
    described = sdp.parse(OFFER, MAX)
    lines = negotiation.incoming(described, ["mic", "camera"])
    answer = negotiation.publish_answer(local(), described, lines, 1)
    for line in (
        "a=ice-lite",
        "a=setup:passive",
        "a=simulcast:recv q;h;f",
        "a=rid:h recv",
        "a=rtcp-fb:96 transport-cc",
        "a=rtcp-fb:96 nack pli",
        "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1",
        "a=candidate:1 1 udp 2130706431 192.0.2.7 7882 typ host",
        "a=group:BUNDLE 0 1",
    ):
        assert f"{line}\r\n" in answer
    assert sdp.parse(answer, MAX).remote.ufrag == "abcd1234"


def test_an_m_line_that_sends_nothing_is_rejected_in_its_place() -> None:
    described = sdp.parse(OFFER.replace("a=sendonly", "a=recvonly", 1), MAX)
    lines = negotiation.incoming(described, ["mic", "camera"])
    answer = sdp.parse(negotiation.publish_answer(local(), described, lines, 1), MAX)
    assert [m.rejected for m in answer.media] == [True, False]


def test_our_offer_can_be_read_and_names_every_slot_once() -> None:
    slots = negotiation.new_slots(local(), "audio", range(2), [1, 2])
    slots += negotiation.new_slots(local(), "video", range(3), [3, 4, 5])
    described = sdp.parse(negotiation.subscribe_offer(local(), slots, 1), MAX)
    assert [m.mid for m in described.media] == ["a0", "a1", "v0", "v1", "v2"]
    ssrcs = [m.ssrc for m in described.media] + [m.rtx_ssrc for m in described.media if m.rtx_ssrc]
    assert len(set(ssrcs)) == len(ssrcs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0",
        "hello",
        "m=audio",
        OFFER * 30,
        OFFER.replace("a=ice-pwd", "a=x"),
        OFFER.replace("a=fingerprint", "a=x"),
        OFFER.replace("a=setup:actpass", "a=setup:perhaps"),
        OFFER.replace("a=mid:1", "a=mid:0"),
        OFFER.replace("a=mid:1", "a=mid:" + "x" * 40),
        OFFER.replace("m=audio 9", "m=audio nine"),
        OFFER.replace("96 97", "96 999"),
        OFFER + "a=ssrc:1 cname:x\n" * 600,
        "v=0\n" + "m=audio 9 RTP/AVP 0\n" * 100,
        OFFER + "a=rtcp-fb:* nack\n" * 17,
        OFFER + "".join(f"a=rtpmap:{number % 128} A/9\n" for number in range(129)),
    ],
)
def test_what_is_no_description_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(BadOffer, match=r"\.$"):
        sdp.parse(text, MAX)


@pytest.mark.parametrize("sources", [["mic"], ["mic", "mic"], ["camera", "mic"]])
def test_sources_must_fit_the_m_lines(sources: list[str]) -> None:
    with pytest.raises(BadOffer):
        negotiation.incoming(sdp.parse(OFFER, MAX), sources)  # type: ignore[arg-type]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mangled_offer_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    lines = OFFER.splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        cut = data.draw(st.integers(0, len(lines[at])))
        lines[at] = lines[at][:cut] + data.draw(st.text(max_size=12)) + lines[at][cut + 1 :]
    try:
        described = sdp.parse("\n".join(lines), MAX)
        taken = negotiation.incoming(described, ["mic", "camera"])
        negotiation.publish_answer(local(), described, taken, 1)
        for line in taken:
            if line is not None:
                negotiation.source_row(1, 1, None, line)
    except BadOffer:
        pass
