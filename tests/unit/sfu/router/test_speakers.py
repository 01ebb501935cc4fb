"""Speakers: who talks is listed soon, stays through a pause between words, and does not flicker."""

from sfu.router.speakers import Speakers


def talk(speakers: Speakers, peer: str, level: int, start: float, seconds: float) -> float:
    for i in range(int(seconds * 10)):
        speakers.hear(peer, level, start + i / 10)
        speakers.update(start + i / 10)
    return start + seconds


def test_a_voice_is_a_speaker_within_half_a_second() -> None:
    speakers = Speakers()
    talk(speakers, "ann", 20, 0, 0.5)
    assert speakers.order == ["ann"]


def test_noise_and_silence_are_not_speech() -> None:
    speakers = Speakers()
    talk(speakers, "ann", 70, 0, 5)
    talk(speakers, "ben", 127, 5, 5)
    assert speakers.order == []


def test_a_pause_between_words_changes_nothing_and_silence_ends_it() -> None:
    speakers = Speakers()
    now = talk(speakers, "ann", 20, 0, 1)
    assert not speakers.update(now + 0.5)
    assert speakers.update(now + 2)
    assert speakers.order == []


def test_two_equal_voices_keep_their_places() -> None:
    speakers = Speakers()
    changes = 0
    for i in range(200):
        speakers.hear("ann", 25 + i % 3, i / 10)
        speakers.hear("ben", 25 + (i + 1) % 3, i / 10)
        changes += speakers.update(i / 10)
    assert set(speakers.order) == {"ann", "ben"}
    assert changes <= 2


def test_a_clearly_louder_voice_comes_first() -> None:
    speakers = Speakers()
    now = talk(speakers, "ann", 45, 0, 1)
    for i in range(20):
        speakers.hear("ann", 45, now + i / 10)
        speakers.hear("zoe", 15, now + i / 10)
        speakers.update(now + i / 10)
    assert speakers.order == ["zoe", "ann"]


def test_who_is_muted_speaks_no_more() -> None:
    speakers = Speakers()
    now = talk(speakers, "ann", 20, 0, 1)
    speakers.forget("ann")
    assert speakers.update(now)
    assert speakers.order == []
