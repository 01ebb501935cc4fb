"""Tokens: what we sign opens what it is for, and nothing else does."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from lms.identity import Principal
from lms.ids import SessionId, TenantId, UserId
from server.auth import tokens
from server.auth.keys import Key, KeyRing
from server.auth.revocations import Revocation, Revocations
from server.auth.tokens import (
    ACCESS_SECONDS,
    JOIN_SECONDS,
    Admitted,
    Tokens,
)
from server.problems import Refusal, status_of
from signaling.errors import Refused

WHO = Principal(
    tenant_id=TenantId("018f3a5e-0000-7000-8000-000000000001"),
    user_id=UserId("018f3a5e-0000-7000-8000-000000000002"),
    session_id=SessionId("018f3a5e-0000-7000-8000-000000000003"),
    roles=frozenset({"teacher", "student"}),
)
CLASS = "018f3a5e-0000-7000-8000-000000000004"
ADMITTED = Admitted(who=WHO, class_id=CLASS, name="Amara Okafor", role="teacher")


class DrivenClock:
    def __init__(self) -> None:
        self.now_ms = 1_790_000_000_000

    def wall_ms(self) -> int:
        return self.now_ms

    def monotonic(self) -> float:
        return self.now_ms / 1000


class NoDatabase:
    """Tokens are signed and verified without one."""

    @asynccontextmanager
    async def transaction(self, tenant_id: str | None) -> AsyncIterator[asyncpg.Connection]:
        raise AssertionError("tokens touch no table")
        yield


class NoChannels:
    async def publish(self, channel: str, payload: bytes) -> None:
        """Nobody hears it."""

    async def subscribe(self, channel: str, hear: Callable[[bytes], None]) -> None:
        """Nobody speaks."""

    async def unsubscribe(self, channel: str) -> None:
        """Nobody spoke."""

    def healthy(self) -> bool:
        return False


class Bench:
    def __init__(self) -> None:
        self.clock = DrivenClock()
        database = NoDatabase()
        self.keys = KeyRing(database, self.clock)
        self.keys.hold([self.key("k1", -3600), self.key("k2", -60)])
        self.revocations = Revocations(database, NoChannels(), self.clock)
        self.tokens = Tokens(self.keys, self.revocations, self.clock)

    def key(self, name: str, since_seconds: float) -> Key:
        at = datetime.fromtimestamp(self.clock.wall_ms() / 1000 + since_seconds, UTC)
        return Key(key_id=name, secret=hashlib.sha256(name.encode()).digest(), signs_from=at)

    async def revoke(self, kind: Any, subject: str, class_id: str | None = None) -> None:
        one = Revocation(
            revocation_id=f"{kind}{subject}{self.clock.wall_ms()}",
            kind=kind,
            tenant_id=WHO.tenant_id,
            subject_id=subject,
            class_id=class_id,
            noted_ms=self.clock.wall_ms(),
        )
        await self.revocations.announce([one])


@pytest.fixture
def bench() -> Bench:
    return Bench()


def b64(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign(head: dict[str, Any], claims: Any, secret: bytes, digest: Any = hashlib.sha256) -> str:
    text = f"{b64(json.dumps(head, separators=(',', ':')))}.{b64(json.dumps(claims, separators=(',', ':')))}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), digest))}"


def resigned(token: str, secret: bytes, **claims: Any) -> str:
    """The token with other claims, under our own head and key: only the claims can be wrong."""
    head, body, _ = token.split(".")
    changed = {**json.loads(unb64(body)), **claims}
    changed = {name: value for name, value in changed.items() if value is not ...}
    text = f"{head}.{b64(json.dumps(changed))}"
    return f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"


def test_an_access_token_says_who_calls(bench: Bench) -> None:
    assert bench.tokens.verify_access(bench.tokens.access(WHO)) == WHO


def test_a_join_token_says_who_comes_into_which_class(bench: Bench) -> None:
    claims = bench.tokens.verify_join(bench.tokens.join(ADMITTED))
    assert (claims.tenant_id, claims.user_id, claims.session_id) == (
        WHO.tenant_id,
        WHO.user_id,
        WHO.session_id,
    )
    assert (claims.class_id, claims.name, claims.role) == (CLASS, "Amara Okafor", "teacher")
    assert claims.expires_at == bench.clock.wall_ms() // 1000 + JOIN_SECONDS


def test_a_refresh_token_carries_its_generation(bench: Bench) -> None:
    token = bench.tokens.refresh(WHO, 3, bench.clock.wall_ms() / 1000 + 60)
    claims = bench.tokens.verify_refresh(token)
    assert (claims.sid, claims.gen) == (WHO.session_id, 3)


def test_a_token_of_the_key_before_still_opens(bench: Bench) -> None:
    token = bench.tokens.access(WHO)
    bench.keys.hold([bench.key("k2", -60), bench.key("k3", -1)])
    assert bench.tokens.verify_access(token) == WHO
    bench.keys.hold([bench.key("k3", -1)])
    with pytest.raises(Refusal):
        bench.tokens.verify_access(token)


def test_a_token_ends_with_its_time(bench: Bench) -> None:
    token = bench.tokens.access(WHO)
    bench.clock.now_ms += ACCESS_SECONDS * 1000 - 1000
    bench.tokens.verify_access(token)
    bench.clock.now_ms += 1000
    with pytest.raises(Refusal) as refusal:
        bench.tokens.verify_access(token)
    assert refusal.value.code == "token_expired"


async def test_an_ended_sign_in_voids_its_tokens(bench: Bench) -> None:
    access, join = bench.tokens.access(WHO), bench.tokens.join(ADMITTED)
    await bench.revoke("session", WHO.session_id)
    with pytest.raises(Refusal) as refusal:
        bench.tokens.verify_access(access)
    assert refusal.value.code == "token_revoked"
    with pytest.raises(Refused) as refused:
        bench.tokens.verify_join(join)
    assert refused.value.code == "token_revoked"


async def test_new_roles_void_what_was_given_before_and_not_what_comes_after(bench: Bench) -> None:
    before = bench.tokens.access(WHO)
    await bench.revoke("user", WHO.user_id)
    with pytest.raises(Refusal):
        bench.tokens.verify_access(before)
    bench.clock.now_ms += 1
    assert bench.tokens.verify_access(bench.tokens.access(WHO)) == WHO


async def test_who_is_taken_out_of_a_class_keeps_the_rest(bench: Bench) -> None:
    join = bench.tokens.join(ADMITTED)
    await bench.revoke("class", WHO.user_id, CLASS)
    with pytest.raises(Refused):
        bench.tokens.verify_join(join)
    assert bench.tokens.verify_access(bench.tokens.access(WHO)) == WHO


HEAD = {"alg": "HS256", "kid": "k2", "typ": "lectern-access+jwt"}
Forge = Callable[[Bench, str, bytes], str]


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    head, body, signature = token.split(".")
    return json.loads(unb64(head)), json.loads(unb64(body)), signature


def with_head(**more: Any) -> Forge:
    def forge(_: Bench, token: str, secret: bytes) -> str:
        head, claims, _signature = parts(token)
        changed = {k: v for k, v in {**head, **more}.items() if v is not ...}
        return sign(changed, claims, secret)

    return forge


def with_claims(**more: Any) -> Forge:
    return lambda _, token, secret: resigned(token, secret, **more)


def swapped(signature: Callable[[str], str]) -> Forge:
    def forge(_: Bench, token: str, __: bytes) -> str:
        head, body, old = token.split(".")
        return f"{head}.{body}.{signature(old)}"

    return forge


FORGED: dict[str, Forge] = {
    "nothing": lambda *_: "",
    "a word": lambda *_: "token",
    "dots": lambda *_: "..",
    "two parts": lambda _, token, __: token.rsplit(".", 1)[0],
    "four parts": lambda _, token, __: token + ".x",
    "no signature": swapped(lambda _: ""),
    "another signature": swapped(lambda old: old[::-1]),
    "a cut signature": swapped(lambda old: old[:-1]),
    "a padded signature": swapped(lambda old: old + "="),
    "a signature with loose bits": swapped(
        lambda old: old[:-1] + chr(ord(old[-1]) + 1 if old[-1] not in "9zZ" else ord(old[-1]) - 1)
    ),
    "space around it": lambda _, token, __: f" {token}\n",
    "not ascii": lambda _, token, __: token + "é",
    "huge": lambda _, token, __: token + "A" * 100_000,
    "alg none": lambda _, token, __: (
        f"{b64(json.dumps({**HEAD, 'alg': 'none'}))}.{token.split('.')[1]}."
    ),
    "alg None, unsigned": lambda _, token, __: (
        f"{b64(json.dumps({**HEAD, 'alg': 'None'}))}.{token.split('.')[1]}.AAAA"
    ),
    "alg HS384": lambda _, token, secret: sign(
        {**HEAD, "alg": "HS384"}, parts(token)[1], secret, hashlib.sha384
    ),
    "alg HS512": lambda _, token, secret: sign(
        {**HEAD, "alg": "HS512"}, parts(token)[1], secret, hashlib.sha512
    ),
    "alg RS256 signed by HMAC": with_head(alg="RS256"),
    "alg ES256 signed by HMAC": with_head(alg="ES256"),
    "alg hs256": with_head(alg="hs256"),
    "no alg": with_head(alg=...),
    "no kid": with_head(kid=...),
    "an unknown kid": with_head(kid="k9"),
    "the other key's kid": with_head(kid="k1"),
    "kid as a path": with_head(kid="../../../dev/null"),
    "kid as SQL": with_head(kid="k2' OR '1'='1"),
    "kid as a list": with_head(kid=["k2"]),
    "kid as an object": with_head(kid={"k2": 1}),
    "kid null": with_head(kid=None),
    "signed by the empty key": lambda _, token, __: sign(HEAD, parts(token)[1], b""),
    "signed by the kid": lambda _, token, __: sign(HEAD, parts(token)[1], b"k2"),
    "jku": with_head(jku="https://evil.test/jwks.json"),
    "x5u": with_head(x5u="https://evil.test/cert.pem"),
    "jwk": with_head(jwk={"kty": "oct", "k": "AAAA"}),
    "x5c": with_head(x5c=["AAAA"]),
    "crit": with_head(crit=["exp"]),
    "zip": with_head(zip="DEF"),
    "b64 false": with_head(b64=False),
    "another typ": with_head(typ="JWT"),
    "no typ": with_head(typ=...),
    "the head in another order": lambda _, token, secret: sign(
        dict(reversed(list(parts(token)[0].items()))), parts(token)[1], secret
    ),
    "the head with space": lambda _, token, secret: (
        lambda text: f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"
    )(f"{b64(json.dumps(HEAD, indent=1))}.{token.split('.')[1]}"),
    "a refresh token": lambda bench, _, __: bench.tokens.refresh(WHO, 1, 2e9),
    "a join token": lambda bench, _, __: bench.tokens.join(ADMITTED),
    "a join token under the head of access": lambda bench, token, secret: sign(
        parts(token)[0], parts(bench.tokens.join(ADMITTED))[1], secret
    ),
    "another issuer": with_claims(iss="evil"),
    "no issuer": with_claims(iss=...),
    "another audience": with_claims(aud="lectern/class"),
    "several audiences": with_claims(aud=["lectern/api", "x"]),
    "no audience": with_claims(aud=...),
    "no subject": with_claims(sub=...),
    "a subject that is a number": with_claims(sub=7),
    "no tenant": with_claims(tid=...),
    "no session": with_claims(sid=...),
    "no end": with_claims(exp=...),
    "an end in words": with_claims(exp="tomorrow"),
    "an end that is infinite": with_claims(exp=float("inf")),
    "an end in the past": with_claims(exp=1),
    "an end below zero": with_claims(exp=-1),
    "issued in the future": with_claims(iat=1_790_009_999.0),
    "no time of issue": with_claims(iat=...),
    "roles that are none": with_claims(roles=["root"]),
    "roles in a string": with_claims(roles="admin"),
    "a claim that we do not know": with_claims(nbf=0),
    "claims that are a list": lambda _, token, secret: sign(parts(token)[0], [], secret),
    "claims that are not JSON": lambda _, token, secret: (
        lambda text: f"{text}.{b64(hmac.digest(secret, text.encode(), hashlib.sha256))}"
    )(f"{token.split('.')[0]}.{b64('not json')}"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_opens_nothing(bench: Bench, name: str) -> None:
    secret = bench.key("k2", 0).secret
    forged = FORGED[name](bench, bench.tokens.access(WHO), secret)
    with pytest.raises(Refusal) as refusal:
        bench.tokens.verify_access(forged)
    assert status_of(refusal.value) == 401


def test_a_changed_byte_opens_nothing(bench: Bench) -> None:
    token = bench.tokens.join(ADMITTED)
    for place in range(len(token)):
        other = "A" if token[place] != "A" else "B"
        with pytest.raises(Refused):
            bench.tokens.verify_join(token[:place] + other + token[place + 1 :])


async def test_a_token_that_was_seen_before_is_still_asked_whether_it_counts(bench: Bench) -> None:
    token = bench.tokens.access(WHO)
    for _ in range(3):
        assert bench.tokens.verify_access(token) == WHO
    await bench.revoke("session", WHO.session_id)
    with pytest.raises(Refusal) as refused:
        bench.tokens.verify_access(token)
    assert refused.value.code == "token_revoked"


def test_a_token_that_was_seen_before_ends_with_its_time_and_with_its_key(bench: Bench) -> None:
    token = bench.tokens.access(WHO)
    assert bench.tokens.verify_access(token) == WHO
    bench.keys.hold([bench.key("k3", -30)])
    with pytest.raises(Refusal):
        bench.tokens.verify_access(token)
    bench.keys.hold([bench.key("k1", -3600), bench.key("k2", -60)])
    assert bench.tokens.verify_access(token) == WHO
    bench.clock.now_ms += ACCESS_SECONDS * 1000
    with pytest.raises(Refusal) as refused:
        bench.tokens.verify_access(token)
    assert refused.value.code == "token_expired"


def test_no_more_tokens_are_remembered_than_fit(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "SEEN_MAX", 3)
    for _ in range(20):
        bench.clock.now_ms += 1000
        assert bench.tokens.verify_access(bench.tokens.access(WHO)) == WHO
    assert len(bench.tokens._seen) + len(bench.tokens._seen_before) <= 6
