"""The live connection: resumes by position, misses nothing, doubles nothing, and says so when it can't."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from agent_ui.frames import as_websocket
from hub.feed import FAR_BEHIND
from hub.store import users
from tests.agent_ui.site import Site

pytestmark = pytest.mark.loop_may_block(
    seconds=0.6, reason="the fixture hashes its one password in the test's own thread"
)


class Screen:
    """A console's socket; keeps what it got."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.positions: list[int] = []

    async def hello(self, after: int | None) -> None:
        await self.socket.send_json({"t": "hello", "after": after})

    async def frame(self, kind: str) -> dict[str, Any]:
        """The next frame of this kind; patches on the way are noted."""
        async with asyncio.timeout(10):
            while True:
                frame: dict[str, Any] = await self.socket.receive_json()
                if frame["t"] == "patch":
                    self.note(frame)
                if frame["t"] == kind:
                    return frame

    def note(self, patch: dict[str, Any]) -> None:
        if self.positions:
            assert patch["after"] <= self.positions[-1], "a gap"
        self.positions += range(
            max(patch["after"], self.positions[-1] if self.positions else 0) + 1, patch["position"] + 1
        )

    async def until(self, position: int) -> None:
        while not self.positions or self.positions[-1] < position:
            await self.frame("patch")


async def test_a_screen_follows_what_happens(site: Site) -> None:
    """Patches come by themselves, one after the other, each position once."""
    async with site.signed_in("mia") as client, client.ws_connect("/api/live") as socket:
        screen = Screen(socket)
        await screen.hello(None)
        await screen.frame("caught_up")
        for number in range(5):
            await site.customer_says("Hello", number)
        head = await site.hub.store.head()
        await screen.until(head)
        assert screen.positions == list(range(screen.positions[0], head + 1))


async def test_after_a_cut_a_screen_goes_on_where_it_was(site: Site) -> None:
    """Lost socket: what happened meanwhile comes first, then what happens; nothing is doubled."""
    async with site.signed_in("mia") as client:
        async with client.ws_connect("/api/live") as socket:
            screen = Screen(socket)
            await screen.hello(None)
            await screen.frame("caught_up")
            await site.customer_says("one", 1)
            await screen.until(await site.hub.store.head())
        seen = list(screen.positions)
        await site.customer_says("two", 2)
        async with client.ws_connect("/api/live") as socket:
            again = Screen(socket)
            again.positions = [seen[-1]]
            await again.hello(seen[-1])
            await again.frame("caught_up")
            await site.customer_says("three", 3)
            await again.until(await site.hub.store.head())
    assert seen + again.positions[1:] == list(range(seen[0], await site.hub.store.head() + 1))


@pytest.mark.parametrize("after", [10**9, -FAR_BEHIND * 2])
async def test_a_position_that_cannot_be_patched_is_answered_with_resync(site: Site, after: int) -> None:
    """Forged or ancient: ahead of the stream, or too far behind; the connection stays and takes a new hello."""
    async with site.signed_in("mia") as client, client.ws_connect("/api/live") as socket:
        screen = Screen(socket)
        await screen.hello(after)
        await screen.frame("resync")
        await screen.hello(await site.hub.store.head())
        await screen.frame("caught_up")


async def test_pongs_carry_time_and_head(site: Site) -> None:
    async with site.signed_in("mia") as client, client.ws_connect("/api/live") as socket:
        screen = Screen(socket)
        await screen.hello(None)
        await screen.frame("caught_up")
        await socket.send_json({"t": "ping", "n": 7})
        pong = await screen.frame("pong")
        assert (pong["n"], pong["head"]) == (7, await site.hub.store.head())


async def test_nobody_without_a_session_gets_a_socket(site: Site) -> None:
    """Unauthorised: closed with 4401; a page of another site is refused before that."""
    async with site.visitor() as client, client.ws_connect("/api/live") as socket:
        message = await socket.receive(timeout=5)
        assert (message.type, socket.close_code) == (WSMsgType.CLOSE, 4401)
    async with site.signed_in("mia") as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await client.ws_connect("/api/live", headers={"Origin": "https://evil.example"})
        assert caught.value.status == 403


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"t": "none"}', '{"t": "ping"}', "[" * 10_000, '{"t": "hello", "after": "x"}'],
    ids=["empty", "truncated", "list", "unknown", "incomplete", "deep", "wrong type"],
)
async def test_a_frame_that_is_none_ends_the_connection(site: Site, text: str) -> None:
    """Garbled: closed with 4400; others go on."""
    async with site.signed_in("mia") as client, client.ws_connect("/api/live") as other:
        async with client.ws_connect("/api/live") as socket:
            await socket.send_str(text)
            while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
                pass
            assert (message.type, socket.close_code) == (WSMsgType.CLOSE, 4400)
        screen = Screen(other)
        await screen.hello(None)
        await screen.frame("caught_up")


async def test_an_ended_session_closes_its_socket(site: Site) -> None:
    """Signed out elsewhere: the open connection is told within its next pings."""
    async with site.signed_in("mia") as client, client.ws_connect("/api/live") as socket:
        screen = Screen(socket)
        await screen.hello(None)
        await site.hub.store.write(lambda tx: users.end_sessions(tx, "mia"))
        for number in range(20):
            if socket.closed:
                break
            await socket.send_json({"t": "ping", "n": number})
        await screen.frame("signed_out")


async def test_agents_see_who_else_looks(site: Site) -> None:
    """Two agents on one customer: each hears of the other, of writing, and of leaving; never of himself."""
    await site.customer_says("Hello")
    async with site.signed_in("mia") as mia, site.signed_in("tom") as tom:
        async with mia.get("/api/boot") as answer:
            row = (await answer.json())["snapshot"]["rows"][0]["interaction"]
        async with mia.ws_connect("/api/live") as one, tom.ws_connect("/api/live") as two:
            first, second = Screen(one), Screen(two)
            await one.send_json({"t": "view", "customer_id": row["customer_id"]})
            assert (await first.frame("presence"))["agents"] == []
            await two.send_json({"t": "view", "customer_id": row["customer_id"]})
            assert [one_["name"] for one_ in (await second.frame("presence"))["agents"]] == ["Mia"]
            await two.send_json({"t": "typing", "interaction_id": row["interaction_id"], "kind": "reply", "on": True})
            while not (seen := (await first.frame("presence"))["agents"]) or seen[0]["doing"] != "writing":
                pass
            assert seen[0]["name"] == "Tom"
            await two.close()
            while (await first.frame("presence"))["agents"]:
                pass


async def test_a_screen_that_does_not_read_holds_nobody(site: Site) -> None:
    """Slow peer: its own queue overflows; the others get everything at once."""
    async with site.signed_in("mia") as client:
        slow = await client.ws_connect("/api/live", max_msg_size=0)
        await slow.send_json({"t": "hello", "after": None})
        assert slow._conn is not None  # its socket is not read any more
        slow._conn.transport.pause_reading()  # type: ignore[union-attr]  # a transport while it is open
        async with client.ws_connect("/api/live") as socket:
            screen = Screen(socket)
            await screen.hello(None)
            await screen.frame("caught_up")
            for number in range(40):
                await site.customer_says("x" * 7000, number)
            await screen.until(await site.hub.store.head())
        await slow.close()


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
