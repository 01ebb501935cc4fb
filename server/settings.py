"""Every setting of Lectern as one frozen struct: config/*.toml, then LECTERN_* of the environment; wrong ones stop the start."""

import ipaddress
import os
import re
import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_type_hints

import msgspec

from lms.ai.providers import Providers, ProvidersFault, parse

PREFIX = "LECTERN_"
# These speak to the scripts of config/ and to the tests, not to the server.
OF_THE_TOOLS = frozenset(
    {"LECTERN_PYTHON", "LECTERN_CHROMIUM", "LECTERN_TEST_WORKERS", "LECTERN_FAIL_AT"}
)
RETIRE_WEEKS_MIN = 40
CONFIG_DIR = Path(__file__).resolve().parent.parent / "config"

Meta = msgspec.Meta
Port = Annotated[int, Meta(ge=0, le=65535)]
Millis = Annotated[int, Meta(ge=1, le=3_600_000)]
Seconds = Annotated[int, Meta(ge=1, le=31_536_000)]


class StoreUrl(NamedTuple):
    """A store's URL in parts; `hosts` may be several, which urllib's own reader refuses where one is in brackets."""

    scheme: str
    login: str
    hosts: str
    path: str


def store_url(url: str) -> StoreUrl:
    """Take it apart, and leave out what follows the path."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("?")[0].partition("/")
    login, _, hosts = place.rpartition("@")
    return StoreUrl(scheme, login, hosts, slash + path)


class SettingsError(Exception):
    """A setting is wrong or unknown; the message is the one line that names it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings, read once at the start."""

    http_port: Annotated[
        Port, Meta(description="Port of the pages, the API and the sockets; 0 picks a free one.")
    ]
    http_address: Annotated[str, Meta(description="Address to listen on; empty listens on all.")]
    media_port: Annotated[
        Port,
        Meta(
            description="UDP and TCP port of the media; node k takes this plus k; 0 picks a free one."
        ),
    ]
    media_address: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses to advertise for media, comma-separated; empty advertises those of the machine, loopback included."
        ),
    ]
    nodes: Annotated[
        int | str, Meta(description="Node processes behind one port; `auto` starts one a core.")
    ]
    state_dir: Annotated[
        str,
        Meta(description="Folder of the embedded stores and all other local state.", min_length=1),
    ]
    database_url: Annotated[
        str,
        Meta(description="PostgreSQL (>= 16) as postgresql://...; empty starts the embedded one."),
    ]
    database_replica_url: Annotated[
        str,
        Meta(
            description="A replica for reads that may be a little old; empty reads from the primary."
        ),
    ]
    database_pool: Annotated[
        int, Meta(ge=2, le=200, description="Connections to PostgreSQL a node holds at most.")
    ]
    statement_timeout_ms: Annotated[
        Millis, Meta(description="Longest time one SQL statement may take, in milliseconds.")
    ]
    redis_url: Annotated[
        str,
        Meta(
            description="redis://host:port/0, rediss://, unix:///path or redis+cluster://host:port,host:port; empty starts the embedded Valkey."
        ),
    ]
    objects_url: Annotated[
        str,
        Meta(
            description="file:///path or s3://bucket?endpoint=...; empty keeps objects in the state folder."
        ),
    ]
    workers: Annotated[
        bool,
        Meta(
            description="Run the workers of what happens later beside this server; 0 where `python -m workers` runs elsewhere."
        ),
    ]
    retire_weeks: Annotated[
        int,
        Meta(
            ge=0,
            le=2000,
            description="After how many weeks answers, papers, grades and audit leave their tables, as tables of their own; 0 keeps all.",
        ),
    ]
    factory_keep_days: Annotated[
        int,
        Meta(
            ge=1,
            le=3650,
            description="After how many days the content factory forgets the steps of its jobs, and answers of models that nobody asked for since.",
        ),
    ]
    playlist_ttl_seconds: Annotated[
        Seconds,
        Meta(
            description="How long lessons of the tutor that were made ahead wait for their learner, in seconds."
        ),
    ]
    demo: Annotated[bool, Meta(description="Seed the demo school.")]
    models: Annotated[
        str, Meta(description="A file that lists model providers; empty means there are none.")
    ]
    tls: Annotated[
        Literal["", "self"], Meta(description="`self` makes and uses a self-signed certificate.")
    ]
    tls_cert: Annotated[str, Meta(description="PEM file with the certificate chain.")]
    tls_key: Annotated[str, Meta(description="PEM file with the private key of tls_cert.")]
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Origins beside our own that may open sockets, comma-separated, as https://host[:port]."
        ),
    ]
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses of proxies whose X-Forwarded-For is believed, comma-separated."
        ),
    ]
    limits_scale: Annotated[float, Meta(gt=0, description="Multiplies every rate limit.")]
    fast_lane: Annotated[
        bool,
        Meta(
            description="Answer the busiest routes straight from their bytes; 0 leaves all to aiohttp."
        ),
    ]
    metrics_token: Annotated[
        str,
        Meta(description="Bearer that opens /metrics from elsewhere; empty allows loopback only."),
    ]
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="Least severe log line that is written."),
    ]
    drain_seconds: Annotated[
        Seconds,
        Meta(description="Longest time a stopping node waits for its requests, in seconds."),
    ]

    @property
    def node_count(self) -> int:
        """`nodes` with `auto` resolved to the cores of this machine."""
        return (os.cpu_count() or 1) if self.nodes == "auto" else int(self.nodes)

    @property
    def state_path(self) -> Path:
        """The state folder, absolute."""
        return Path(self.state_dir).absolute()

    @property
    def secure(self) -> bool:
        """True when this process itself speaks TLS."""
        return bool(self.tls or self.tls_cert)


def load(environ: Mapping[str, str], config_dir: Path = CONFIG_DIR) -> Settings:
    """config/default.toml, then config/local.toml if it is there, then the environment."""
    values: dict[str, Any] = {}
    for name in ("default.toml", "local.toml"):
        path = config_dir / name
        if path.exists():
            _merge(values, _read(path), f"config/{name}: ", "")
    given = {
        key: text
        for key, text in environ.items()
        if key.startswith(PREFIX) and key not in OF_THE_TOOLS
    }
    parsed = {key[len(PREFIX) :].lower(): _from_text(key, text) for key, text in given.items()}
    _merge(values, parsed, "", PREFIX)
    settings = _checked(_converted(values))
    model_providers(settings, environ)
    return settings


def model_providers(settings: Settings, environ: Mapping[str, str]) -> Providers:
    """What the file of models says, with its keys out of the environment; nothing where no file is named."""
    if not settings.models:
        return Providers()
    try:
        text = Path(settings.models).read_text(encoding="utf-8")
        return _with_certificates(parse(text, environ))
    except (ProvidersFault, OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{PREFIX}MODELS is wrong: {fault}") from None


def _with_certificates(providers: Providers) -> Providers:
    """The same, where each `ca_file` can be read: one that is not there would be found out by the first call only."""
    for one in filter(lambda provider: provider.ca_file, providers.providers):
        try:
            ssl.create_default_context(cafile=one.ca_file)
        except OSError as fault:
            why = fault.strerror or "it holds no certificates"
            raise ProvidersFault(f"provider {one.name}, ca_file: {why}") from None
    return providers


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, OSError) as error:
        raise SettingsError(f"config/{path.name} cannot be read: {error}") from error


def _merge(values: dict[str, Any], more: Mapping[str, Any], where: str, prefix: str) -> None:
    for key, value in more.items():
        if key not in Settings.__struct_fields__:
            name = f"{prefix}{key.upper()}" if prefix else key
            raise SettingsError(
                f"{where}{name} is not a setting of Lectern (config/README.md lists them)"
            )
        values[key] = value


def _from_text(key: str, text: str) -> Any:
    field = _HINTS.get(key[len(PREFIX) :].lower())
    if field is not None and field.__origin__ == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text.strip()


def _converted(values: dict[str, Any]) -> Settings:
    for key, hint in _HINTS.items():
        if key not in values:
            raise SettingsError(f"{PREFIX}{key.upper()} is missing from config/default.toml")
        try:
            values[key] = msgspec.convert(values[key], hint, strict=False)
        except msgspec.ValidationError as error:
            raise SettingsError(f"{PREFIX}{key.upper()} is wrong: {error}") from error
    return Settings(**values)


def _checked(settings: Settings) -> Settings:
    for problem in _problems(settings):
        raise SettingsError(PREFIX + problem)
    return settings


def _problems(settings: Settings) -> list[str]:
    schemes = {
        "database_url": ("postgresql://", "postgres://"),
        "database_replica_url": ("postgresql://", "postgres://"),
        "redis_url": ("redis://", "rediss://", "redis+cluster://", "rediss+cluster://", "unix://"),
        "objects_url": ("file:///", "s3://"),
    }
    found = [
        f"{key.upper()} is wrong: it has to begin with {' or '.join(allowed)}"
        for key, allowed in schemes.items()
        if getattr(settings, key) and not getattr(settings, key).startswith(allowed)
    ]
    found += [
        f"{key.upper()} is wrong: {fault}"
        for key in ("database_url", "database_replica_url", "redis_url")
        if (fault := _url_fault(getattr(settings, key)))
    ]
    found += [
        f"{key.upper()} is wrong: {text} is no IP address"
        for key in ("media_address", "trusted_proxies")
        for text in getattr(settings, key)
        if not _is_address(text)
    ]
    if settings.nodes != "auto" and not (
        str(settings.nodes).isdigit() and 1 <= int(settings.nodes) <= 256
    ):
        found.append("NODES is wrong: give a number from 1 to 256, or auto")
    elif settings.media_port + settings.node_count - 1 > 65535:
        found.append("MEDIA_PORT is wrong: the nodes need that many ports after it")
    if 0 < settings.retire_weeks < RETIRE_WEEKS_MIN:
        found.append(
            f"RETIRE_WEEKS is wrong: an attempt may be open for half a year, so keep {RETIRE_WEEKS_MIN} or more"
        )
    if bool(settings.tls_cert) != bool(settings.tls_key):
        found.append("TLS_CERT and LECTERN_TLS_KEY belong together: only one of them is set")
    found += [
        f"{key.upper()} is wrong: there is no file {getattr(settings, key)}"
        for key in ("tls_cert", "tls_key", "models")
        if getattr(settings, key) and not Path(getattr(settings, key)).is_file()
    ]
    return found


def _url_fault(url: str) -> str:
    """What is wrong with the hosts of a store's URL, without ever repeating its password."""
    parts = store_url(url)
    hosts = parts.hosts.split(",")
    if any(host.count("[") != host.count("]") for host in hosts):
        return "a bracket of an address is missing"
    ports = [host.rpartition(":")[2] for host in hosts if re.search(r":[^]]*$", host)]
    if any(not port.isdecimal() or not 0 < int(port) <= 65535 for port in ports):
        return "a port is a number from 1 to 65535 (`@`, `:` and `/` in a password are written %40, %3A, %2F)"
    if "redis" in parts.scheme and not all(hosts):
        return "it names no host"
    if parts.scheme in ("redis", "rediss") and not re.fullmatch(r"/?\d{0,4}", parts.path):
        return "after the host comes the number of a database"
    if parts.scheme == "unix" and not parts.path:
        return "it names no socket"
    return ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def document(config_dir: Path = CONFIG_DIR) -> str:
    """The text of config/README.md."""
    defaults = _read(config_dir / "default.toml")
    rows = [
        f"| `{PREFIX}{key.upper()}` | {_kind(hint)} | {_shown(defaults[key])} | {_description(hint)} |"
        for key, hint in _HINTS.items()
    ]
    return "\n".join([*_README_HEAD, *rows, ""])


def _description(hint: Any) -> str:
    return next(str(meta.description) for meta in reversed(hint.__metadata__) if meta.description)


def _kind(hint: Any) -> str:
    origin = hint.__origin__
    if origin == tuple[str, ...]:
        return "list"
    if getattr(origin, "__name__", "") in ("str", "bool", "int", "float"):
        return {"str": "text", "bool": "0 or 1", "int": "number", "float": "number"}[
            origin.__name__
        ]
    if origin == int | str:
        return "number or `auto`"
    return "one of " + ", ".join(f"`{choice}`" for choice in origin.__args__ if choice)


def _shown(value: object) -> str:
    if isinstance(value, list):
        value = ",".join(value)
    if isinstance(value, bool):
        value = int(value)
    return f"`{value}`" if value != "" else "(empty)"


_HINTS: dict[str, Any] = get_type_hints(Settings, include_extras=True)
_README_HEAD = (
    "# Settings",
    "",
    "Generated from server/settings.py by `make gen`. The defaults are in `default.toml`; `local.toml` beside it, when it is",
    "there, overrides them, and the environment overrides both. In the files the name is the lower-case part after",
    "`LECTERN_`. A wrong or unknown setting stops the start with one line that names it.",
    "",
    "| setting | type | default | what it does |",
    "|---|---|---|---|",
)
