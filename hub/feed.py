"""The live tail. Law: a hint only wakes; what is new is what was committed, upward, each position exactly once."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple, Protocol

import msgspec

from hub.errors import Unavailable
from hub.events import Event
from hub.people import Patch
from hub.ports import Bus
from hub.store import Store, View
from hub.store.events import events_after
from hub.timeline import Desk

log = logging.getLogger(__name__)
TOPIC: Final = "events"
LOOK_SECONDS: Final = 2.0
"""The stream is read this often even without a hint."""
IDLE_SECONDS: Final = 0.5
"""A process that nobody looks at answers the hints of others this seldom."""
RETRY_SECONDS: Final = 0.5
BATCH: Final = 500
FAR_BEHIND: Final = 10_000
"""Positions: a screen further behind reads a snapshot instead."""
QUEUE: Final = 128
"""Frames a subscriber may leave unread."""
_encode: Final = msgspec.json.Encoder().encode


class PatchFrame(NamedTuple):
    """``people.Patch`` as JSON, encoded once for all screens."""

    after: int
    position: int
    json: bytes


class Resync(NamedTuple):
    """The subscriber has to read a snapshot: too far behind, or too slow."""

    reason: str


class Sink(Protocol):
    """Takes every frame of the tail, at once: it must neither wait nor fail."""

    def push(self, frame: PatchFrame) -> None: ...


class Subscriber:
    """A bounded queue. Overflow ends it: a slow screen must not hold the others."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.frames: deque[PatchFrame] = deque()
        self.ready = asyncio.Event()
        self.has_overflown = False

    def push(self, frame: PatchFrame) -> None:
        if len(self.frames) >= QUEUE:
            self.has_overflown = True
            self.frames.clear()
        elif not self.has_overflown:
            self.frames.append(frame)
        self.ready.set()


class Feed:
    """One per process. ``run`` is its only reader of the tail; everybody else waits for it."""

    def __init__(self, store: Store, bus: Bus, desk: Desk) -> None:
        self.store = store
        self.head = 0
        """Position up to which this process has read."""
        self._bus = bus
        self._desk = desk
        self._wake = asyncio.Event()
        self._moved = asyncio.Condition()
        self._subscribers: set[Sink] = set()
        self._awaited = 0
        """Who wants to know of new positions at once, without frames."""
        self._announce: int = 0
        self._is_told = asyncio.Event()
        self.begun = asyncio.Event()
        store.on_commit(self._committed)

    def _committed(self, events: Sequence[Event]) -> None:
        self._announce = max(self._announce, events[-1].position)
        self._wake.set()
        self._is_told.set()

    async def run(self) -> None:
        """Follow the stream until cancelled."""
        self.head = await self.store.head()
        self.begun.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_others())
            tasks.create_task(self._hear_others())
            tasks.create_task(self._follow())

    async def _tell_others(self) -> None:
        """One hint for all commits since the last one."""
        while True:
            await self._is_told.wait()
            self._is_told.clear()
            await self._bus.publish(TOPIC, str(self._announce).encode())

    async def _hear_others(self) -> None:
        async with self._bus.subscribe(TOPIC) as hints:
            async for hint in hints:
                if not hint.isdigit() or int(hint) > self.head:
                    self._wake.set()

    async def _follow(self) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            try:
                while await self._read_on():
                    pass
            except Unavailable as error:
                log.warning("the tail waits for the store: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()

    async def _read_on(self) -> bool:
        """Read one batch and hand it on. True when there may be more."""
        if not self._subscribers:
            return await self._move_on()
        frame, count = await self._frame(self.head, BATCH)
        if frame.position == self.head:
            return False
        self.head = frame.position
        for subscriber in tuple(self._subscribers):
            subscriber.push(frame)
        await self._say_moved()
        return count == BATCH

    async def _move_on(self) -> bool:
        """Nobody wants frames: knowing the head is enough. True when somebody has come meanwhile."""
        if self._announce > self.head:
            head = self._announce
        else:
            if not self._awaited:
                await asyncio.sleep(IDLE_SECONDS)
            head = await self.store.head()
        if self._subscribers:
            # Whoever joined while we asked must get a frame for these positions.
            return True
        self.head = max(head, self.head)
        await self._say_moved()
        return False

    async def _say_moved(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    def join(self, sink: Sink) -> None:
        """Every frame from now on. Read what is older with ``frame``."""
        self._subscribers.add(sink)

    def leave(self, sink: Sink) -> None:
        self._subscribers.discard(sink)

    async def frame(self, after: int) -> tuple[PatchFrame, int]:
        """The next events behind a position as a patch, and how many positions it covers.

        Never further than the tail: who has joined, and has read up to ``head``, goes on with the frames that follow.
        A reader that is ahead of the tail waits for it; one that is ahead of the stream gets an empty frame.
        """
        await self.begun.wait()
        if after > self.head:
            self._wake.set()
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self.until_behind(after - 1)
            except TimeoutError:
                return PatchFrame(after, after, _encode(Patch(after=after, position=after))), 0
        return await self._frame(after, min(BATCH, self.head - after))

    async def _frame(self, after: int, limit: int) -> tuple[PatchFrame, int]:
        known = self.store.tail.after(after, limit)

        def query(view: View) -> tuple[PatchFrame, int]:
            patch = self._desk.patch_of(view, after, limit, known) if limit else Patch(after=after, position=after)
            return PatchFrame(after, patch.position, _encode(patch)), patch.position - after

        return await self.store.read(query)

    async def events(self, after: int) -> AsyncGenerator[tuple[Event, ...]]:
        """Every event behind a position, in order, without a gap, for ever: also while the store is away."""
        with self.awaited():
            while True:
                found = await self._events(after)
                if found:
                    after = found[-1].position
                    yield tuple(found)
                if len(found) < BATCH:
                    await self.until_behind(after)

    async def _events(self, after: int) -> list[Event]:
        if known := self.store.tail.after(after, BATCH):
            return known
        while True:
            try:
                return await self.store.read(lambda view: events_after(view, after, BATCH))
            except Unavailable as error:
                log.warning("a reader of the stream waits for the store: %s", error)
                await asyncio.sleep(RETRY_SECONDS)

    @contextmanager
    def awaited(self) -> Generator[None]:
        """``until_behind`` is prompt inside the block; else it may be half a second late."""
        self._awaited += 1
        try:
            yield
        finally:
            self._awaited -= 1

    async def until_behind(self, position: int) -> None:
        """Wait until this process has read further than the position."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.head > position)

    async def patches(self, after: int) -> AsyncGenerator[PatchFrame | Resync]:
        """What brings a screen from a position to the head and keeps it there. Ends with Resync."""
        await self.begun.wait()
        head = await self.store.head()
        if after > head:
            yield Resync("ahead of the stream")
            return
        if head - after > FAR_BEHIND:
            yield Resync("too far behind")
            return
        subscriber = Subscriber(after)
        self.join(subscriber)
        try:
            while subscriber.position != self.head:
                frame, count = await self.frame(subscriber.position)
                if count:
                    subscriber.position = frame.position
                    yield frame
                # What did not fit into the queue meanwhile is read from the store.
                subscriber.has_overflown = False
            async for step in self._keep_up(subscriber):
                yield step
        finally:
            self.leave(subscriber)

    async def _keep_up(self, subscriber: Subscriber) -> AsyncGenerator[PatchFrame | Resync]:
        while not subscriber.has_overflown:
            while subscriber.frames:
                frame = subscriber.frames.popleft()
                if frame.position > subscriber.position:
                    subscriber.position = frame.position
                    yield frame
            subscriber.ready.clear()
            if not subscriber.frames and not subscriber.has_overflown:
                await subscriber.ready.wait()
        yield Resync("too slow")
