"""Hints between processes over Redis. Law: nobody ever waits for Redis; while it is away hints are dropped and counted.

A process hears its own hints without Redis, so that one process alone works as well as with ``memory://``.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from hub.bus.in_process import Readers
from hub.ports import Bus

log = logging.getLogger(__name__)
CHANNEL: Final = "continuo:"
ANSWER_SECONDS: Final = 2.0
"""A Redis that takes longer is away."""
SILENT_SECONDS: Final = 5.0
"""After so long without a word the subscription is tried with a ping."""
RETRY_SECONDS: Final = (0.05, 0.2, 0.5, 1.0, 2.0)
QUEUE: Final = 1_000
"""Hints that wait to be sent; the oldest are dropped."""
BATCH: Final = 100
_SENDER: Final = 8


class RedisBus:
    """One subscription per process, to everything; who listens to what is known here."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._readers = Readers()
        self._me = secrets.token_bytes(_SENDER)
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._wake = asyncio.Event()
        self.dropped = 0
        """Hints that other processes did not get."""
        self.is_connected = asyncio.Event()

    async def publish(self, topic: str, payload: bytes) -> None:
        self._readers.deliver(topic, payload)
        if len(self._waiting) >= QUEUE:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append((topic, payload))
        self._wake.set()

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        return self._readers.listen(topic)

    async def run(self) -> None:
        """Send and listen until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send())
            tasks.create_task(self._listen())

    async def _send(self) -> None:
        while True:
            require_not_cancelled()
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                if not await self._send_batch(batch):
                    self.dropped += len(batch)
                    # A hint is worth nothing when it is old; and a Redis that is down is not asked in a hurry.
                    await asyncio.sleep(RETRY_SECONDS[0])

    async def _send_batch(self, batch: list[tuple[str, bytes]]) -> bool:
        try:
            async with asyncio.timeout(ANSWER_SECONDS), self._client.pipeline(transaction=False) as pipeline:
                for topic, payload in batch:
                    pipeline.execute_command("PUBLISH", CHANNEL + topic, self._me + payload)
                await pipeline.execute()
        except (RedisError, OSError, TimeoutError):
            return False
        return True

    async def _listen(self) -> None:
        failures = 0
        while True:
            require_not_cancelled()
            try:
                async with self._client.pubsub() as subscription:
                    async with asyncio.timeout(ANSWER_SECONDS):
                        await subscription.psubscribe(f"{CHANNEL}*")
                    if failures:
                        log.info("Redis answers again")
                    failures = 0
                    self.is_connected.set()
                    await self._follow(subscription)
            except (RedisError, OSError, TimeoutError) as error:
                self.is_connected.clear()
                if failures == 0:
                    log.warning("Redis does not answer, hints are late: %s", error)
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1

    async def _follow(self, subscription: Any) -> None:
        """Take what comes. Raises when Redis is gone; one that only stopped answering is found out by a ping."""
        is_pinged = False
        while True:
            message = await subscription.get_message(timeout=ANSWER_SECONDS if is_pinged else SILENT_SECONDS)
            if message is not None:
                is_pinged = False
                self._take(message)
            elif is_pinged:
                raise TimeoutError("no answer to a ping")
            else:
                await subscription.ping()
                is_pinged = True

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] != "pmessage":
            return
        sender, payload = message["data"][:_SENDER], message["data"][_SENDER:]
        if sender != self._me:
            self._readers.deliver(message["channel"].decode(errors="replace").removeprefix(CHANNEL), payload)


def require_not_cancelled() -> None:
    """The client swallows a cancellation that comes while it gives a connection back."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@asynccontextmanager
async def redis_bus(url: str) -> AsyncGenerator[Bus]:
    """Ready when Redis answers, or after a moment without it: the hub starts and works while Redis is down."""
    client = Redis.from_url(
        url,
        socket_connect_timeout=ANSWER_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    bus = RedisBus(client)
    # Not a TaskGroup: it would wrap what the block raises.
    running = asyncio.create_task(bus.run())
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await bus.is_connected.wait()
        yield bus
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await client.aclose()
