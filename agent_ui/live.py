"""The live connection of a console. Law: every position exactly once, in order; what can't be kept up is said (resync).

One task a connection, its reader. A second one exists only while the screen catches up.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import Final, Literal

import msgspec
from aiohttp import WSMsgType, web

from agent_ui import frames as fr
from agent_ui.auth import who
from agent_ui.call import Call
from agent_ui.problems import require_origin
from agent_ui.screens import Screens, Wire
from agent_ui.viewers import Viewers
from hub.errors import HubError, NotFound, Unauthorised
from hub.feed import FAR_BEHIND, LOOK_SECONDS
from hub.ids import CustomerId
from hub.runtime import Hub
from hub.store.users import User

log = logging.getLogger(__name__)
SCREENS: Final = web.AppKey("screens", Screens)
VIEWERS: Final = web.AppKey("viewers", Viewers)
FRAME_BYTES: Final = 16_384
FRAMES_A_SECOND: Final = 50
"""A screen that says more is broken."""
BUFFER_BYTES: Final = 262_144
"""A transport that holds more unsent bytes is slow: frames wait, then the screen has to resync."""
PATIENCE_BYTES: Final = 2_097_152
"""More unsent bytes than a large patch and a long row of pongs: nobody reads at the other end."""
QUEUE: Final = 256
DRAIN_SECONDS: Final = 0.05
STALL_SECONDS: Final = 20.0
GOODBYE_SECONDS: Final = 5.0
MALFORMED, SIGNED_OUT, FLOOD = 4400, 4401, 4429
LEAVING, BROKEN, LATER = 1001, 1011, 1013


class Console:
    """One socket, a Screen and a Watcher; ``position`` is what the screen has."""

    def __init__(self, call: Call, socket: web.WebSocketResponse, transport: asyncio.Transport) -> None:
        app = call.request.app
        self.token_hash = call.token_hash
        self.customer_id: CustomerId | None = None
        self.doing: Literal["reading", "writing"] = "reading"
        self.said_at = self.heard_at = asyncio.get_running_loop().time()
        self._budget, self._budget_at = 0, self.heard_at
        self._call = call
        self._hub: Hub = call.hub
        self._screens: Screens = app[SCREENS]
        self._viewers: Viewers = app[VIEWERS]
        self._socket = socket
        self._transport = transport
        self._position = 0
        self._behind = 0
        """The head that the screen was promised."""
        self._is_direct = False
        self._is_lost = False
        self._is_over = False
        """The goodbye is said; nothing may follow it."""
        self._waiting: deque[Wire] | None = None
        self._catching: asyncio.Task[None] | None = None

    @property
    def user(self) -> User:
        return self._call.user

    async def run(self) -> None:
        try:
            await self._hub.beats.arrive(self.user.agent_id)
            self._screens.join(self)
            async for message in self._socket:
                if message.type is WSMsgType.TEXT and not self._is_over:
                    await self._take(message.data)
                elif message.type is WSMsgType.BINARY:
                    await self._end(MALFORMED, "frames are JSON text")
        except HubError as error:
            await self._end(LATER, error.words)
        except ConnectionError:
            pass  # the other side has gone
        except Exception:
            log.exception("the live connection of %s failed", self.user.agent_id)
            await self._end(BROKEN, "something went wrong here")
        finally:
            self._screens.leave(self)
            self._stop_catching()
            await self._viewers.look(self, None)

    # out

    def push(self, wire: Wire) -> None:
        """From the feed, for every frame: written at once where the screen keeps up."""
        if self._is_direct:
            if self._transport.get_write_buffer_size() < BUFFER_BYTES:
                self._put(wire)
                return
            self._is_direct = False
            self._keep(wire)
            self._catch_up()
        elif self._catching is not None:
            self._keep(wire)

    def _keep(self, wire: Wire) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) < QUEUE and not self._is_lost:
            self._waiting.append(wire)
        else:
            self._is_lost = True
            self._waiting = None

    def _put(self, wire: Wire) -> None:
        if wire.position > self._position and not self._transport.is_closing():
            self._position = wire.position
            self._transport.write(wire.content)

    def tell(self, frame: fr.ServerFrame) -> None:
        self.write(fr.as_websocket(fr.encode(frame)))

    def write(self, content: bytes) -> None:
        """Small things between the patches; who does not read even those is let go."""
        if self._transport.get_write_buffer_size() >= PATIENCE_BYTES:
            self._transport.abort()
        elif not self._is_over and not self._transport.is_closing():
            self._transport.write(content)

    def sign_out(self) -> None:
        self.tell(fr.SignedOut())
        self._hang_up(SIGNED_OUT)

    def hang_up(self, *, politely: bool) -> None:
        if politely:
            self._hang_up(LEAVING)
        else:
            self._transport.abort()

    def _hang_up(self, code: int) -> None:
        """Say goodbye; the other side's own goodbye ends the reader."""
        self.write(fr.goodbye(code))
        self._fall_silent()
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, self._transport.abort)

    async def _end(self, code: int, words: str) -> None:
        """The same from inside the reader, with words."""
        if not self._is_over:
            self._fall_silent()
            await self._socket.close(code=code, message=words.encode()[:120], drain=False)

    def _fall_silent(self) -> None:
        self._is_over, self._is_direct = True, False
        self._stop_catching()

    # catching up

    def _catch_up(self) -> None:
        self._stop_catching()
        self._catching = asyncio.get_running_loop().create_task(self._follow())

    def _stop_catching(self) -> None:
        if self._catching is not None:
            self._catching.cancel()
        self._catching = self._waiting = None

    async def _follow(self) -> None:
        """Read up to the tail, then let the feed write directly."""
        try:
            async with asyncio.timeout(None) as patience:
                while await self._step(patience):
                    pass
        except TimeoutError:
            # It reads nothing: no word would reach it.
            self._transport.abort()
        except HubError:
            self._hang_up(LATER)
        except Exception:
            log.exception("the live connection of %s can't catch up", self.user.agent_id)
            self._hang_up(BROKEN)

    async def _step(self, patience: asyncio.Timeout) -> bool:
        if self._is_lost:
            self._lose("too slow")
            return False
        if self._transport.get_write_buffer_size() >= BUFFER_BYTES:
            if patience.when() is None:
                patience.reschedule(asyncio.get_running_loop().time() + STALL_SECONDS)
            await asyncio.sleep(DRAIN_SECONDS)
            return True
        patience.reschedule(None)
        if (wire := self._next()) is not None:
            self._put(wire)
            return True
        return await self._read()

    def _next(self) -> Wire | None:
        """The frame that waits for exactly this position."""
        waiting = self._waiting
        while waiting and waiting[0].position <= self._position:
            waiting.popleft()
        return waiting.popleft() if waiting and waiting[0].after == self._position else None

    async def _read(self) -> bool:
        wire, is_more = await self._screens.read(self._position)
        self._put(wire)
        head = self._screens.feed.head
        if is_more or self._waiting or self._position < head:
            return True
        if head < self._behind:
            # This process has not read yet what another one has promised.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._screens.feed.until_behind(self._behind - 1)
            return True
        # Nothing may be awaited from here on: the next frame follows exactly.
        self._is_direct = True
        self._catching = self._waiting = None
        self.tell(fr.CaughtUp(position=self._position))
        return False

    def _lose(self, reason: str) -> None:
        self._is_direct = self._is_lost = False
        self._catching = self._waiting = None
        self.tell(fr.Resync(reason=reason))

    # in

    async def _take(self, text: str) -> None:
        try:
            said: fr.Said = fr.decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            await self._end(MALFORMED, "this is no frame")
            return
        if self._is_flooding():
            await self._end(FLOOD, "too many frames")
            return
        match said:
            case fr.Ping(n=n):
                self._hub.beats.beat(self.user.agent_id)
                self.tell(fr.Pong(n=n, server_time=self._hub.clock.now(), head=self._screens.feed.head))
            case fr.Hello(after=after):
                await self._hello(after or 0)
            case fr.View(customer_id=customer_id):
                await self._viewers.look(self, customer_id)
            case fr.Types():
                await self._types(said)

    def _is_flooding(self) -> bool:
        self.heard_at = now = asyncio.get_running_loop().time()
        if now - self._budget_at >= 1.0:
            self._budget, self._budget_at = 0, now
        self._budget += 1
        return self._budget > FRAMES_A_SECOND

    async def _hello(self, after: int) -> None:
        self._stop_catching()
        self._is_direct = self._is_lost = False
        head = await self._hub.store.head()
        self._position, self._behind = after, head
        self.tell(fr.Welcome(position=head, server_time=self._hub.clock.now()))
        if after > head:
            self._lose("ahead of the stream")
        elif head - after > FAR_BEHIND:
            self._lose("too far behind")
        else:
            self._catch_up()

    async def _types(self, said: fr.Types) -> None:
        await self._viewers.write(self, on=said.on and said.kind == "reply")
        if said.kind == "reply":
            await self._hub.signals.agent_typing(said.interaction_id, self.user.name, on=said.on)


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
        await Console(call, socket, request.transport).run()
    return socket
