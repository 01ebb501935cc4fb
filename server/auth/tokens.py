"""Tokens: issued by PyJWT, verified by one strict road per type.

A token's head must be, byte for byte, the head that we write for its type under one of our keys: there is no header to
interpret, so `alg`, `kid`, `jku`, `crit` and the like have nothing to say. Then the signature, then the claims. That bytes were
signed by us is true for as long as the key is: it is remembered. That they still count never is.
"""

import base64
import binascii
import functools
import hmac
from dataclasses import dataclass
from typing import Literal, TypeVar

import jwt
import msgspec

from lms.identity import ClassRole, Principal, Role
from lms.ids import SessionId, TenantId, UserId
from server.auth.keys import Key, KeyRing
from server.auth.revocations import Revocations
from server.problems import Refusal
from signaling.context import Clock, JoinClaims
from signaling.errors import Refused

ISSUER: Literal["lectern"] = "lectern"
ALGORITHM = "HS256"
ACCESS_SECONDS = 10 * 60
REFRESH_SECONDS = 30 * 24 * 3600
JOIN_SECONDS = 2 * 3600
MAX_CHARS = 4096
# Of a few hundred bytes each, for learners who send answer after answer under one token.
SEEN_MAX = 10_000
# Clocks of two nodes may differ by this much.
LEEWAY_SECONDS = 5

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")

Type = Literal["access", "refresh", "join"]


class _Claims(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every token says; times are seconds since 1970, `iat` to the millisecond."""

    iss: Literal["lectern"]
    sub: str
    tid: str
    sid: str
    iat: float
    exp: int


class Access(_Claims, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opens the API for minutes."""

    aud: Literal["lectern/api"]
    roles: list[Role]


class RefreshClaims(_Claims, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Is changed for the next pair, once: `gen` counts."""

    aud: Literal["lectern/refresh"]
    gen: int


class JoinToken(_Claims, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Opens one class for one person."""

    aud: Literal["lectern/class"]
    cid: str
    name: str
    role: ClassRole


_access = msgspec.json.Decoder(Access)
_refresh = msgspec.json.Decoder(RefreshClaims)
_join = msgspec.json.Decoder(JoinToken)
AnyClaims = TypeVar("AnyClaims", Access, RefreshClaims, JoinToken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """For whom a join token is made."""

    who: Principal
    class_id: str
    name: str
    role: ClassRole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """An access token whose signature was found to be ours, under which key."""

    key: Key
    claims: Access
    who: Principal
    issued_ms: int


class Tokens:
    """Issues and verifies; implements signaling.context.Tokens."""

    def __init__(self, keys: KeyRing, revocations: Revocations, clock: Clock) -> None:
        self._keys = keys
        self._revocations = revocations
        self._clock = clock
        # Two generations: what was asked for in neither is forgotten.
        self._seen: dict[str, _Seen] = {}
        self._seen_before: dict[str, _Seen] = {}

    def access(self, who: Principal) -> str:
        """A token that opens the API for ACCESS_SECONDS."""
        now = self._now()
        claims = Access(
            iss=ISSUER,
            aud="lectern/api",
            sub=who.user_id,
            tid=who.tenant_id,
            sid=who.session_id,
            iat=now,
            exp=int(now) + ACCESS_SECONDS,
            roles=sorted(who.roles),
        )
        return self._issue("access", claims)

    def refresh(self, who: Principal, generation: int, expires_at: float) -> str:
        """The one token that is good for the next pair."""
        claims = RefreshClaims(
            iss=ISSUER,
            aud="lectern/refresh",
            sub=who.user_id,
            tid=who.tenant_id,
            sid=who.session_id,
            iat=self._now(),
            exp=int(expires_at),
            gen=generation,
        )
        return self._issue("refresh", claims)

    def join(self, admitted: Admitted) -> str:
        """A token that opens one class for JOIN_SECONDS."""
        now = self._now()
        claims = JoinToken(
            iss=ISSUER,
            aud="lectern/class",
            sub=admitted.who.user_id,
            tid=admitted.who.tenant_id,
            sid=admitted.who.session_id,
            iat=now,
            exp=int(now) + JOIN_SECONDS,
            cid=admitted.class_id,
            name=admitted.name,
            role=admitted.role,
        )
        return self._issue("join", claims)

    def verify_access(self, token: str) -> Principal:
        """Who calls; Refusal 401 when the token is not good."""
        seen = self._seen.get(token) or self._seen_before.get(token)
        # The signature of these very bytes under this very key was checked before; whether they still count is asked each time.
        if seen is None or self._keys.find(seen.key.key_id) is not seen.key:
            seen = self._looked_at(token)
        claims = seen.claims
        self._check_time(claims)
        if self._revocations.voided(claims.sid, claims.sub, seen.issued_ms):
            raise _revoked()
        return seen.who

    def _looked_at(self, token: str) -> "_Seen":
        key, claims = self._opened("access", token, _access)
        who = Principal(
            tenant_id=TenantId(claims.tid),
            user_id=UserId(claims.sub),
            session_id=SessionId(claims.sid),
            roles=frozenset(claims.roles),
        )
        seen = _Seen(key=key, claims=claims, who=who, issued_ms=_ms(claims.iat))
        if len(self._seen) >= SEEN_MAX:
            self._seen_before, self._seen = self._seen, {}
        self._seen[token] = seen
        return seen

    def verify_refresh(self, token: str) -> RefreshClaims:
        """What a refresh token says; whether its generation is the latest is for the session to say."""
        return self._verify("refresh", token, _refresh)

    def verify_join(self, token: str) -> JoinClaims:
        """Raise signaling.errors.Refused when the token is not good."""
        try:
            claims = self._verify("join", token, _join)
            self._check_revoked(claims)
        except Refusal as refusal:
            raise Refused(refusal.message, code=refusal.code) from None
        if self._revocations.class_voided(claims.sub, claims.cid, _ms(claims.iat)):
            raise Refused("You are not of this class any more.", code="token_revoked")
        return JoinClaims(
            tenant_id=claims.tid,
            class_id=claims.cid,
            user_id=claims.sub,
            session_id=claims.sid,
            name=claims.name,
            role=claims.role,
            expires_at=float(claims.exp),
            issued_at=claims.iat,
        )

    def _now(self) -> float:
        return self._clock.wall_ms() / 1000

    def _issue(self, kind: Type, claims: msgspec.Struct) -> str:
        key = self._keys.current
        return jwt.encode(
            msgspec.to_builtins(claims),
            key.secret,
            algorithm=ALGORITHM,
            headers=_head(key.key_id, kind),
        )

    def _verify(self, kind: Type, token: str, form: msgspec.json.Decoder[AnyClaims]) -> AnyClaims:
        _, claims = self._opened(kind, token, form)
        self._check_time(claims)
        return claims

    def _opened(
        self, kind: Type, token: str, form: msgspec.json.Decoder[AnyClaims]
    ) -> tuple[Key, AnyClaims]:
        key, payload = self._signed_payload(kind, token)
        try:
            return key, form.decode(payload)
        except msgspec.DecodeError:
            raise _invalid() from None

    def _check_time(self, claims: _Claims) -> None:
        now = self._now()
        if claims.iat > now + LEEWAY_SECONDS:
            raise _invalid()
        if claims.exp <= now:
            raise Refusal("token_expired", "The token has expired.")

    def _signed_payload(self, kind: Type, token: str) -> tuple[Key, bytes]:
        if len(token) > MAX_CHARS or not token.isascii() or token.count(".") != 2:
            raise _invalid()
        end, middle = token.rindex("."), token.index(".")
        key = self._key_of(token[:middle], kind)
        raw = token.encode("ascii")
        code = hmac.digest(key.secret, raw[:end], "sha256")
        # The code in the letters of tokens; whatever else stands for the same bits is not ours.
        expected = binascii.b2a_base64(code, newline=False).translate(_TO_URL).rstrip(b"=")
        if not hmac.compare_digest(expected, raw[end + 1 :]):
            raise _invalid()
        # The signature is ours, so the payload has the form that we gave it.
        return key, binascii.a2b_base64(raw[middle + 1 : end].translate(_FROM_URL) + b"==")

    def _key_of(self, head: str, kind: Type) -> Key:
        key = self._keys.find(_key_id(head))
        if key is None or head != _encoded_head(key.key_id, kind):
            raise _invalid()
        return key

    def _check_revoked(self, claims: Access | JoinToken) -> None:
        if self._revocations.voided(claims.sid, claims.sub, _ms(claims.iat)):
            raise _revoked()


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """All that is read of a token's head: which of our keys to compare it under."""

    kid: str


def _head(key_id: str, kind: Type) -> dict[str, str]:
    return {"kid": key_id, "typ": f"lectern-{kind}+jwt"}


@functools.lru_cache(maxsize=64)
def _key_id(head: str) -> str:
    """Which key a head names; a name that no key has where it names none."""
    try:
        said = msgspec.json.decode(
            base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)), type=_Head
        )
    except (msgspec.DecodeError, ValueError):
        return ""
    return said.kid


@functools.lru_cache(maxsize=64)
def _encoded_head(key_id: str, kind: Type) -> str:
    """The head of every token of this type under this key; it does not depend on the secret."""
    sample = jwt.encode({}, bytes(32), algorithm=ALGORITHM, headers=_head(key_id, kind))
    return sample.split(".")[0]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _revoked() -> Refusal:
    return Refusal("token_revoked", "This sign-in has ended.")


def _invalid() -> Refusal:
    return Refusal("token_invalid", "The token is not valid.")
