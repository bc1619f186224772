"""The OpenAPI 3.1 document, made from the typed handlers: it can't say anything the code does not do."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from agent_ui import frames
from agent_ui.routes import Route
from hub.people import Patch
from hub.ports import Secret

REF: Final = "#/components/schemas/{name}"
ERRORS: Final = {
    "401": "Nobody is signed in",
    "403": "Not allowed",
    "404": "There is no such thing",
    "408": "The body took too long",
    "409": "Somebody else changed this first",
    "413": "Too large",
    "422": "Not valid",
    "429": "Too many tries",
    "503": "The store does not answer; nothing was accepted",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """RFC 9457. ``code`` is a stable word; more members depend on it."""

    type: str
    title: str
    status: int
    detail: str
    code: str


def document(routes: Sequence[Route], version: str) -> dict[str, Any]:
    typed = [kind for one in routes for kind in kinds_of(one)] + [Problem, frames.Told, frames.Said, Patch]
    schemas, components = msgspec.json.schema_components(typed, schema_hook=schema_of, ref_template=REF)
    by_kind = {id(kind): schema for kind, schema in zip(typed, schemas, strict=True)}
    paths: dict[str, dict[str, Any]] = {}
    for one in routes:
        paths.setdefault(one.path, {})[one.method.lower()] = operation(one, by_kind)
    paths["/api/live"] = {"get": live_operation()}
    components |= live_frames(by_kind)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Continuo",
            "version": version,
            "description": "The console's own interface: every person signed in may use it. "
            "Requests that change something carry the header X-Continuo.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "continuo"}},
        },
    }


def kinds_of(one: Route) -> list[Any]:
    return [kind for name, kind in one.types.items() if name != "call" and is_data(kind)]


def is_data(kind: Any) -> bool:
    """A type with a schema: no stream, no None."""
    return kind is not type(None) and not (isinstance(kind, type) and kind.__module__.startswith("aiohttp"))


def schema_of(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "writeOnly": True}
    if kind is msgspec.Raw:
        return {"type": "object", "description": "The data of the event's own type: docs/events.md."}
    raise NotImplementedError(kind)


def operation(one: Route, by_kind: dict[int, Any]) -> dict[str, Any]:
    words = inspect.getdoc(one.handler) or ""
    found: dict[str, Any] = {
        "operationId": one.handler.__name__,
        "summary": words.partition("\n")[0],
        "responses": {str(one.status): answer(one, by_kind), **problems(one)},
    }
    if parameters := [*path_parameters(one, by_kind), *query_parameters(one, by_kind), *own_header(one)]:
        found["parameters"] = parameters
    if one.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": by_kind[id(one.body)]}}}
    if not one.is_open:
        found["security"] = [{"session": []}]
    return found


def answer(one: Route, by_kind: dict[int, Any]) -> dict[str, Any]:
    if one.status == 204:
        return {"description": "Done"}
    if not is_data(one.answer):
        return {"description": "The content", "content": {"*/*": {"schema": {}}}}
    return {"description": "OK", "content": {"application/json": {"schema": by_kind[id(one.answer)]}}}


def problems(one: Route) -> dict[str, Any]:
    return {
        status: refused(words)
        for status, words in ERRORS.items()
        if not (one.is_open and one.method == "GET" and status in ("401", "403"))
    }


def refused(words: str) -> dict[str, Any]:
    schema = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {"description": words, "content": {"application/problem+json": schema}}


def live_operation() -> dict[str, Any]:
    """The one address that is no request and answer."""
    return {
        "operationId": "live",
        "summary": "The live connection (WebSocket): hello with a position, then every change behind it, in order.",
        "description": "Text frames of JSON with the tag `t`: `ClientFrame` to the hub, `ServerFrame` from it.",
        "responses": {
            "101": {"description": "Upgraded"},
            **{status: refused(ERRORS[status]) for status in ("401", "403", "404", "429", "503")},
        },
        "security": [{"session": []}],
    }


def live_frames(by_kind: dict[int, Any]) -> dict[str, Any]:
    """Both unions by name. A patch is the struct with its tag, for it comes encoded from the feed."""
    tag = {"type": "object", "properties": {"t": {"enum": ["patch"]}}, "required": ["t"]}
    told = by_kind[id(frames.Told)]
    mapping = {**told["discriminator"]["mapping"], "patch": REF.format(name="PatchFrame")}
    return {
        "PatchFrame": {"title": "PatchFrame", "allOf": [tag, by_kind[id(Patch)]]},
        "ServerFrame": {
            "anyOf": [*told["anyOf"], {"$ref": REF.format(name="PatchFrame")}],
            "discriminator": {"propertyName": "t", "mapping": mapping},
        },
        "ClientFrame": by_kind[id(frames.Said)],
    }


def path_parameters(one: Route, by_kind: dict[int, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": by_kind.get(id(one.types[name]), {"type": "string"})}
        for name in one.path_names
    ]


def query_parameters(one: Route, by_kind: dict[int, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "required": like.default is inspect.Parameter.empty,
            "schema": by_kind[id(one.types[name])],
        }
        for name, like in one.query.items()
    ]


def own_header(one: Route) -> list[dict[str, Any]]:
    if one.method == "GET":
        return []
    return [{"name": "X-Continuo", "in": "header", "required": True, "schema": {"type": "string", "const": "1"}}]


def main() -> None:
    """``python -m agent_ui.openapi > agent_ui/openapi.json``."""
    import sys

    from agent_ui.server import api_routes

    made = msgspec.json.encode(document(api_routes(), "0.1.0"), order="sorted")
    sys.stdout.buffer.write(msgspec.json.format(made, indent=1) + b"\n")


if __name__ == "__main__":
    main()
