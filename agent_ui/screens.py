"""The live connections of this process. Law: a frame is built once, then written to each in a plain loop.

One sink of the feed for all of them. Late frames are kept, so that a crowd that comes back reads the store once.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from typing import Final, NamedTuple, Protocol

from agent_ui import frames as fr
from hub.errors import Unavailable
from hub.feed import BATCH, Feed, PatchFrame
from hub.ports import Bus, Clock
from hub.store import Store, users

log = logging.getLogger(__name__)
ENDED: Final = "sessions"
"""Topic of the hint that sessions have ended somewhere."""
LOOK_SECONDS: Final = 15.0
"""Sessions are looked up this often, for the hint may be lost; a screen that says nothing for longer is gone."""
SILENT_SECONDS: Final = 60.0
KEPT_FRAMES: Final = 64
KEPT_BYTES: Final = 16_000_000


class Wire(NamedTuple):
    """A patch as the bytes of a WebSocket frame."""

    after: int
    position: int
    content: bytes


class Screen(Protocol):
    """One live connection, as this module sees it."""

    token_hash: str
    heard_at: float
    """Time of the loop when it last said something."""

    def push(self, wire: Wire) -> None: ...

    def write(self, content: bytes) -> None: ...

    def sign_out(self) -> None: ...

    def hang_up(self, *, politely: bool) -> None: ...


class Recent:
    """Frames by the position they follow, the oldest dropped. A frame never becomes wrong: rows in it only rise."""

    def __init__(self) -> None:
        self._wires: OrderedDict[int, Wire] = OrderedDict()
        self._bytes = 0

    def add(self, wire: Wire) -> None:
        if (old := self._wires.pop(wire.after, None)) is not None:
            self._bytes -= len(old.content)
        self._wires[wire.after] = wire
        self._bytes += len(wire.content)
        while len(self._wires) > KEPT_FRAMES or self._bytes > KEPT_BYTES:
            self._bytes -= len(self._wires.popitem(last=False)[1].content)

    def get(self, after: int) -> Wire | None:
        return self._wires.get(after)


class Screens:
    def __init__(self, feed: Feed, store: Store, bus: Bus, clock: Clock) -> None:
        self.feed = feed
        self._store = store
        self._bus = bus
        self._clock = clock
        self._all: set[Screen] = set()
        self._recent = Recent()
        self._look = asyncio.Event()

    def __len__(self) -> int:
        return len(self._all)

    def join(self, screen: Screen) -> None:
        """Frames come from now on."""
        if not self._all:
            self.feed.join(self)
        self._all.add(screen)

    def leave(self, screen: Screen) -> None:
        self._all.discard(screen)
        if not self._all:
            self.feed.leave(self)

    def push(self, frame: PatchFrame) -> None:
        """From the feed."""
        wire = wire_of(frame)
        self._recent.add(wire)
        for screen in self._all:
            screen.push(wire)

    def tell(self, frame: fr.ServerFrame) -> None:
        """The same to everybody, encoded once."""
        content = fr.as_websocket(fr.encode(frame))
        for screen in self._all:
            screen.write(content)

    async def read(self, after: int) -> tuple[Wire, bool]:
        """The next events behind a position, and whether there may be more. Raises Unavailable."""
        known = self._recent.get(after)
        if known is not None:
            return known, True
        frame, count = await self.feed.frame(after)
        wire = wire_of(frame)
        if count >= BATCH:
            self._recent.add(wire)
        return wire, count >= BATCH

    # sessions

    async def tell_ended(self) -> None:
        """Sessions have ended: every process looks at once."""
        await self._bus.publish(ENDED, b"")

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hear())
            tasks.create_task(self._watch())

    async def _hear(self) -> None:
        async with self._bus.subscribe(ENDED) as hints:
            async for _ in hints:
                self._look.set()

    async def _watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            try:
                await self.look()
            except Unavailable as error:
                log.warning("sessions can't be looked up: %s", error)

    async def look(self) -> None:
        """Sign out the screens whose session is over; let go of those that fell silent."""
        screens = tuple(self._all)
        now, hashes = self._clock.now(), {one.token_hash for one in screens}
        valid = await self._store.read(lambda view: users.valid_sessions(view, hashes, now)) if hashes else set()
        long_ago = asyncio.get_running_loop().time() - SILENT_SECONDS
        for screen in screens:
            if screen.token_hash not in valid:
                screen.sign_out()
            elif screen.heard_at < long_ago:
                screen.hang_up(politely=False)

    def close(self) -> None:
        """The hub stops: everybody is told to come back later."""
        for screen in tuple(self._all):
            screen.hang_up(politely=True)


def wire_of(frame: PatchFrame) -> Wire:
    return Wire(frame.after, frame.position, fr.as_websocket(fr.patch(frame)))
