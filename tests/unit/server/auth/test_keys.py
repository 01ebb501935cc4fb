"""Keys turn with an overlap: a new one is known everywhere before it signs, an old one verifies as long as it must."""

from datetime import UTC, datetime, timedelta

from server.auth.keys import KEEP, LEAD, ROTATE_AFTER, Key, is_due, signing, spent

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def key(name: str, signs_from: datetime) -> Key:
    return Key(key_id=name, secret=bytes(32), signs_from=signs_from)


def test_a_key_signs_only_when_its_time_has_come() -> None:
    keys = [key("new", NOW + LEAD), key("old", NOW - ROTATE_AFTER)]
    assert signing(keys, NOW).key_id == "old"
    assert signing(keys, NOW + LEAD).key_id == "new"


def test_a_first_key_signs_even_when_another_node_is_a_little_ahead() -> None:
    assert signing([key("first", NOW + timedelta(seconds=1))], NOW).key_id == "first"


def test_the_next_key_is_due_after_a_week_and_made_once() -> None:
    assert is_due([], NOW)
    assert not is_due([key("a", NOW - ROTATE_AFTER + timedelta(seconds=1))], NOW)
    assert is_due([key("a", NOW - ROTATE_AFTER)], NOW)
    assert not is_due([key("a", NOW - ROTATE_AFTER), key("b", NOW + LEAD)], NOW)


def test_a_key_goes_when_all_that_it_signed_has_expired() -> None:
    old, new = key("old", NOW - timedelta(days=90)), key("new", NOW - KEEP)
    assert spent([new, old], NOW) == [old]
    assert spent([new, old], NOW - timedelta(seconds=1)) == []
    assert spent([old], NOW) == []
