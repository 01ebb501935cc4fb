"""Writes the files that are made from the code, or says which of them are stale.

The wire has one source: `signaling/protocol.py` for the sockets, `server/rest/shapes.py` for REST.
What the browser's code and people read of it is made here and never edited by hand.
"""

import inspect
import json
import sys
import types
import typing
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import msgspec

from lms.adaptive import model as adaptive_model
from lms.ai import model as ai_model
from lms.assessments import model as assessments_model
from lms.attempts import model as attempts_model
from lms.grading import gradebook as gradebook_model
from lms.questions import model as questions_model
from server import settings
from server.codemap import with_code_map
from server.rest import (
    exam_shapes,
    factory_shapes,
    grade_shapes,
    openapi,
    practice_shapes,
    shapes,
)
from server.rest.call import PREFIX, Route
from server.rest.routes import ROUTES
from signaling import errors, protocol

ROOT = Path(__file__).resolve().parent.parent
Struct = type[msgspec.Struct]

# Where the bodies and replies of REST are written down, and what of the school goes over the wire as it is.
REST_MODULES = (
    shapes,
    exam_shapes,
    grade_shapes,
    practice_shapes,
    factory_shapes,
    questions_model,
    assessments_model,
    attempts_model,
    gradebook_model,
    adaptive_model,
    ai_model,
)

PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


# --- Types to TypeScript ----------------------------------------------------------------------


def _aliases(*modules: types.ModuleType) -> dict[Any, str]:
    """The named sets of words of the modules: `Literal[...]` to its name, the first that it was given."""
    found: dict[Any, str] = {}
    for module in modules:
        for name, value in vars(module).items():
            if get_origin(value) is Literal:
                found.setdefault(value, name)
    return found


def _structs(*modules: types.ModuleType) -> list[Struct]:
    """The structs that the modules themselves define, in their order."""
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, msgspec.Struct)
        and value.__module__ == module.__name__
    ]


class _Typescript:
    """Writes the types of some modules, by their own names for sets of words."""

    def __init__(self, *modules: types.ModuleType) -> None:
        self.aliases = _aliases(*modules)

    def type(self, kind: Any) -> str:
        """One type as TypeScript writes it."""
        if kind in self.aliases:
            return self.aliases[kind]
        if kind in PLAIN:
            return PLAIN[kind]
        if kind is datetime:
            return "string"
        if isinstance(kind, TypeVar):
            return kind.__name__
        if inspect.isclass(kind) and issubclass(kind, msgspec.Struct) and not get_args(kind):
            return kind.__name__
        return self._composed(kind)

    def _composed(self, kind: Any) -> str:
        origin, args = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self.type(args[0])
        if origin is Literal:
            return " | ".join(json.dumps(word) for word in args)
        if origin in (Union, types.UnionType):
            said = dict.fromkeys(self.type(one) for one in args if one is not msgspec.UnsetType)
            return " | ".join(said)
        if origin is list:
            inner = self.type(args[0])
            return f"readonly ({inner})[]" if " | " in inner else f"readonly {inner}[]"
        if origin is dict:
            return f"Readonly<Record<string, {self.type(args[1])}>>"
        if origin is not None:
            return f"{origin.__name__}<{', '.join(self.type(one) for one in args)}>"
        raise TypeError(f"{kind!r} has no form in TypeScript yet.")

    def fields(self, struct: Struct, *, sent_by_browser: bool) -> Iterator[str]:
        """The members of one struct; what may be left out is optional."""
        hints = typing.get_type_hints(struct, include_extras=True)
        tag = struct.__struct_config__.tag
        if tag is not None and not sent_by_browser:
            yield f"  readonly {struct.__struct_config__.tag_field}: {json.dumps(tag)};"
        for field in msgspec.structs.fields(struct):
            may_lack = msgspec.UnsetType in get_args(hints[field.name])
            optional = may_lack or (sent_by_browser and not field.required)
            mark = "?" if optional else ""
            yield f"  readonly {field.encode_name}{mark}: {self.type(hints[field.name])};"

    def interface(self, struct: Struct, *, sent_by_browser: bool = False) -> str:
        """One struct as an interface, with its sentence."""
        parameters = [one.__name__ for one in getattr(struct, "__parameters__", ())]
        name = struct.__name__ + (f"<{', '.join(parameters)}>" if parameters else "")
        members = list(self.fields(struct, sent_by_browser=sent_by_browser))
        if not members:
            return f"{_remark(struct)}export type {name} = Readonly<Record<string, never>>;\n"
        return "\n".join([f"{_remark(struct)}export interface {name} {{", *members, "}\n"])

    def words(self) -> Iterator[str]:
        """The named sets of words."""
        for kind, name in self.aliases.items():
            choices = " | ".join(json.dumps(word) for word in get_args(kind))
            yield f"export type {name} = {choices};\n"


def _sentence(struct: Struct) -> str:
    """What the struct's docstring says, on one line; nothing where msgspec or Python made it up."""
    return " ".join((struct.__dict__.get("__doc__") or "").split())


def _remark(struct: Struct) -> str:
    said = _sentence(struct)
    return f"/** {said} */\n" if said else ""


def _constants(module: types.ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, int):
            yield f"export const {name} = {value};\n"


def _tag(struct: Struct) -> str:
    tag = struct.__struct_config__.tag
    if not isinstance(tag, str):
        raise TypeError(f"{struct.__name__} has no tag.")
    return tag


def _map(name: str, remark: str, entries: Iterable[tuple[str, Struct]]) -> str:
    lines = [f"  readonly {json.dumps(event)}: {struct.__name__};" for event, struct in entries]
    return "\n".join([f"/** {remark} */", f"export interface {name} {{", *lines, "}\n"])


# --- web/src/protocol/messages.ts ---------------------------------------------------------------


_EVENT_TS = """\
/** {remark} */
export type Event = {{
  [Type in keyof EventTypes]: {{
    readonly epoch: number;
    readonly seq: number;
    readonly type: Type;
    readonly at: number;
    readonly by: string;
    readonly data: EventTypes[Type];
  }};
}}[keyof EventTypes];
"""


def _client_messages() -> list[Struct]:
    return list(get_args(protocol.ClientMessage))


def _is_logged(struct: Struct) -> bool:
    return issubclass(struct, protocol.Command)


def messages_ts() -> str:
    """Every message of the class wire for the browser."""
    write = _Typescript(protocol)
    sent: list[Struct] = [*_client_messages(), protocol.Want, protocol.Connect]
    abstract: set[Struct] = {protocol.Message, protocol.Command}
    received = [one for one in _structs(protocol) if one not in sent and one not in abstract]
    commands = [json.dumps(_tag(one)) for one in _client_messages() if _is_logged(one)]
    notices = " | ".join(one.__name__ for one in get_args(protocol.NoticeData))
    parts = [
        "// GENERATED from signaling/protocol.py by `python -m server generate`. Do not edit.\n",
        "".join(_constants(protocol)),
        "".join(write.words()),
        *(write.interface(one, sent_by_browser=True) for one in sent),
        *(write.interface(one) for one in received if one is not protocol.Event),
        _map(
            "ClientBodies",
            "What a browser may send: event name to body.",
            [(_tag(one), one) for one in _client_messages()],
        ),
        "export type ClientEventName = keyof ClientBodies;\n",
        (
            "/** Decided by the class's owner and logged; sent again with the same id after a break. */\n"
            f"export const COMMANDS = [{', '.join(commands)}] as const;\n"
            "export type CommandName = (typeof COMMANDS)[number];\n"
        ),
        "export type Ack = Ok | Failed;\n",
        _map("EventTypes", "What is logged: event type to data.", protocol.EVENT_TYPES.items()),
        _EVENT_TS.format(remark=_sentence(protocol.Event)),
        f"export type NoticeData = {notices};\n",
    ]
    return "\n".join(parts)


# --- web/src/protocol/api.ts --------------------------------------------------------------------


def _rest_structs() -> list[Struct]:
    """The shapes, and of what the tutor knows what some shape is made of."""
    roots: tuple[Struct, ...] = (shapes.Body, shapes.Reply, questions_model.Part)
    every = [one for one in _structs(*REST_MODULES) if one not in roots]
    told = {one for one in every if one.__module__ != adaptive_model.__name__}
    new = set(told)
    while new:
        parts = {
            part
            for one in new
            for hint in typing.get_type_hints(one, include_extras=True).values()
            for part in _parts(hint)
        }
        new = {one for one in every if one in parts and one not in told}
        told |= new
    return [one for one in every if one in told]


def _parts(hint: object) -> Iterator[object]:
    """A type, and all that it is made of."""
    yield hint
    for one in get_args(hint):
        yield from _parts(one)


def api_ts() -> str:
    """Every body and reply of the REST API for the browser."""
    write = _Typescript(*REST_MODULES)
    parts = [
        "// GENERATED from server/rest/shapes.py and its neighbours by `python -m server generate`. Do not edit.\n",
        "".join(write.words()),
        *(
            write.interface(one, sent_by_browser=issubclass(one, shapes.Body))
            for one in _rest_structs()
        ),
    ]
    return "\n".join(parts)


# --- docs/protocol.md ---------------------------------------------------------------------------


_ABOUT_THE_WIRE = """\
Socket.IO 5 at `/socket.io/`, namespace `/class`. The CONNECT packet carries `Connect`. The server
then sends `snapshot` (the whole state) or `replay` (what was missed), and from there on `event` for
what is logged, `notice` for what is not, and `media.offer`. What a browser sends is acknowledged
with `Ok` or `Failed`; a command that is sent again with the same `id` gets the same answer.
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _fields_cell(
    struct: Struct,
    *,
    of: tuple[types.ModuleType, ...] = (protocol,),
    sent_by_browser: bool = False,
) -> str:
    members = _Typescript(*of).fields(struct, sent_by_browser=sent_by_browser)
    said = [one.strip().removeprefix("readonly ").rstrip(";") for one in members]
    return _cell(", ".join(f"`{one}`" for one in said)) or "-"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _shape_rows(structs: Iterable[tuple[str, Struct]]) -> Iterator[list[str]]:
    for name, struct in structs:
        yield [f"`{name}`", _fields_cell(struct), _cell(_sentence(struct))]


def _error_rows() -> Iterator[list[str]]:
    for value in vars(errors).values():
        is_error = inspect.isclass(value) and issubclass(value, errors.SignalingError)
        if is_error and value is not errors.SignalingError:
            yield [f"`{value.code}`", _cell(" ".join((value.__doc__ or "").split()))]


def protocol_md() -> str:
    """The class wire for people."""
    shape = ["name", "fields", "what it says"]
    sent = (
        [
            f"`{_tag(one)}`",
            _fields_cell(one, sent_by_browser=True),
            "yes" if _is_logged(one) else "no",
            _cell(_sentence(one)),
        ]
        for one in _client_messages()
    )
    plain = [
        (one.__name__, one)
        for one in (
            protocol.Connect,
            protocol.ConnectRefusal,
            protocol.Ok,
            protocol.Failed,
            protocol.Event,
            protocol.Snapshot,
            protocol.Replay,
            protocol.MediaOffer,
            protocol.State,
            protocol.Person,
            protocol.ChatLine,
            protocol.ClassFile,
            protocol.Hand,
            protocol.Slot,
            protocol.Want,
        )
    ]
    words = _Typescript(protocol).aliases.items()
    limits = [
        [f"`{name}`", str(value)]
        for name, value in vars(protocol).items()
        if name.isupper() and isinstance(value, int)
    ]
    return "\n".join(
        [
            "<!-- GENERATED from signaling/protocol.py by `python -m server generate`. Do not edit. -->",
            "# The class wire\n",
            _ABOUT_THE_WIRE,
            "## What a browser sends\n",
            _table(["event", "fields", "logged", "what it does"], sent),
            "## `event`: what is logged\n",
            _table(["type", "data", "what it says"], _shape_rows(protocol.EVENT_TYPES.items())),
            "## `notice`: what is not logged\n",
            _table(
                ["type", "fields", "what it says"],
                _shape_rows((_tag(one), one) for one in get_args(protocol.NoticeData)),
            ),
            "## Shapes\n",
            _table(shape, _shape_rows(plain)),
            "## Sets of words\n",
            _table(
                ["name", "words"],
                (
                    [f"`{name}`", ", ".join(f"`{one}`" for one in get_args(kind))]
                    for kind, name in words
                ),
            ),
            "## Codes of a refusal\n",
            _table(["code", "when"], _error_rows()),
            "## Limits\n",
            _table(["name", "value"], limits),
        ]
    ).replace("\n\n\n", "\n\n")


# --- docs/openapi.json, docs/api.md --------------------------------------------------------------

_ABOUT_THE_API = """\
All under `/api/v1`, described for machines in `openapi.json`. `Authorization: Bearer` with the access token;
errors are `application/problem+json` with a stable `code`; lists answer `{items, next_cursor}` and page by
`cursor` and `limit`. A repeat with the same `Idempotency-Key` happens once: *must* is needed, *may* is
honoured. Where `If-Match` is said, the `ETag` of the thing as it was read is needed. A course, a lesson and a last page of lessons
are answered 304 to who sends their `ETag` as `If-None-Match`.
"""


def openapi_json() -> str:
    """The API for machines."""
    return openapi.encoded(ROUTES, PREFIX).decode("utf-8")


def _form_cell(form: Any) -> str:
    if form is None:
        return "-"
    return f"`{'bytes' if form is bytes else _Typescript(*REST_MODULES).type(form)}`"


def _route_row(route: Route) -> list[str]:
    needs = [] if route.keyed == "no" else [f"key {route.keyed}"]
    needs += ["If-Match"] if route.matched else []
    return [
        f"`{route.method} {route.path}`",
        route.summary,
        f"`{route.permission}`" if route.permission else "-",
        _form_cell(route.body),
        f"{route.status} {_form_cell(route.reply)}".removesuffix(" -"),
        ", ".join(needs) or "-",
    ]


def api_md() -> str:
    """The API for people."""
    head = ["route", "what", "permission", "body", "answer", "needs"]
    return "\n".join(
        [
            "<!-- GENERATED from server/rest/routes.py by `python -m server generate`. Do not edit. -->",
            "# The REST API\n",
            _ABOUT_THE_API,
            _table(head, (_route_row(route) for route in ROUTES)),
            "## Shapes\n",
            _table(
                ["name", "fields", "what it says"],
                (
                    [
                        f"`{one.__name__}`",
                        _fields_cell(
                            one, of=REST_MODULES, sent_by_browser=issubclass(one, shapes.Body)
                        ),
                        _cell(_sentence(one)) or "-",
                    ]
                    for one in _rest_structs()
                ),
            ),
        ]
    )


# --- ARCHITECTURE.md ----------------------------------------------------------------------------


def architecture_md() -> str:
    """The page as it is, with the code map as the packages say it now."""
    return with_code_map((ROOT / "ARCHITECTURE.md").read_text("utf-8"), ROOT)


# --- Writing and checking -----------------------------------------------------------------------

FILES: dict[str, Callable[[], str]] = {
    "web/src/protocol/messages.ts": messages_ts,
    "web/src/protocol/api.ts": api_ts,
    "docs/protocol.md": protocol_md,
    "docs/api.md": api_md,
    "docs/openapi.json": openapi_json,
    "config/README.md": settings.document,
    "ARCHITECTURE.md": architecture_md,
}


def stale(root: Path = ROOT) -> list[str]:
    """The generated files that do not say what the code says now."""
    return [
        name
        for name, make in FILES.items()
        if not (root / name).is_file() or (root / name).read_text("utf-8") != make()
    ]


def main(check: bool) -> int:
    """Write what is stale, or with `check` only name it and fail."""
    old = stale()
    for name in old:
        if check:
            sys.stderr.write(f"{name} is stale: run `python -m server generate`.\n")
        else:
            (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / name).write_text(FILES[name](), "utf-8")
            sys.stdout.write(f"wrote {name}\n")
    return 1 if check and old else 0
