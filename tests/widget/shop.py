"""The widget on real pages: the real chat channel over a conversation store in memory, and a shop on another site."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from agent_ui.pages import DEMO, DEMO_POLICY, PANEL_POLICY, STATIC, TYPES
from channels.webchat import Settings, WebChat
from hub.addresses import Address
from hub.errors import Unavailable
from hub.events import Attachment, MessageReceived
from hub.ids import ChannelId
from hub.ports import Secret, Tools
from tests.channels.memory_line import FixedClock, MemoryLine
from tests.peers.proxy import Relay

SECRET = Secret("chat-secret-1234567")
SITE = Secret("site-secret-1234567")
STRICT = (
    "default-src 'none'; script-src {hub}; frame-src {hub}; connect-src {hub}; style-src 'self'; base-uri 'none'; "
    "require-trusted-types-for 'script'"
)
PAGE = """<!doctype html><html lang="{lang}" dir="{dir}"><head><meta charset="utf-8"><title>Another shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script async src="{hub}/widget/loader.js" data-channel="chat" {data}></script></head>
<body><main><h1>Another shop</h1><p>On another site, with a strict policy.</p><a href="#x">A link</a></main></body>
</html>"""


class WallClock(FixedClock):
    """Moves by itself: what may be sent in ten seconds comes back."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Shop:
    """``url`` is the hub, reached through ``relay``. ``host``: another origin of the same site; ``stranger``: another
    site, where a browser without a history takes storage from the frame. ``is_away``: the hub answers nothing."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.line = MemoryLine(WallClock(), "chat")
        self._settings: dict[str, Any] = {"secret": SECRET, "site_secret": SITE} | settings
        self.relay = Relay(0)
        self.is_away = False
        self.has_sockets = True
        self.sockets = 0
        self.polls = 0
        self.host = ""
        self.stranger = ""
        self.embedders = "*"
        self.channel: WebChat

    @property
    def url(self) -> str:
        return f"http://localhost:{self.relay.port}"

    @property
    def visitor(self) -> Address:
        """The only one who has said something."""
        (address,) = self.line.addresses()
        return address

    @property
    def texts(self) -> list[str]:
        """What the customer said, as committed."""
        return [event.data.text for event in self.line.events if isinstance(event.data, MessageReceived)]

    def answer(self, text: str, *, name: str = "Joana", files: tuple[Attachment, ...] = ()) -> None:
        self.line.answer(self.visitor, text, name=name, files=files)

    def page(self, *, lang: str = "en", dir: str = "ltr", policy: str = STRICT, **data: str) -> str:
        """Address of a page that is not the hub's."""
        self._html = PAGE.format(
            hub=self.url, lang=lang, dir=dir, data=" ".join(f'data-{name}="{value}"' for name, value in data.items())
        )
        self._policy = policy.format(hub=self.url)
        return f"{self.host}/"

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[Shop]:
        async with serving(self._hub()) as hub, serving(self._host()) as host:
            self.relay = Relay(hub)
            self.host, self.stranger = f"http://localhost:{host}", f"http://127.0.0.1:{host}"
            self._settings = {"origins": (self.host, self.stranger)} | self._settings
            async with self.relay.open():
                self.channel = WebChat(Settings(**self._settings), self._tools())
                try:
                    yield self
                finally:
                    self.line.stop()

    def renew_secret(self) -> None:
        """As after an operator's change: visits of before are over."""
        self.channel = WebChat(Settings(**self._settings | {"secret": Secret("another-secret-12345")}), self._tools())

    def _tools(self) -> Tools:
        return Tools(
            channel_id=ChannelId("chat"),
            public_url=self.url,
            http=None,  # type: ignore[arg-type]  # the chat calls nobody
            clock=self.line.clock,
            media=None,  # type: ignore[arg-type]  # and reads no media but its line's
        )

    def _hub(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/c/webchat/chat/{action:.*}", self._chat)
        app.router.add_get("/widget/{name}", self._widget)
        app.router.add_get("/demo/{name:.*}", self._demo)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if self.is_away:
            return web.Response(status=Unavailable.status)
        if request.path.endswith("/socket"):
            self.sockets += 1
            if not self.has_sockets:
                return web.Response(status=400, text="This proxy knows no sockets.")
        elif request.method == "GET" and request.path.endswith("/messages"):
            self.polls += 1
        return await self.channel.serve(request, self.line)

    async def _widget(self, request: web.Request) -> web.StreamResponse:
        sockets = self.url.replace("http", "ws", 1)
        policy = PANEL_POLICY.format(sockets=sockets, embedders=f" {self.embedders}")
        return file(STATIC / "widget" / request.match_info["name"], policy)

    async def _demo(self, request: web.Request) -> web.StreamResponse:
        return file(DEMO / (request.match_info["name"] or "index.html"), DEMO_POLICY)

    def _host(self) -> web.Application:
        async def page(request: web.Request) -> web.Response:
            headers = {"Content-Security-Policy": self._policy}
            return web.Response(text=self._html, content_type="text/html", headers=headers)

        app = web.Application()
        app.router.add_get("/", page)
        return app


@asynccontextmanager
async def serving(app: web.Application) -> AsyncGenerator[int]:
    runner = web.AppRunner(app, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def file(path: Path, policy: str) -> web.Response:
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-cache"}
    return web.Response(body=path.read_bytes(), content_type=TYPES[path.suffix], charset="utf-8", headers=headers)


def proof(user: str) -> str:
    return hmac.digest(SITE.reveal().encode(), user.encode(), hashlib.sha256).hex()
