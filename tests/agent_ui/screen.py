"""A console's socket, as tests use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import WSMsgType

from tests.agent_ui.site import Site


class Screen:
    """A console's socket; keeps what it got."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.position = 0
        self.events: list[dict[str, Any]] = []

    async def hello(self, after: int | None) -> None:
        self.position = after or 0
        await self.socket.send_json({"t": "hello", "after": after})

    async def begin(self, after: int | None = None) -> None:
        await self.hello(after)
        await self.frame("caught_up")

    async def frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; patches on the way are noted."""
        async with asyncio.timeout(10):
            while True:
                frame: dict[str, Any] = await self.socket.receive_json()
                if frame["t"] == "patch":
                    self.note(frame)
                if frame["t"] == kind:
                    return frame

    def note(self, patch: dict[str, Any]) -> None:
        assert patch["after"] <= self.position, "a gap"
        assert patch["position"] > self.position, "nothing new"
        self.events += [event for event in patch.get("events", []) if event["position"] > self.position]
        self.position = patch["position"]

    async def until(self, position: int) -> None:
        while self.position < position:
            await self.frame("patch")

    @property
    def positions(self) -> list[int]:
        return [event["position"] for event in self.events]

    async def closed(self) -> int | None:
        """The code of the end; what still comes is noted."""
        async with asyncio.timeout(10):
            while (message := await self.socket.receive()).type is WSMsgType.TEXT:
                if (frame := message.json())["t"] == "patch":
                    self.note(frame)
        return self.socket.close_code


@asynccontextmanager
async def desk(site: Site, name: str) -> AsyncIterator[Screen]:
    async with site.signed_in(name) as client, client.ws_connect("/api/live") as socket:
        yield Screen(socket)
