"""The bus in both forms: hints arrive, slow readers lose the oldest, and a Redis that is down holds nobody."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from hub.bus import open_bus
from hub.bus.in_process import QUEUE
from hub.bus.over_redis import RedisBus
from hub.ports import Bus
from tests.peers.redis import RedisServer


@pytest.fixture(params=["memory", "redis"])
def bus_url(request: pytest.FixtureRequest) -> str:
    return "memory://" if request.param == "memory" else str(request.getfixturevalue("redis_url"))


async def next_of(hints: AsyncIterator[bytes], seconds: float = 5) -> bytes:
    async with asyncio.timeout(seconds):
        return await anext(hints)


@asynccontextmanager
async def listening(bus: Bus, topic: str) -> AsyncIterator["asyncio.Queue[bytes]"]:
    """What a subscription yields, in a queue."""
    found: asyncio.Queue[bytes] = asyncio.Queue()

    async def collect(hints: AsyncIterator[bytes]) -> None:
        async for hint in hints:
            found.put_nowait(hint)

    async with bus.subscribe(topic) as hints:
        task = asyncio.create_task(collect(hints))
        try:
            yield found
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until_heard(sender: Bus, topic: str, found: "asyncio.Queue[bytes]", payload: bytes) -> None:
    """Publish until it is heard: hints are lost while Redis comes back."""
    async with asyncio.timeout(10):
        while True:
            await sender.publish(topic, payload)
            try:
                async with asyncio.timeout(0.05):
                    while await found.get() != payload:
                        pass
                return
            except TimeoutError:
                continue


async def test_a_hint_reaches_every_subscriber_of_its_topic_and_no_other(bus_url: str) -> None:
    """Exact topics and a prefix with a star; a topic that only begins alike is another one."""
    async with (
        open_bus(bus_url) as bus,
        bus.subscribe("line:web:1") as one,
        bus.subscribe("line:web:1") as two,
        bus.subscribe("line:*") as all_lines,
        bus.subscribe("line:web:10") as other,
    ):
        await bus.publish("line:web:1", b"changed")
        await bus.publish("line:web:10", b"else")
        assert await next_of(one) == b"changed"
        assert await next_of(two) == b"changed"
        assert [await next_of(all_lines), await next_of(all_lines)] == [b"changed", b"else"]
        assert await next_of(other) == b"else"


async def test_a_process_hears_itself_once(bus_url: str) -> None:
    """Its own hint does not come a second time over Redis."""
    async with open_bus(bus_url) as bus, open_bus(bus_url) as peer, bus.subscribe("events") as mine:
        await bus.publish("events", b"1")
        assert await next_of(mine) == b"1"
        if bus_url != "memory://":
            await peer.publish("events", b"2")
        else:
            await bus.publish("events", b"2")
        assert await next_of(mine) == b"2"


async def test_any_bytes_travel_whole(bus_url: str) -> None:
    """Empty, binary and large payloads."""
    payloads = [b"", bytes(range(256)), b"x" * 100_000]
    async with open_bus(bus_url) as bus, open_bus(bus_url) as peer:
        sender = bus if bus_url == "memory://" else peer
        async with bus.subscribe("t") as hints:
            for payload in payloads:
                await sender.publish("t", payload)
            assert [await next_of(hints) for _ in payloads] == payloads


async def test_a_slow_reader_loses_the_oldest_and_holds_nobody(bus_url: str) -> None:
    """One reader takes nothing while thousands pass; then it gets the newest ones."""
    async with open_bus(bus_url) as bus, bus.subscribe("t") as slow:
        for number in range(QUEUE * 3):
            await bus.publish("t", str(number).encode())
        assert [await next_of(slow) for _ in range(QUEUE)] == [
            str(number).encode() for number in range(QUEUE * 2, QUEUE * 3)
        ]


async def test_a_subscription_that_ended_gets_nothing_and_leaves_nothing(bus_url: str) -> None:
    """Open and close many topics: no table grows."""
    async with open_bus(bus_url) as bus:
        for number in range(50):
            async with bus.subscribe(f"line:{number}"), bus.subscribe(f"line:{number}*"):
                pass
        readers = cast(Any, bus)._readers
        assert not readers._exact
        assert not readers._prefix


async def test_hints_pass_between_processes(redis_url: str) -> None:
    async with open_bus(redis_url) as one, open_bus(redis_url) as other, other.subscribe("events") as hints:
        await one.publish("events", b"7")
        assert await next_of(hints) == b"7"


async def test_a_stranger_on_the_same_redis_does_no_harm(redis_url: str) -> None:
    """Foreign topics, short payloads and topics that are no text are taken for what they are."""
    async with open_bus(redis_url) as bus, bus.subscribe("events") as hints, Redis.from_url(redis_url) as stranger:
        await stranger.publish("other", "x")
        await stranger.publish("continuo:events", "x")
        await stranger.publish(b"continuo:\xff\xfe", b"12345678y")
        await stranger.publish("continuo:events", b"12345678kept")
        assert await next_of(hints) == b""
        assert await next_of(hints) == b"kept"


async def test_redis_is_killed_and_comes_back(redis_server: RedisServer) -> None:
    """Publishing goes on at once meanwhile, the process hears itself, and afterwards hints pass again by themselves."""
    async with open_bus(redis_server.url) as one, open_bus(redis_server.url) as other:
        async with listening(other, "t") as heard, one.subscribe("t") as own:
            await until_heard(one, "t", heard, b"before")
            redis_server.kill()
            began = time.perf_counter()
            for _ in range(2_000):
                await one.publish("t", b"lost")
            assert time.perf_counter() - began < 0.5
            assert await next_of(own) in (b"before", b"lost")
            redis_server.start()
            await until_heard(one, "t", heard, b"after")
        assert isinstance(one, RedisBus)
        assert one.dropped > 0


async def test_a_hub_starts_while_redis_is_down(redis_server: RedisServer) -> None:
    """It serves its own process, and joins the others when Redis comes."""
    redis_server.kill()
    async with open_bus(redis_server.url) as bus, bus.subscribe("t") as own:
        await bus.publish("t", b"alone")
        assert await next_of(own) == b"alone"
        redis_server.start()
        async with open_bus(redis_server.url) as other, listening(other, "t") as heard:
            await until_heard(bus, "t", heard, b"together")


async def test_a_redis_that_hangs_holds_nobody(redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped, not killed: connections stay open and nothing answers. It is found out, and mended when it goes on."""
    monkeypatch.setattr("hub.bus.over_redis.ANSWER_SECONDS", 0.3)
    monkeypatch.setattr("hub.bus.over_redis.SILENT_SECONDS", 0.2)
    async with (
        open_bus(redis_server.url) as one,
        open_bus(redis_server.url) as other,
        listening(other, "t") as heard,
    ):
        assert isinstance(other, RedisBus)
        await until_heard(one, "t", heard, b"before")
        os.kill(redis_server._process.pid, signal.SIGSTOP)
        try:
            began = time.perf_counter()
            for _ in range(100):
                await one.publish("t", b"lost")
            assert time.perf_counter() - began < 0.1
            async with asyncio.timeout(5):
                while other.is_connected.is_set():  # noqa: ASYNC110 - an Event has no way to wait for clear
                    await asyncio.sleep(0.01)
        finally:
            os.kill(redis_server._process.pid, signal.SIGCONT)
        await until_heard(one, "t", heard, b"after")


async def test_a_url_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="scheme"):
        async with open_bus("ftp://somewhere"):
            pass
