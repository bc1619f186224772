"""A customer with a browser: a visit, a socket that comes back when it breaks, messages said until acknowledged."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import msgspec

from channels.simulator.contacts import Ears, Lost, RefusedMessage
from channels.simulator.settings import SimulatorSettings
from channels.simulator.statistics import Acknowledged, Kind, Statistics

_AGAIN = 0.5


class Chatting:
    kind: Kind = "webchat"

    def __init__(
        self, http: aiohttp.ClientSession, settings: SimulatorSettings, account: str, key: str, seen: Statistics
    ) -> None:
        self._http = http
        self._base = f"{settings.hub_url.rstrip('/')}/c/webchat/{account}"
        self._seconds = settings.retry_seconds
        self._key = key
        self._seen = seen
        self._ears = Ears(seen)
        self._token = ""
        self._after = 0
        self._count = 0
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._pending: dict[str, tuple[str, asyncio.Future[int]]] = {}

    async def stay(self) -> None:
        while True:
            try:
                await self._visit()
                async with self._http.ws_connect(f"{self._base}/socket", heartbeat=20) as socket:
                    await self._talk(socket)
            except (aiohttp.ClientError, TimeoutError, OSError):
                pass
            finally:
                self._socket = None
            await asyncio.sleep(_AGAIN)

    async def say(self, text: str) -> None:
        self._count += 1
        client_id = f"{self._key}-{self._count}"
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._pending[client_id] = (text, done)
        if self._socket is not None:
            await self._hand_over(self._socket, client_id, text)
        try:
            async with asyncio.timeout(self._seconds):
                position = await done
        except TimeoutError:
            raise Lost(client_id) from None
        finally:
            self._pending.pop(client_id, None)
        self._seen.acknowledged.append(Acknowledged(kind="webchat", key=client_id, text=text, position=position))

    async def hear(self) -> str:
        return await self._ears.next()

    async def _visit(self) -> None:
        if self._token:
            return
        async with self._http.post(f"{self._base}/visit", json={}) as response:
            response.raise_for_status()
            self._token = (await response.json())["token"]

    async def _talk(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        await socket.send_json({"t": "hello", "token": self._token, "after": self._after})
        for client_id, (text, _) in list(self._pending.items()):
            self._seen.repeated += self._socket is None and self._after > 0
            await self._hand_over(socket, client_id, text)
        self._socket = socket
        async for item in socket:
            if item.type is not aiohttp.WSMsgType.TEXT:
                return
            await self._take(socket, msgspec.json.decode(item.data))

    async def _hand_over(self, socket: aiohttp.ClientWebSocketResponse, client_id: str, text: str) -> None:
        try:
            await socket.send_json({"t": "message", "client_id": client_id, "text": text})
        except (aiohttp.ClientError, OSError):
            self._socket = None  # it is said again on the next socket

    async def _take(self, socket: aiohttp.ClientWebSocketResponse, frame: dict[str, Any]) -> None:
        match frame:
            case {"t": "ack", "client_id": str(key), "position": int(position)}:
                if key in self._pending and not (done := self._pending[key][1]).done():
                    done.set_result(position)
            case {"t": "wait", "client_id": str(key), "after": int() | float() as after}:
                await asyncio.sleep(min(after, 5.0))
                if key in self._pending:
                    self._seen.repeated += 1
                    await self._hand_over(socket, key, self._pending[key][0])
            case {"t": "refused", "client_id": str(key), "words": str(words)}:
                if key in self._pending and not (done := self._pending[key][1]).done():
                    done.set_exception(RefusedMessage(words))
            case {"t": "history", "messages": list(messages), "position": int(position)}:
                await self._read(socket, messages, position)
            case _:
                pass

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, messages: list[Any], position: int) -> None:
        last = 0
        for one in messages:
            if one["by"] == "agent" and one["position"] > self._after:
                self._ears.take(one["event_id"], one["text"])
                last = max(last, one["position"])
        self._after = max(self._after, position)
        if last:
            await socket.send_json({"t": "marks", "delivered": last, "read": last})
