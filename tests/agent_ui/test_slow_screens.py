"""Screens that read slowly or not at all: they get everything later, or are let go; nobody waits for them."""

from __future__ import annotations

import asyncio
import socket as socket_module
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from agent_ui.frames import as_websocket
from agent_ui.live import SCREENS
from tests.agent_ui.screen import Screen, desk
from tests.agent_ui.site import PASSWORD, Site, serve

pytestmark = pytest.mark.loop_may_block(
    seconds=0.6, reason="the fixture hashes its one password in the test's own thread"
)


@asynccontextmanager
async def slow_desk(folder: Path, store_url: str) -> AsyncIterator[tuple[Site, Screen, asyncio.Transport]]:
    """A screen that has caught up and then stops reading; small buffers in between."""
    async with serve(store_url, folder, send_buffer=8192) as site, site.visitor() as client:
        connector = aiohttp.TCPConnector(socket_factory=small_socket)
        async with aiohttp.ClientSession(site.url, connector=connector, cookie_jar=client.cookie_jar) as small:
            body = {"email": "mia@x.example", "password": PASSWORD}
            async with client.post("/api/session", json=body) as answer:
                assert answer.status == 200
            async with small.ws_connect("/api/live", max_msg_size=0) as socket:
                screen = Screen(socket)
                await screen.begin()
                assert socket._conn is not None
                transport = socket._conn.transport
                assert isinstance(transport, asyncio.Transport)
                transport.pause_reading()
                try:
                    yield site, screen, transport
                finally:
                    transport.resume_reading()


def small_socket(address: Any) -> socket_module.socket:
    made = socket_module.socket(address[0], address[1], address[2])
    made.setsockopt(socket_module.SOL_SOCKET, socket_module.SO_RCVBUF, 4096)
    made.setblocking(False)
    return made


async def test_a_slow_screen_gets_everything_later(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow peer: what does not fit waits in its own queue; others get it at once; nothing is missing or doubled."""
    monkeypatch.setattr("agent_ui.live.BUFFER_BYTES", 20_000)
    async with slow_desk(tmp_path / "data", migrated_url) as (site, slow, transport):
        async with desk(site, "tom") as other:
            await other.begin()
            for number in range(30):
                await site.customer_says("x" * 3000, number)
            head = await site.hub.store.head()
            await other.until(head)
        transport.resume_reading()
        await slow.until(head)
    assert slow.positions == list(range(1, head + 1))


async def test_a_screen_that_is_much_too_slow_has_to_resync(
    migrated_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow peer: its queue overflows; it is told to read a snapshot and goes on from there on the same connection."""
    monkeypatch.setattr("agent_ui.live.BUFFER_BYTES", 20_000)
    monkeypatch.setattr("agent_ui.live.QUEUE", 3)
    async with slow_desk(tmp_path / "data", migrated_url) as (site, slow, transport):
        for number in range(30):
            await site.customer_says("x" * 3000, number)
        transport.resume_reading()
        assert (await slow.frame("resync"))["reason"] == "too slow"
        await slow.begin(await site.hub.store.head())
        await site.customer_says("once more", 31)
        await slow.until(await site.hub.store.head())


async def test_a_screen_that_never_reads_is_let_go(
    sqlite_store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stalled peer: after a while its connection is closed, and its memory with it."""
    monkeypatch.setattr("agent_ui.live.BUFFER_BYTES", 20_000)
    monkeypatch.setattr("agent_ui.live.STALL_SECONDS", 0.1)
    async with slow_desk(tmp_path / "data", sqlite_store_url) as (site, slow, transport):
        for number in range(30):
            await site.customer_says("x" * 3000, number)
        transport.resume_reading()
        assert await slow.closed() == 1006
        assert len(site.app[SCREENS]) == 0


async def test_pongs_that_nobody_reads_do_not_pile_up(
    sqlite_store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hostile peer: asks without end, reads nothing."""
    monkeypatch.setattr("agent_ui.live.FRAMES_A_SECOND", 10**9)
    monkeypatch.setattr("agent_ui.live.PATIENCE_BYTES", 30_000)
    async with slow_desk(tmp_path / "data", sqlite_store_url) as (site, slow, _):
        async with asyncio.timeout(10):
            with pytest.raises((ConnectionError, aiohttp.ClientError)):
                while True:
                    await slow.socket.send_str('{"t": "ping", "n": 1}')
                    await asyncio.sleep(0)
        assert len(site.app[SCREENS]) == 0


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 200_000])
def test_the_frame_on_the_wire_is_a_websocket_frame(size: int) -> None:
    """RFC 6455 section 5.2: the three forms of the length, unmasked, final, text."""
    frame = as_websocket(b"x" * size)
    assert frame[0] == 0x81
    length, start = frame[1], 2
    if length == 126:
        length, start = int.from_bytes(frame[2:4], "big"), 4
    elif length == 127:
        length, start = int.from_bytes(frame[2:10], "big"), 10
    assert (length, len(frame) - start) == (size, size)
