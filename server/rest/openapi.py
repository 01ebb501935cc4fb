"""The routes as OpenAPI 3.1: what openapi.json says is what the code does."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from server.problems import TITLES
from server.rest import shapes
from server.rest.call import Route
from server.rest.reply import PROBLEM_TYPE

REF = "#/components/schemas/{name}"
PARAMETER = re.compile(r"{(\w+)}")
QUERY_SAYS: Mapping[str, str] = {
    "course_id": "Only what belongs to this course.",
    "origin": "Only what the factory made (generated), or learners reported (reported).",
    "faults": "Only items with faults, when it is 1.",
    "days": "Over so many days, up to 366.",
    "cursor": "next_cursor of the page before",
    "limit": "things a page, 1 to 200 (50)",
    "q": "part of a name, an e-mail address or a text",
    "role": "only people with this role",
    "from": "begin at this time (RFC 3339); a day ago if it is left out",
    "seen": "the version that was seen last: nothing older is read",
    "kind": "only questions of this kind",
    "skill": "only questions with this skill",
    "tag": "only questions with this tag",
    "level": "only questions of this level",
    "language": "only questions in this language",
    "state": "only those in this state",
    "version": "this version; the latest if it is left out",
    "publisher": "whom to play (a user id); the presenter if it is left out",
}


def document(routes: Sequence[Route], prefix: str) -> dict[str, Any]:
    """The whole description."""
    shapes_used = [
        form for route in routes for form in (route.body, route.reply) if _is_shape(form)
    ]
    forms = list(dict.fromkeys([*shapes_used, shapes.Problem]))
    schemas, components = msgspec.json.schema_components(forms, ref_template=REF)
    refs = dict(zip(forms, schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(prefix + route.path, {})[route.method.lower()] = _operation(route, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lectern",
            "version": "1",
            "description": "The API of a Lectern server.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "access": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "join": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            },
        },
    }


def encoded(routes: Sequence[Route], prefix: str) -> bytes:
    """The description as JSON, the same bytes for the same code."""
    plain = msgspec.json.encode(document(routes, prefix), order="deterministic")
    return msgspec.json.format(plain, indent=2) + b"\n"


def _is_shape(form: Any) -> bool:
    return form is not None and form is not bytes


def _operation(route: Route, refs: Mapping[Any, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "tags": [route.path.split("/")[1]],
        "security": [] if route.auth == "none" else [{route.auth: []}],
        "parameters": list(_parameters(route)),
        "responses": _responses(route, refs),
    }
    description = _description(route)
    if description:
        operation["description"] = description
    if route.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {route.content_type: {"schema": _schema(route.body, refs)}},
        }
    return operation


def _description(route: Route) -> str:
    said = (route.handler.__doc__ or "").strip()
    if route.permission is None or route.permission == "self":
        return said
    return f"{said} Permission: {route.permission}."


def _schema(form: Any, refs: Mapping[Any, Any]) -> Any:
    return {"type": "string"} if form is bytes else refs[form]


def _parameters(route: Route) -> Iterable[dict[str, Any]]:
    for name in PARAMETER.findall(route.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
    for name in route.query:
        yield {
            "name": name,
            "in": "query",
            "required": False,
            "description": QUERY_SAYS[name],
            "schema": {"type": "integer", "minimum": 1, "maximum": 200}
            if name == "limit"
            else {"type": "string"},
        }
    if route.keyed != "no":
        yield _header("Idempotency-Key", required=route.keyed == "must")
    if route.matched:
        yield _header("If-Match", required=True)


def _header(name: str, *, required: bool) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"}}


def _responses(route: Route, refs: Mapping[Any, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": route.summary}
    if route.reply is not None:
        kind = "application/json" if route.reply is not bytes else route.content_type
        good["content"] = {kind: {"schema": _schema(route.reply, refs)}}
    responses = {str(route.status): good}
    for status in _refusals(route):
        responses[str(status)] = {
            "description": TITLES[status],
            "content": {PROBLEM_TYPE: {"schema": refs[shapes.Problem]}},
        }
    return responses


def _refusals(route: Route) -> list[int]:
    """The statuses under which this route may refuse."""
    found = {400, 429, 500, 503}
    if route.auth != "none" or route.path.startswith("/sessions"):
        found |= {401, 403}
    if "{" in route.path:
        found |= {404}
    if route.method != "GET":
        found |= {408, 409, 413}
    if route.body is not None:
        found |= {415, 422}
    if route.matched:
        found |= {412, 428}
    if route.auth == "join":
        found |= {504}
    return sorted(found)
