"""Typed handlers: what a function takes and gives is its HTTP contract, and the source of the OpenAPI document."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, NamedTuple

import msgspec
from aiohttp import web

from agent_ui.auth import who
from agent_ui.call import OPTIONS, Call
from agent_ui.problems import require_own_page
from hub import bodies
from hub.errors import Invalid

Handler = Callable[..., Awaitable[Any]]
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
_ENCODE: Final = msgspec.json.Encoder().encode
_MARK: Final = "_continuo_route"


class Route(NamedTuple):
    """One endpoint. Path names are path parameters, ``body`` is the JSON body, the rest is the query."""

    method: Method
    path: str
    handler: Handler
    status: int
    is_open: bool
    path_names: tuple[str, ...]
    query: dict[str, inspect.Parameter]
    types: dict[str, Any]

    @property
    def body(self) -> Any:
        return self.types.get("body")

    @property
    def answer(self) -> Any:
        return self.types.get("return")


def route(method: Method, path: str, *, status: int = 200, is_open: bool = False) -> Callable[[Handler], Handler]:
    """Mark a handler ``async def f(call, *, ...)``. ``is_open``: nobody need be signed in."""

    def mark(handler: Handler) -> Handler:
        types = typing.get_type_hints(handler, include_extras=True)
        names = tuple(part[1:-1] for part in path.split("/") if part.startswith("{"))
        parameters = dict(list(inspect.signature(handler).parameters.items())[1:])
        query = {name: one for name, one in parameters.items() if name not in (*names, "body")}
        code = 204 if types.get("return") in (None, type(None)) else status
        setattr(handler, _MARK, Route(method, path, handler, code, is_open, names, query, types))
        return handler

    return mark


def routes_of(*modules: Any) -> list[Route]:
    """Every marked handler of these modules, in the order of their paths."""
    found = [getattr(one, _MARK) for module in modules for one in vars(module).values() if hasattr(one, _MARK)]
    return sorted(found, key=lambda one: (one.path, one.method))


def add_routes(app: web.Application, routes: list[Route]) -> None:
    for one in routes:
        app.router.add_route(one.method, one.path, serve(one))


def serve(one: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    decoder = msgspec.json.Decoder(one.body) if one.body is not None else None

    async def handle(request: web.Request) -> web.StreamResponse:
        if one.method != "GET":
            require_own_page(request)
        call = Call(request, None) if one.is_open else await who(request)
        arguments: dict[str, Any] = {name: request.match_info[name] for name in one.path_names}
        arguments |= {name: from_query(request, name, one.types[name], like) for name, like in one.query.items()}
        if decoder is not None:
            arguments["body"] = read(decoder, await body_of(request))
        result = await one.handler(call, **arguments)
        if isinstance(result, web.StreamResponse):
            return result
        if result is None:
            return web.Response(status=204)
        return web.Response(status=one.status, body=_ENCODE(result), content_type="application/json")

    return handle


async def body_of(request: web.Request) -> bytes:
    """Raises TooLarge, TooSlow, Invalid."""
    if request.content_type != "application/json":
        raise Invalid("The body must be application/json.")
    return await bodies.body_of(request, request.app[OPTIONS].body_bytes)


def read(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    """Raises Invalid with the field."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        words, _, place = str(error).partition(" - at `$")
        raise Invalid(f"{words}.", field=place.strip("`. ")) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Invalid("The body is not JSON.") from None


def from_query(request: web.Request, name: str, kind: Any, like: inspect.Parameter) -> Any:
    """Raises Invalid."""
    if name not in request.query:
        if like.default is inspect.Parameter.empty:
            raise Invalid("A parameter is missing.", field=name)
        return like.default
    try:
        return msgspec.convert(request.query[name], kind, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(f"{error}.", field=name) from None
