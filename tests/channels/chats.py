"""A web chat on a real web server, and a customer's page that speaks its protocol: what the tests of chat share."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import web

from channels.webchat import Settings, WebChat
from hub.addresses import Address
from hub.ports import Secret
from tests.channels.cases import tools
from tests.channels.memory_line import FixedClock, MemoryLine

SECRET = Secret("chat-secret-1234567")
SITE = Secret("site-secret-1234567")
ORIGIN = "https://shop.example"


class Chat:
    """The server's side and one browser."""

    def __init__(self, http: aiohttp.ClientSession, base: str, line: MemoryLine, channel: WebChat) -> None:
        self.http = http
        self.base = base
        self.line = line
        self.channel = channel

    @property
    def clock(self) -> FixedClock:
        return self.line.clock

    async def post(self, action: str, body: Any = None, token: str = "", origin: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if origin:
            headers["Origin"] = origin
        # as a browser writes it: UTF-8, no escapes
        data = body if isinstance(body, bytes) else json.dumps(body or {}, ensure_ascii=False).encode()
        async with self.http.post(f"{self.base}/{action}", data=data, headers=headers) as response:
            content = await response.read()
            return response.status, json.loads(content) if content else None

    async def get(self, action: str, token: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.http.get(f"{self.base}/{action}", headers=headers) as response:
            content = await response.read()
            is_json = "json" in response.content_type
            return response.status, json.loads(content) if is_json else content

    async def visit(self, **body: Any) -> str:
        status, opened = await self.post("visit", body)
        assert status == 200, opened
        return str(opened["token"])

    def address(self, token: str) -> Address:
        return self.channel.admit(token).address

    @asynccontextmanager
    async def page(self, token: str, after: int | None = None) -> AsyncGenerator["Page"]:
        async with self.http.ws_connect(f"{self.base}/socket", heartbeat=None) as socket:
            page = Page(socket)
            await page.say({"t": "hello", "token": token, "after": after})
            yield page


class Page:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def say(self, frame: Any) -> None:
        await self.socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def hear(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; others are passed over."""
        async with asyncio.timeout(5):
            while True:
                item = await self.socket.receive()
                assert item.type is aiohttp.WSMsgType.TEXT, f"closed: {self.socket.close_code} {item.extra}"
                frame: dict[str, Any] = json.loads(item.data)
                if frame["t"] == kind:
                    return frame

    async def ending(self) -> int:
        """The code with which the hub closes."""
        async with asyncio.timeout(5):
            while (await self.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                pass
        return self.socket.close_code or 0


@asynccontextmanager
async def chatting(**settings: Any) -> AsyncGenerator[Chat]:
    usual: dict[str, Any] = {"secret": SECRET, "site_secret": SITE, "origins": (ORIGIN,)}
    line = MemoryLine(FixedClock(), "web")
    channel = WebChat(Settings(**(usual | settings)), tools("web", clock=line.clock))

    async def serve(request: web.Request) -> web.StreamResponse:
        return await channel.serve(request, line)

    app = web.Application()
    app.router.add_route("*", "/c/webchat/web/{action:.*}", serve)
    runner = web.AppRunner(app, shutdown_timeout=1, lingering_time=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/c/webchat/web"
    try:
        async with aiohttp.ClientSession() as http:
            yield Chat(http, base, line, channel)
    finally:
        line.stop()
        await runner.cleanup()
