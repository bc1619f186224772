"""Another system that writes for its customers: signed posts to the hub, and a receiver for its signed webhooks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
from aiohttp import web

from channels.kit import check_stamp, stamp
from channels.simulator.contacts import Ears, Lost, RefusedMessage
from channels.simulator.settings import SimulatorSettings
from channels.simulator.statistics import Acknowledged, Kind, Statistics
from channels.simulator.stories import Person
from hub.errors import Rejected
from hub.ports import Clock, Secret

_AGAIN = 0.5
_SOON = (408, 429, 500, 502, 503, 504)


class Receiver:
    """``POST /messages``: takes the hub's webhooks, checks their signature, and gives them to the one they are for."""

    def __init__(self, secret: Secret, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock
        self._boxes: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self.port = 0

    def box(self, customer: str) -> asyncio.Queue[dict[str, Any]]:
        return self._boxes.setdefault(customer, asyncio.Queue())

    @asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[Receiver]:
        app = web.Application(client_max_size=20_000_000)
        app.router.add_post("/messages", self._take)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            check_stamp(request.headers.get("Continuo-Signature"), (self._secret,), body, self._clock.now())
        except Rejected as error:
            return web.Response(status=error.status, text=error.words)
        said = msgspec.json.decode(body)
        self.box(said["to"]).put_nowait(said)
        return web.Response(status=204)


class Posting:
    kind: Kind = "api"

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        settings: SimulatorSettings,
        person: Person,
        key: str,
        seen: Statistics,
        receiver: Receiver,
        clock: Clock,
    ) -> None:
        assert settings.api_secret is not None
        self._http = http
        self._base = f"{settings.hub_url.rstrip('/')}/c/api/{settings.api}"
        self._secret = settings.api_secret
        self._seconds = settings.retry_seconds
        self._person = person
        self._key = key
        self._seen = seen
        self._ears = Ears(seen)
        self._box = receiver.box(key)
        self._clock = clock
        self._count = 0

    async def stay(self) -> None:
        while True:
            said = await self._box.get()
            if self._ears.take(said["delivery"], said["text"]):
                await self._post("statuses", {"delivery": said["delivery"], "status": "read"})

    async def say(self, text: str) -> None:
        self._count += 1
        key = f"{self._key}-{self._count}"
        body = {"external_id": key, "from": self._key, "name": self._person.name, "text": text}
        try:
            async with asyncio.timeout(self._seconds):
                while (answer := await self._post("messages", body)) is None:
                    self._seen.repeated += 1
                    await asyncio.sleep(_AGAIN)
        except TimeoutError:
            raise Lost(key) from None
        self._seen.acknowledged.append(Acknowledged(kind="api", key=key, text=text, position=answer["position"]))

    async def hear(self) -> str:
        return await self._ears.next()

    async def _post(self, action: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """None: try again. Raises RefusedMessage."""
        content = msgspec.json.encode(body)
        headers = {"Continuo-Signature": stamp(self._secret, content, self._clock.now())}
        try:
            async with self._http.post(f"{self._base}/{action}", data=content, headers=headers) as response:
                if response.status in _SOON:
                    return None
                if response.status != 200:
                    raise RefusedMessage(f"{response.status}: {(await response.text())[:200]}")
                answer: dict[str, Any] = msgspec.json.decode(await response.read())
                return answer
        except (aiohttp.ClientError, OSError):
            return None
