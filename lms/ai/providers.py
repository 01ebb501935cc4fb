"""The file of model providers: read, held against its rules, and every fault told in one line that names the field."""

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

import msgspec

from lms.ai.asks import VECTOR_DIMENSIONS, ModelTier
from lms.ai.breaker import PATIENCE_MOST_S

FileTier = Literal["small", "strong", "embedding"]
# How a provider is told the shape of an answer: by a schema that it holds the model to, by a promise of JSON, or in words alone.
AnswerForm = Literal["json_schema", "json_object", "text"]
LimitField = Literal["max_tokens", "max_completion_tokens"]
KeyHeader = Literal["authorization", "api-key"]
EnvName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}(?!\n)$")]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,99}(?!\n)$")]
Price = Annotated[float, msgspec.Meta(ge=0, le=100_000)]
# Whoever calls out would stumble over anything else.
URL = re.compile(r"[!-~]{1,2000}")


class ProvidersFault(ValueError):
    """The file cannot be used; the message is one line and repeats no key."""


class Secret:
    """A key that is shown by nothing: not by repr, str, format, or a log line."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself, for the request that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Somebody who answers in the manner of OpenAI, and what in its manner differs.

    `limit_field` is the name it has for the most tokens of an answer, `api_version` goes into each URL where it is told, `ca_file`
    has the certificates that are believed in place of the public ones, and `proxy` the URL of what stands between.
    """

    name: str
    base_url: str
    at_once: int
    limit_field: LimitField = "max_completion_tokens"
    answer_form: AnswerForm = "json_schema"
    key_header: KeyHeader = "authorization"
    api_version: str = ""
    ca_file: str = ""
    key: Secret = field(default=Secret(""), repr=False, compare=False)
    proxy: Secret = field(default=Secret(""), repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model of a provider and what its tokens cost.

    `dimensions` is what an embedding model is asked for (0: it is not asked), `patience_s` how long a call may take (None: as all).
    """

    provider: str
    name: str
    tier: FileTier
    micros_in: float = 0.0
    micros_out: float = 0.0
    dimensions: int = 0
    patience_s: float | None = None

    def cost_micros(self, tokens_in: int, tokens_out: int) -> int:
        """What so many tokens cost, rounded up."""
        return -int(-(tokens_in * self.micros_in + tokens_out * self.micros_out) // 1)

    @property
    def space(self) -> str:
        """Which vectors of it can be compared with which."""
        return f"{self.name}:{self.dimensions}" if self.dimensions else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Providers:
    """All that the file says, in its order: the first of a tier is asked first."""

    providers: tuple[Provider, ...] = ()
    models: tuple[Model, ...] = ()

    def of_tier(self, tier: ModelTier) -> tuple[Model, ...]:
        """The models of a tier, from the top."""
        return tuple(model for model in self.models if model.tier == tier)

    def embedding(self) -> tuple[Model, ...]:
        """The embedding model that is used, at each provider that has it: another model is another space."""
        all_of = [model for model in self.models if model.tier == "embedding"]
        return tuple(model for model in all_of if model.space == all_of[0].space)


class _ProviderEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    base_url: str
    key_env: EnvName | None = None
    key_header: KeyHeader = "authorization"
    at_once: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    limit_field: LimitField = "max_completion_tokens"
    answer_form: AnswerForm = "json_schema"
    api_version: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,40}(?!\n)$")] = ""
    ca_file: Annotated[str, msgspec.Meta(pattern=r"^/[^\x00-\x1f]{1,400}(?!\n)$")] = ""
    proxy_env: EnvName | None = None


class _ModelEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    provider: Name
    name: Name
    tier: FileTier
    micros_in: Price = 0.0
    micros_out: Price = 0.0
    dimensions: Annotated[int, msgspec.Meta(ge=1, le=VECTOR_DIMENSIONS)] | None = None
    patience_s: Annotated[float, msgspec.Meta(ge=0.1, le=PATIENCE_MOST_S)] | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    provider: Annotated[tuple[_ProviderEntry, ...], msgspec.Meta(max_length=20)] = ()
    model: Annotated[tuple[_ModelEntry, ...], msgspec.Meta(max_length=100)] = ()


def parse(text: str, environ: Mapping[str, str]) -> Providers:
    """What the file says, with the keys that it names taken from the environment; raises ProvidersFault."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise ProvidersFault(f"it is no TOML: {error}") from None
    except msgspec.ValidationError as error:
        raise ProvidersFault(_where(str(error))) from None
    providers = tuple(
        _provider(number, entry, environ) for number, entry in enumerate(file.provider, 1)
    )
    _no_doubles([provider.name for provider in providers], "provider", "name")
    names = {provider.name for provider in providers}
    models = tuple(_model(number, entry, names) for number, entry in enumerate(file.model, 1))
    _no_doubles(
        [f"{model.provider} {model.name} {model.tier}" for model in models], "model", "name"
    )
    return Providers(providers=providers, models=models)


def _where(error: str) -> str:
    """`Expected ... - at `$.provider[0].base_url`` as people count: [[provider]] 1, base_url."""
    message, _, path = error.partition(" - at ")
    match = re.fullmatch(r"`\$\.(\w+)(?:\[(\d+)\])?(?:\.(\w+))?.*`", path)
    if match is None:
        return message
    table, index, name = match.groups()
    entry = f"[[{table}]] {int(index) + 1}" if index is not None else table
    return f"{entry}, {name}: {message}" if name else f"{entry}: {message}"


def _provider(number: int, entry: _ProviderEntry, environ: Mapping[str, str]) -> Provider:
    where = f"[[provider]] {number}"
    key = _from_environment(f"{where}, key_env", entry.key_env, environ)
    proxy = _from_environment(f"{where}, proxy_env", entry.proxy_env, environ)
    fault = _url_fault(entry.base_url, has_key=bool(key))
    if fault:
        raise ProvidersFault(f"{where}, base_url: {fault}")
    if proxy and not _is_proxy(proxy.reveal(), entry.base_url):
        raise ProvidersFault(
            f"{where}, proxy_env: {entry.proxy_env} is to hold http://host:port, and the provider to be asked by https"
        )
    return Provider(
        name=entry.name,
        base_url=entry.base_url.rstrip("/"),
        at_once=entry.at_once,
        limit_field=entry.limit_field,
        answer_form=entry.answer_form,
        key_header=entry.key_header,
        api_version=entry.api_version,
        ca_file=entry.ca_file,
        key=key,
        proxy=proxy,
    )


def _from_environment(where: str, name: str | None, environ: Mapping[str, str]) -> Secret:
    """What the variable holds; empty where the file names none."""
    if name is None:
        return Secret("")
    text = environ.get(name, "").strip()
    if not text:
        raise ProvidersFault(f"{where}: the environment has no {name}")
    if not text.isascii() or not text.isprintable():
        raise ProvidersFault(f"{where}: what {name} holds cannot be sent")
    return Secret(text)


def _is_proxy(url: str, base_url: str) -> bool:
    """Whether it is one, and sees nothing of what goes through it: it may have a name and a password, for itself."""
    parts = _parts(url)
    if parts is None:
        return False
    beside = parts.path.strip("/") or parts.query or parts.fragment
    return (
        parts.scheme == "http"
        and bool(parts.hostname)
        and not beside
        and base_url.startswith("https:")
    )


def _url_fault(url: str, *, has_key: bool) -> str:
    """What is wrong with it, never repeating it: somebody may have put a key in there."""
    parts = _parts(url)
    if parts is None:
        return "it is no URL"
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host:
        return "give https://host/path"
    if parts.username is not None or parts.password is not None:
        return "a key does not go in here, but in the variable that key_env names"
    if parts.query or parts.fragment:
        return "nothing comes after its path"
    if parts.scheme == "http" and has_key and not _is_this_machine(host):
        return "a key goes to another machine by https only"
    return ""


def _parts(url: str) -> SplitResult | None:
    """The URL in parts; None where it is none, or its host is almost an address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
        if "[" in parts.netloc or host.rpartition(".")[2].isdecimal():
            ipaddress.ip_address(host)
    except ValueError:
        return None
    return parts if URL.fullmatch(url) else None


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _model(number: int, entry: _ModelEntry, providers: set[str]) -> Model:
    where = f"[[model]] {number}"
    if entry.provider not in providers:
        raise ProvidersFault(f"{where}, provider: there is no [[provider]] of that name")
    if entry.dimensions is not None and entry.tier != "embedding":
        raise ProvidersFault(f"{where}, dimensions: only an embedding model has them")
    return Model(
        provider=entry.provider,
        name=entry.name,
        tier=entry.tier,
        micros_in=entry.micros_in,
        micros_out=entry.micros_out,
        dimensions=entry.dimensions or 0,
        patience_s=entry.patience_s,
    )


def _no_doubles(names: list[str], table: str, name: str) -> None:
    for number, one in enumerate(names, 1):
        if one in names[: number - 1]:
            raise ProvidersFault(f"[[{table}]] {number}, {name}: an entry before has the same")
