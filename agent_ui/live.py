"""The live connection of a console. Law: every position exactly once, in order; what can't be kept up is said (resync).

A frame is built once per process and written to every transport in a plain loop; only a screen that lags has a queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final, Literal

import msgspec
from aiohttp import WSMsgType, web

from agent_ui import frames as fr
from agent_ui.auth import who
from agent_ui.call import Call
from agent_ui.problems import require_origin
from agent_ui.viewers import Viewers
from hub.errors import NotFound, Unauthorised, Unavailable
from hub.feed import BATCH, FAR_BEHIND, PatchFrame
from hub.ids import CustomerId
from hub.signals import Viewing
from hub.store import users

log = logging.getLogger(__name__)
VIEWERS: Final = web.AppKey("viewers", Viewers)
FRAME_BYTES: Final = 16_384
BUFFER_BYTES: Final = 262_144
"""A transport that holds more unsent bytes is slow: frames wait, then the screen has to resync."""
QUEUE: Final = 256
DRAIN_SECONDS: Final = 0.05
STALL_SECONDS: Final = 20.0
CHECK_PINGS: Final = 15
"""The session is looked up again after so many pings (half a minute)."""
MALFORMED, SIGNED_OUT, SLOW = 4400, 4401, 4408


class Console:
    """One socket. Joins the feed as a sink; ``position`` is what the screen has."""

    def __init__(
        self, call: Call, socket: web.WebSocketResponse, transport: asyncio.Transport, viewers: Viewers
    ) -> None:
        self.customer_id: CustomerId | None = None
        self._call = call
        self._hub = call.hub
        self._socket = socket
        self._transport = transport
        self._viewers = viewers
        self._position = 0
        self._is_direct = False
        self._waiting: deque[PatchFrame] = deque()
        self._is_lost = False
        self._catching: asyncio.Task[None] | None = None
        self._doing: Literal["reading", "writing"] = "reading"
        self._pings = 0

    async def run(self) -> None:
        await self._hub.beats.arrive(self._call.agent_id)
        self._viewers.join(self)
        self._hub.feed.join(self)
        try:
            async for message in self._socket:
                if message.type is not WSMsgType.TEXT or not await self._take(message.data):
                    await self._socket.close(code=MALFORMED, message=b"frames are JSON text")
                    return
        finally:
            self._hub.feed.leave(self)
            self._viewers.leave(self)
            if self._catching is not None:
                self._catching.cancel()
            await self._look_at(None)

    # out

    def push(self, frame: PatchFrame) -> None:
        """From the feed, for every frame: written at once where the screen keeps up."""
        if self._is_direct and self._transport.get_write_buffer_size() < BUFFER_BYTES:
            self._put(frame)
        elif len(self._waiting) < QUEUE:
            self._waiting.append(frame)
            if self._is_direct:
                self._is_direct = False
                self._catch_up()
        else:
            self._is_lost = True
            self._waiting.clear()

    def tell(self, frame: fr.ServerFrame) -> None:
        if not self._transport.is_closing():
            self._transport.write(fr.as_websocket(fr.encode(frame)))

    def _put(self, frame: PatchFrame) -> None:
        if frame.position > self._position and not self._transport.is_closing():
            self._position = frame.position
            self._transport.write(websocket_frame(frame))

    def _catch_up(self) -> None:
        if self._catching is not None:
            self._catching.cancel()
        self._catching = asyncio.get_running_loop().create_task(self._follow())

    async def _follow(self) -> None:
        """Read up to the tail, then let the feed write directly."""
        try:
            async with asyncio.timeout(None) as patience:
                while await self._step(patience):
                    pass
        except TimeoutError:
            await self._end(SLOW, "too slow")
        except Unavailable:
            await self._end(1013, "the store does not answer")

    async def _step(self, patience: asyncio.Timeout) -> bool:
        if self._is_lost:
            self._lose("too slow")
            return False
        if self._transport.get_write_buffer_size() >= BUFFER_BYTES:
            loop = asyncio.get_running_loop()
            if patience.when() is None:
                patience.reschedule(loop.time() + STALL_SECONDS)
            await asyncio.sleep(DRAIN_SECONDS)
            return True
        patience.reschedule(None)
        while self._waiting and self._waiting[0].position <= self._position:
            self._waiting.popleft()
        if self._waiting and self._waiting[0].after <= self._position:
            frame = self._waiting.popleft()
            if frame.after == self._position:
                self._put(frame)
                return True
            self._waiting.appendleft(frame)
        return await self._read()

    async def _read(self) -> bool:
        frame, count = await self._hub.feed.frame(self._position)
        self._put(frame)
        if count >= BATCH or self._waiting or self._position < self._hub.feed.head:
            return True
        self._is_direct = True
        self.tell(fr.CaughtUp(position=self._position))
        return False

    def _lose(self, reason: str) -> None:
        self._is_lost = True
        self._waiting.clear()
        self.tell(fr.Resync(reason=reason))

    async def _end(self, code: int, words: str) -> None:
        await self._socket.close(code=code, message=words.encode(), drain=False)
        self._transport.abort()

    # in

    async def _take(self, text: str) -> bool:
        """False for a frame that is none."""
        try:
            said: fr.Said = fr.decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return False
        match said:
            case fr.Ping(n=n):
                await self._ping(n)
            case fr.Hello(after=after):
                await self._hello(after)
            case fr.View(customer_id=customer_id):
                await self._look_at(customer_id)
            case fr.Types():
                await self._types(said)
        return True

    async def _ping(self, n: int) -> None:
        self._hub.beats.beat(self._call.agent_id)
        self.tell(fr.Pong(n=n, server_time=self._hub.clock.now(), head=self._hub.feed.head))
        self._pings += 1
        if self._pings % CHECK_PINGS == 0:
            await self._check_session()

    async def _check_session(self) -> None:
        now, digest = self._hub.clock.now(), self._call.token_hash
        if await self._hub.store.read(lambda view: users.session(view, digest, now)) is None:
            self.tell(fr.SignedOut())
            await self._socket.close(code=SIGNED_OUT, message=b"signed out")

    async def _hello(self, after: int | None) -> None:
        head = await self._hub.store.head()
        self._is_direct, self._is_lost = False, False
        self._waiting.clear()
        self._position = after or 0
        self.tell(fr.Welcome(position=head, server_time=self._hub.clock.now()))
        if self._position > head:
            self._lose("ahead of the stream")
        elif head - self._position > FAR_BEHIND:
            self._lose("too far behind")
        else:
            self._catch_up()

    # others

    def viewing(self) -> Viewing | None:
        if self.customer_id is None:
            return None
        user = self._call.user
        return Viewing(customer_id=self.customer_id, agent_id=user.agent_id, name=user.name, doing=self._doing)

    async def _look_at(self, customer_id: CustomerId | None) -> None:
        before = self.viewing()
        if before is not None and before.customer_id != customer_id:
            await self._hub.signals.viewing(msgspec.structs.replace(before, doing="gone"))
        self.customer_id, self._doing = customer_id, "reading"
        if customer_id is not None and (now := self.viewing()) is not None:
            self.tell(self._viewers.presence(customer_id, self._call.agent_id))
            await self._hub.signals.viewing(now)

    async def _types(self, said: fr.Types) -> None:
        self._doing = "writing" if said.on and said.kind == "reply" else "reading"
        if (now := self.viewing()) is not None:
            await self._hub.signals.viewing(now)
        if said.kind == "reply":
            await self._hub.signals.agent_typing(said.interaction_id, self._call.user.name, on=said.on)


_last: Final[dict[str, tuple[PatchFrame, bytes]]] = {}


def websocket_frame(frame: PatchFrame) -> bytes:
    """Built for the first screen, shared by all others."""
    known = _last.get("frame")
    if known is not None and known[0] is frame:
        return known[1]
    built = fr.as_websocket(fr.patch(frame))
    _last["frame"] = (frame, built)
    return built


async def live(request: web.Request) -> web.StreamResponse:
    """``/api/live``: the socket of a signed-in person on a page of ours."""
    require_origin(request)
    socket = web.WebSocketResponse(max_msg_size=FRAME_BYTES, heartbeat=None, compress=False, timeout=5.0)
    if not socket.can_prepare(request):
        raise NotFound("This is a WebSocket.")
    try:
        call = await who(request)
    except Unauthorised:
        await socket.prepare(request)
        await socket.close(code=SIGNED_OUT, message=b"signed out")
        return socket
    await socket.prepare(request)
    if request.transport is not None:
        await Console(call, socket, request.transport, request.app[VIEWERS]).run()
    return socket
