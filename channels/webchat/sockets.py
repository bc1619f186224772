"""One live connection of a customer's page. One law: a page that reads slowly costs a bounded amount of memory.

Three tasks share it: read what the customer sends, write what is queued, and follow the stream from a position.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Protocol

from aiohttp import WSMsgType, web

from channels.webchat import frames as fr
from channels.webchat.limits import FRAMES, Bucket
from channels.webchat.visits import Expired, Visit
from hub.errors import HubError, Invalid, Rejected, TooMany, Unavailable
from hub.ids import Position
from hub.ports import Clock, Hint, Line

HELLO_SECONDS: Final = 10.0
BEAT_SECONDS: Final = 25.0
STALL_SECONDS: Final = 20.0
"""How long one frame may wait for a page that does not read."""
LOOK_SECONDS: Final = 20.0
"""The stream is read this often even without a hint: losing a hint costs delay, never data."""
QUEUE: Final = 64

GOING_AWAY, POLICY, TOO_BIG, TRY_AGAIN = 1001, 1008, 1009, 1013
MALFORMED, EXPIRED, FORGED = 4400, 4401, 4403


class Hangup(Exception):
    """Close the socket with this code."""

    def __init__(self, code: int, words: str = "") -> None:
        super().__init__(words)
        self.code = code
        self.words = words


class Desk(Protocol):
    """What a connection needs of its channel."""

    clock: Clock

    def admit(self, token: str) -> Visit: ...

    async def take(self, line: Line, visit: Visit, message: fr.Message) -> fr.Ack: ...

    async def mark(self, line: Line, visit: Visit, marks: fr.Marks) -> None: ...


class Connection:
    def __init__(self, desk: Desk, line: Line, socket: web.WebSocketResponse, visit: Visit, after: int) -> None:
        self._desk = desk
        self._line = line
        self._socket = socket
        self._visit = visit
        self._after = Position(after)
        self._queue: asyncio.Queue[fr.HubFrame] = asyncio.Queue(QUEUE)
        self._bucket = Bucket(FRAMES, self._now())
        self._status: fr.StatusNow | None = None
        self._marks = fr.Marks()
        self._is_typing = False
        self._reading = asyncio.Lock()

    async def run(self) -> None:
        """Until one side ends it. Raises Hangup with the code to close with."""
        try:
            async with self._line.watch(self._visit.address) as hints, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write())
                tasks.create_task(self._follow(hints))
                tasks.create_task(self._look())
                tasks.create_task(self._read())
        except* (Hangup, HubError) as ended:
            raise _first(ended) from None
        finally:
            if self._is_typing:
                await self._line.signal(self._visit.address, "typing", on=False)

    def push(self, frame: fr.HubFrame) -> None:
        """Queue a frame. Raises Hangup when the page has not read for so long that the queue is full."""
        try:
            self._queue.put_nowait(frame)
        except asyncio.QueueFull:
            raise Hangup(TRY_AGAIN, "too slow") from None

    def tell_typing(self, frame: fr.Typing) -> None:
        """A passing signal: dropped where the page is busy."""
        if not self._queue.full():
            self._queue.put_nowait(frame)

    def _now(self) -> float:
        return self._desk.clock.now().timestamp()

    async def _write(self) -> None:
        while True:
            frame = await self._queue.get()
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    await self._socket.send_str(fr.encode(frame).decode())
            except TimeoutError:
                raise Hangup(TRY_AGAIN, "too slow") from None
            except ConnectionError:
                raise Hangup(GOING_AWAY) from None

    async def _follow(self, hints: AsyncIterator[Hint]) -> None:
        await self._catch_up(is_first=True)
        async for hint in hints:
            if hint.kind == "typing":
                self.tell_typing(fr.Typing(on=hint.on, name=hint.name))
            else:
                await self._catch_up()
        raise Hangup(GOING_AWAY, "the hub is stopping")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._catch_up()

    async def _catch_up(self, *, is_first: bool = False) -> None:
        """Send what is new. Waits while the queue is full, so at most one reading is held in memory."""
        async with self._reading:
            talk = await self._line.history(self._visit.address, self._after)
            status = fr.StatusNow(state=talk.state, agent=talk.agent)
            if is_first or talk.messages or talk.resync:
                for page in fr.pages(talk, self._visit.address):
                    await self._queue.put(page)
            self._after = Position(max(self._after, talk.position))
            if status != self._status:
                self._status = status
                await self._queue.put(status)

    async def _read(self) -> None:
        async for item in self._socket:
            if item.type is not WSMsgType.TEXT:
                raise Hangup(MALFORMED, "frames are JSON text")
            if self._bucket.take(self._now()):
                raise Hangup(POLICY, "too many frames")
            try:
                frame = fr.read_frame(item.data)
            except fr.Malformed as error:
                raise Hangup(MALFORMED, error.words) from None
            await self._handle(frame)
        raise Hangup(self._socket.close_code or GOING_AWAY)

    async def _handle(self, frame: fr.ClientFrame) -> None:
        match frame:
            case fr.Message():
                await self._message(frame)
            case fr.Marks():
                await self._mark(frame)
            case fr.Typing(on=on):
                if on or self._is_typing:
                    self._is_typing = on
                    await self._line.signal(self._visit.address, "typing", on=on)
            case fr.Ping(n=n):
                self.push(fr.Pong(n=n))
            case fr.Hello():
                raise Hangup(MALFORMED, "hello is said once")

    async def _message(self, frame: fr.Message) -> None:
        try:
            ack = await self._desk.take(self._line, self._visit, frame)
        except TooMany as error:
            self.push(fr.Wait(client_id=frame.client_id, after=_seconds(error), code=error.code))
        except Unavailable as error:
            self.push(fr.Wait(client_id=frame.client_id, after=2.0, code=error.code))
        except (Invalid, Rejected, Expired) as error:
            code = str(error.details.get("code", error.code))
            self.push(fr.Refused(client_id=frame.client_id, code=code, words=error.words))
        else:
            self.push(ack)

    async def _mark(self, marks: fr.Marks) -> None:
        ahead = fr.Marks(delivered=max(marks.delivered, self._marks.delivered), read=max(marks.read, self._marks.read))
        if ahead != self._marks:
            await self._desk.mark(self._line, self._visit, ahead)
            self._marks = ahead


async def greet(desk: Desk, socket: web.WebSocketResponse) -> tuple[Visit, int]:
    """The first frame: who is it, and from where on. Raises Hangup."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            item = await socket.receive()
    except TimeoutError:
        raise Hangup(MALFORMED, "no hello") from None
    if item.type is not WSMsgType.TEXT:
        raise Hangup(socket.close_code or MALFORMED, "the first frame is hello")
    try:
        hello = fr.read_frame(item.data)
    except fr.Malformed as error:
        raise Hangup(MALFORMED, error.words) from None
    if not isinstance(hello, fr.Hello):
        raise Hangup(MALFORMED, "the first frame is hello")
    try:
        return desk.admit(hello.token), hello.after or 0
    except Expired as error:
        raise Hangup(EXPIRED, error.words) from None
    except Rejected as error:
        raise Hangup(FORGED, error.words) from None


async def hang_up(request: web.Request, socket: web.WebSocketResponse, hangup: Hangup) -> None:
    """Say why and close; a page that does not even take that is cut off."""
    try:
        async with asyncio.timeout(5):
            await socket.close(code=hangup.code, message=hangup.words.encode()[:120], drain=False)
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()


def _seconds(error: TooMany) -> float:
    after = error.details.get("after")
    return float(after) if isinstance(after, int | float) else 2.0


def _first(group: BaseExceptionGroup[Hangup | HubError]) -> Hangup:
    """Several tasks may end at once: the first one says why."""
    match group.exceptions[0]:
        case Hangup() as hangup:
            return hangup
        case HubError(words=words):
            return Hangup(TRY_AGAIN, words)
        case inner:
            return _first(inner)
