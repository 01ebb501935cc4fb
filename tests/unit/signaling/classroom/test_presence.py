"""Away after 3 s of silence, lost after 10 s more; of a person's connections the newest counts."""

from signaling.classroom.presence import Presence, Swept


def test_silence_is_away_then_lost() -> None:
    presence = Presence()
    number = presence.connect("ann", 1000, now=0.0)
    assert presence.sweep(2.9).away == []
    assert presence.sweep(3.0).away == ["ann"]
    assert presence.sweep(3.5).away == []
    assert presence.away() == ["ann"]
    assert presence.hear("ann", number, 4.0)
    assert presence.sweep(4.0).back == ["ann"]
    assert presence.away() == []
    assert presence.sweep(16.9).lost == []
    assert presence.sweep(17.0).lost == ["ann"]


def test_an_old_connection_counts_no_longer() -> None:
    presence = Presence()
    old = presence.connect("ann", 1000, now=0.0)
    new = presence.connect("ann", 900, now=1.0)
    assert new > old
    assert not presence.hear("ann", old, 2.0)
    assert presence.hear("ann", new, 2.0)
    assert presence.connection_of("ann") == new


def test_a_new_owner_learns_which_connection_counts() -> None:
    presence = Presence()
    presence.expect("ann", now=0.0)
    assert presence.hear("ann", 7, 0.5)
    assert presence.hear("ann", 9, 0.5)
    assert not presence.hear("ann", 7, 0.6)
    assert presence.connect("ann", 5, now=1.0) == 10


def test_nobody_is_replaced_by_a_sign_of_life_of_who_has_left() -> None:
    assert Presence().hear("gone", 1, 0.0)


def test_what_nobody_could_hear_is_nobodys_silence() -> None:
    presence = Presence()
    presence.connect("ann", 1000, now=0.0)
    presence.connect("bob", 1000, now=9.0)
    presence.excuse(10.0, now=12.0)
    assert presence.sweep(12.0) == Swept(away=[], back=[], lost=[])
    assert presence.sweep(13.0).away == ["ann"]
    assert presence.sweep(15.0).away == ["bob"]
