"""The web application: the console's API, the live connection, pages, and the doors of the channels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from functools import cache
from typing import Final

import msgspec
from aiohttp import web

from agent_ui.api import (
    customers,
    drafts,
    interactions,
    lists,
    media,
    messages,
    offers,
    presence,
    session,
    users,
)
from agent_ui.auth import THROTTLE
from agent_ui.call import HUB, OPTIONS
from agent_ui.guesses import Throttle
from agent_ui.live import SCREENS, VIEWERS, live
from agent_ui.openapi import document
from agent_ui.options import Options
from agent_ui.pace import PACE, Pace
from agent_ui.pages import add_pages
from agent_ui.problems import answer_errors
from agent_ui.remote import PROXIES, Proxies
from agent_ui.routes import Route, add_routes, routes_of
from agent_ui.screens import Screens
from agent_ui.viewers import Viewers
from hub import webhooks
from hub.errors import Unavailable
from hub.health import TEXT, Metrics
from hub.runtime import Hub, running

MODULES: Final = (customers, drafts, interactions, lists, media, messages, offers, presence, session, users)
METRICS: Final = web.AppKey("metrics", Metrics)
Measures = Callable[[], bytes]
"""More of what Prometheus reads, as text."""
MEASURES: Final[web.AppKey[Measures]] = web.AppKey("measures")
BODY_BYTES: Final = 60_000_000
"""No body is larger; each handler has its own smaller limit."""


def make_app(hub: Hub, options: Options, measures: Measures = bytes) -> web.Application:
    """``measures`` gives what others than the hub count; by default nobody does."""
    app = web.Application(middlewares=[answer_errors], client_max_size=BODY_BYTES)
    app[HUB], app[OPTIONS] = hub, options
    app[THROTTLE], app[METRICS], app[MEASURES] = Throttle(), Metrics(hub), measures
    app[PROXIES], app[PACE] = Proxies(options.proxies), Pace(options.calls_per_second)
    app[SCREENS] = Screens(hub.feed, hub.store, hub.bus, hub.clock)
    app[VIEWERS] = Viewers(hub.signals, app[SCREENS])
    app.cleanup_ctx.append(watch)
    app.on_shutdown.append(say_goodbye)
    add_routes(app, api_routes())
    app.router.add_get("/api/live", live)
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", metrics)
    app.router.add_get("/openapi.json", openapi)
    webhooks.add_routes(app, hub.doors)
    add_pages(app)
    return app


def api_routes() -> list[Route]:
    return routes_of(*MODULES)


async def watch(app: web.Application) -> AsyncIterator[None]:
    async with running([app[SCREENS].run(), app[VIEWERS].run()]):
        yield


async def say_goodbye(app: web.Application) -> None:
    app[SCREENS].close()


async def alive(request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "alive"})


async def ready(request: web.Request) -> web.Response:
    """The store answers: requests may come."""
    try:
        position = await request.app[HUB].store.head()
    except Unavailable as error:
        return web.json_response({"status": "not ready", "words": error.words}, status=503)
    return web.json_response({"status": "ready", "position": position})


async def metrics(request: web.Request) -> web.Response:
    """What is counted. For a stranger nothing is here, unless the options say otherwise."""
    app = request.app
    if app[OPTIONS].metrics == "loopback" and not app[PROXIES].is_from_here(request):
        raise web.HTTPNotFound
    return web.Response(body=app[METRICS].text() + app[MEASURES](), headers={"Content-Type": TEXT})


async def openapi(request: web.Request) -> web.Response:
    return web.Response(body=document_of(request.app[OPTIONS].version), content_type="application/json")


@cache
def document_of(version: str) -> bytes:
    return msgspec.json.encode(document(api_routes(), version))
