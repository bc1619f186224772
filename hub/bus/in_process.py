"""Hints inside one process: a bounded queue per reader; a slow reader loses the oldest."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from hub.ports import Bus

QUEUE: Final = 256


class Readers:
    """Who listens to what, in this process. ``topic*`` listens to everything that begins so."""

    def __init__(self) -> None:
        self._exact: dict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)
        self._prefix: dict[str, set[asyncio.Queue[bytes]]] = defaultdict(set)
        self.lost = 0
        """Hints that a slow reader did not take in time."""

    @property
    def is_heard(self) -> bool:
        return bool(self._exact or self._prefix)

    def deliver(self, topic: str, payload: bytes) -> None:
        for queue in self._exact.get(topic, ()):
            self._offer(queue, payload)
        for prefix, queues in self._prefix.items():
            if topic.startswith(prefix):
                for queue in queues:
                    self._offer(queue, payload)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncGenerator[AsyncIterator[bytes]]:
        table, name = (self._prefix, topic[:-1]) if topic.endswith("*") else (self._exact, topic)
        queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)
        table[name].add(queue)
        try:
            yield Hints(queue)
        finally:
            table[name].discard(queue)
            if not table[name]:
                del table[name]

    def _offer(self, queue: asyncio.Queue[bytes], payload: bytes) -> None:
        if queue.full():
            queue.get_nowait()
            self.lost += 1
        queue.put_nowait(payload)


class Hints:
    """Not a generator: those want to be closed by whoever stops reading."""

    def __init__(self, queue: asyncio.Queue[bytes]) -> None:
        self._queue = queue

    def __aiter__(self) -> Hints:
        return self

    async def __anext__(self) -> bytes:
        return await self._queue.get()


class InProcessBus:
    def __init__(self) -> None:
        self._readers = Readers()

    async def publish(self, topic: str, payload: bytes) -> None:
        self._readers.deliver(topic, payload)

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._readers.listen(topic)


@asynccontextmanager
async def in_process_bus() -> AsyncGenerator[Bus]:
    yield InProcessBus()
