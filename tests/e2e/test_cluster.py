"""Several processes on PostgreSQL and Redis: once, gapless, and on when one of them or Redis is gone."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.e2e.traffic import Traffic, received
from tests.peers.hub import HubProcess
from tests.peers.redis import RedisServer

REDIS_AWAY = 20
"""Seconds."""
pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.loop_may_block(seconds=30, reason="starting and stopping processes blocks this test's own loop"),
]


@contextmanager
def cluster(folder: Path, store_url: str, bus_url: str, count: int = 2) -> Iterator[list[HubProcess]]:
    """Equal processes: the same store, bus and secrets."""
    with ExitStack() as stack:
        first = HubProcess(folder, store_url=store_url, bus_url=bus_url)
        others = [
            HubProcess(folder, store_url=store_url, bus_url=bus_url, channels=first.channels) for _ in range(count - 1)
        ]
        hubs = [first, *others]
        for hub in hubs:
            hub.api_secret = first.api_secret
            hub.prepare()
            hub.start()
            stack.callback(hub.stop)
        yield hubs


async def test_the_same_message_at_two_processes_at_once_is_one_event(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    """Duplicated: 200 messages, each posted to both processes at the same moment, are 200 events."""
    with cluster(tmp_path, postgres_url, redis_url) as hubs:
        traffic = [Traffic(hub, "twice") for hub in hubs]
        async with aiohttp.ClientSession() as http:
            for start in range(0, 200, 20):
                sends = [
                    one.send(http, f"twice-{number}", number) for number in range(start, start + 20) for one in traffic
                ]
                await asyncio.gather(*sends)
        kept = received(await asyncio.to_thread(hubs[0].command, "export"))
    assert sorted(kept) == sorted(traffic[0].acknowledged)


async def test_nothing_is_lost_when_one_process_is_killed(tmp_path: Path, postgres_url: str, redis_url: str) -> None:
    """Killed: one of two processes dies under load; senders repeat at the other; positions have no gap."""
    with cluster(tmp_path, postgres_url, redis_url) as hubs:
        traffic = Traffic(hubs[0], "pair", urls=tuple(hub.url for hub in hubs))
        sending = asyncio.create_task(traffic.run(800))
        await traffic.until(200)
        hubs[1].kill()
        await traffic.until(500)
        await asyncio.to_thread(hubs[1].start)
        await sending
        kept = received(await asyncio.to_thread(hubs[0].command, "export"))
        await asyncio.to_thread(hubs[0].command, "doctor", "rebuild")
    assert sorted(kept) == sorted(traffic.acknowledged)


async def test_losing_redis_costs_delay_never_data(
    tmp_path: Path, postgres_url: str, redis_server: RedisServer
) -> None:
    """Lost: Redis is dead for 20 s under load and comes back empty; each message is kept once, nobody waited for it."""
    with cluster(tmp_path, postgres_url, redis_server.url) as hubs:
        traffic = Traffic(hubs[0], "redis", urls=tuple(hub.url for hub in hubs))
        sending = asyncio.create_task(traffic.run(100_000, at_once=4))
        await traffic.until(150)
        redis_server.kill()
        end = time.monotonic() + REDIS_AWAY
        while time.monotonic() < end:
            async with asyncio.timeout(10):
                await traffic.until(len(traffic.acknowledged) + 20)
        await asyncio.to_thread(redis_server.start)
        await traffic.until(len(traffic.acknowledged) + 150)
        sending.cancel()
        kept = received(await asyncio.to_thread(hubs[0].command, "export"))
        await asyncio.to_thread(hubs[0].command, "doctor", "rebuild")
    assert len(kept) == len(set(kept))
    assert traffic.acknowledged <= set(kept)
