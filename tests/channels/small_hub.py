"""The three channels on real sockets over stores in memory, and an agent who answers everything: for the simulator."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from channels.api import Api, ApiSettings
from channels.email import Email
from channels.webchat import Settings, WebChat
from hub.errors import HubError, SendError, Unavailable
from hub.events import MessageQueued, MessageReceived
from hub.ids import ChannelId, InteractionId, OutboxId
from hub.ports import Outbound, Secret, Webhook
from tests.channels.cases import tools
from tests.channels.mails import channel
from tests.channels.memory_line import FixedClock, MemoryLine

SECRET = Secret("shop-secret-1234567")


class WallClock(FixedClock):
    """Moves by itself: signatures are checked against it by both sides."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SmallHub:
    """``fails`` requests are answered 503, or with a socket cut, before all goes well."""

    def __init__(self) -> None:
        self.clock = WallClock()
        self.lines = {name: MemoryLine(self.clock, name) for name in ("chat", "mail", "shop")}
        self.fails = 0
        self.twice = False
        self.api = Api(ApiSettings(secret=SECRET), tools("shop", clock=self.clock))
        self.chat = WebChat(Settings(secret=SECRET), tools("chat", clock=self.clock))
        self.mail: Email = channel(listen_port=0, relay_host="")
        self.port = 0
        self._sent = 0

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["SmallHub"]:
        app = web.Application()
        app.router.add_route("*", "/c/webchat/chat/{action:.*}", self._chat)
        app.router.add_route("*", "/c/api/shop/{action}", self._webhook)
        runner = web.AppRunner(app, shutdown_timeout=0.5)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        listening = asyncio.create_task(self.mail.listen(self.lines["mail"]))
        await self.mail.listening.wait()
        try:
            yield self
        finally:
            self.lines["chat"].stop()
            listening.cancel()
            await asyncio.wait([listening])
            await runner.cleanup()

    def acknowledged(self) -> set[str]:
        """Keys of all kept messages, as the simulator names them."""
        return {
            event.external_id.partition(">:")[0].rpartition(":")[2] + (">" if ">:" in event.external_id else "")
            for line in self.lines.values()
            for event in line.events
            if isinstance(event.data, MessageReceived)
        }

    async def answer_all(self, sink_port: int, receiver_port: int) -> None:
        """Until cancelled: one answer for every message."""
        async with AsyncExitStack() as stack:
            http = await stack.enter_async_context(aiohttp.ClientSession())
            url = f"http://127.0.0.1:{receiver_port}/messages"
            api = Api(ApiSettings(secret=SECRET, url=url), tools("shop", http=http, clock=self.clock))
            mail = channel(relay_port=sink_port, relay_user="", bounce_address=False)
            tasks = await stack.enter_async_context(asyncio.TaskGroup())
            tasks.create_task(self._answer_chats())
            tasks.create_task(self._answer("mail", mail))
            tasks.create_task(self._answer("shop", api))

    async def _answer_chats(self) -> None:
        line, seen = self.lines["chat"], 0
        while True:
            await line.until_kept(seen + 1)
            for event in line.events[seen:]:
                if isinstance(event.data, MessageReceived):
                    line.answer(event.data.sender, f"About: {event.data.text}")
            seen = len(line.events)

    async def _answer(self, name: str, by: Api | Email) -> None:
        line, seen = self.lines[name], 0
        while True:
            await line.until_kept(seen + 1)
            event, seen = line.events[seen], seen + 1
            if not isinstance(event.data, MessageReceived):
                continue
            self._sent += 1
            outbox = OutboxId(f"01931b2e-7c00-7000-8000-{self._sent:012x}")
            message = Outbound(
                outbox_id=outbox,
                channel_id=ChannelId(name),
                interaction_id=InteractionId("01931b2e-7c00-7000-8000-00000000000b"),
                to=event.data.sender,
                message=MessageQueued(outbox_id=outbox, to=event.data.sender, text="We look into it."),
                thread=event.data.thread or {},
            )
            for _ in range(2 if self.twice else 1):
                with suppress(SendError):  # the customers may have left
                    await by.send(message)

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        if self.fails > 0:
            self.fails -= 1
            return web.Response(status=503)
        return await self.chat.serve(request, self.lines["chat"])

    async def _webhook(self, request: web.Request) -> web.Response:
        webhook = Webhook(
            method=request.method,
            action=request.match_info["action"],
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            received_at=self.clock.now(),
        )
        try:
            if self.fails > 0:
                self.fails -= 1
                raise Unavailable
            self.api.verify(webhook)
            result = await self.lines["shop"].accept(self.api.parse(webhook))
        except HubError as error:
            return web.Response(status=error.status, text=error.words)
        answer = self.api.answer(webhook, result)
        return web.Response(status=answer.status, body=answer.body, content_type=answer.content_type)
