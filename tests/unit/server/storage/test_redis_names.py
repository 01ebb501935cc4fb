"""Keys and URLs of Redis: no value can forge a tag, and every form of URL is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from server.storage.redis import key, place


def test_a_key_carries_its_tag() -> None:
    assert key("roster", t="a1", c="b2") == "{ta1.cb2}:roster"


@given(st.text(), st.text(), st.text())
def test_hostile_names_stay_within_their_tag(tenant: str, class_id: str, name: str) -> None:
    made = key(name, t=tenant, c=class_id)
    tag, rest = made[1:].split("}", 1)
    assert made[0] == "{"
    assert "{" not in tag
    assert tag.count(".") == 1
    assert "{" not in rest
    assert "}" not in rest
    assert key_slot(made.encode()) == key_slot(f"{{{tag}}}".encode())


@given(st.lists(st.tuples(st.text(), st.text()), min_size=2, max_size=2, unique=True))
def test_different_names_make_different_keys(pairs: list[tuple[str, str]]) -> None:
    first, second = (key("x", t=tenant, c=class_id) for tenant, class_id in pairs)
    assert first != second


def test_a_tenant_alone_is_no_tag() -> None:
    with pytest.raises(ValueError, match="more than a tenant"):
        key("roster", t="a")


def test_urls() -> None:
    cluster = place("redis+cluster://me:p%40ss@one:7000,two:7001,[::1]:7002")
    assert cluster.cluster
    assert cluster.hosts == (("one", 7000), ("two", 7001), ("::1", 7002))
    assert (cluster.username, cluster.password) == ("me", "p@ss")
    single = place("rediss://host/3")
    assert (single.hosts, single.database, single.secure) == ((("host", 6379),), 3, True)
    assert place("unix:///run/x.sock").unix_path == "/run/x.sock"
