"""The live connection: resumes by position, misses nothing, doubles nothing, and says so when it can't."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from agent_ui.live import FRAMES_A_SECOND, SCREENS
from agent_ui.screens import ENDED, KEPT_BYTES, KEPT_FRAMES, Recent, Wire
from hub.events import DecisionVoided
from hub.ids import SYSTEM
from hub.signals import CUSTOMER_TYPING, VIEWING
from hub.store import users
from hub.store.tx import New
from hub.store.work import interactions_by_id
from tests.agent_ui.screen import Screen, desk
from tests.agent_ui.site import CHAT, Site, serve

pytestmark = pytest.mark.loop_may_block(
    seconds=0.6, reason="the fixture hashes its one password in the test's own thread"
)


async def test_a_screen_follows_what_happens(site: Site) -> None:
    """Patches come by themselves, one after the other, each position once."""
    async with desk(site, "mia") as screen:
        await screen.begin()
        for number in range(5):
            await site.customer_says("Hello", number)
        await screen.until(await site.hub.store.head())
    assert screen.positions == list(range(1, screen.position + 1))


async def test_caught_up_means_all_that_was_promised(site: Site) -> None:
    """Whatever this process has read so far: the screen has everything up to the position it was welcomed with."""
    async with site.signed_in("mia") as client:
        for number in range(10):
            await site.customer_says("Hello", number)
            async with client.ws_connect("/api/live") as socket:
                screen = Screen(socket)
                await screen.hello(None)
                promised = (await screen.frame("welcome"))["position"]
                assert (await screen.frame("caught_up"))["position"] == screen.position >= promised


async def test_after_cuts_a_screen_goes_on_where_it_was(site: Site) -> None:
    """Lost sockets: fifteen cuts while customers write; together they saw each position once."""
    seen: list[int] = []
    position = 0

    async def write(cut: int) -> None:
        for number in range(4):
            await site.customer_says("Hello", cut * 10 + number)

    async with site.signed_in("mia") as client, asyncio.TaskGroup() as tasks:
        for cut in range(15):
            tasks.create_task(write(cut))
            async with client.ws_connect("/api/live") as socket:
                screen = Screen(socket)
                if cut % 2:
                    await screen.begin(position)
                else:
                    await screen.hello(position)
                await screen.until(position + 1 + cut % 4)
            position, seen = screen.position, seen + screen.positions
    async with desk(site, "tom") as screen:
        await screen.begin(position)
        await screen.until(await site.hub.store.head())
    assert seen + screen.positions == list(range(1, screen.position + 1))


async def test_two_windows_of_one_agent_both_see_everything(site: Site) -> None:
    """Doubled: each window has its own place in the stream; one that closes takes nothing from the other."""
    async with desk(site, "mia") as one:
        async with desk(site, "mia") as two:
            await one.begin()
            await two.begin()
            await site.customer_says("one", 1)
            head = await site.hub.store.head()
            await one.until(head)
            await two.until(head)
            assert one.events == two.events
        await site.customer_says("two", 2)
        await one.until(await site.hub.store.head())


async def test_a_crowd_that_comes_back_reads_the_store_once(any_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storm: thirty screens that were cut at one moment get the same bytes."""
    for number in range(8):
        await any_site.customer_says("Hello", number)
    monkeypatch.setattr("agent_ui.screens.BATCH", 10)
    monkeypatch.setattr("hub.feed.BATCH", 10)
    reads, frame = [], any_site.hub.feed.frame

    def counted(after: int) -> Any:
        reads.append(after)
        return frame(after)

    monkeypatch.setattr(any_site.hub.feed, "frame", counted)
    head = await any_site.hub.store.head()
    async with any_site.signed_in("mia") as client:
        for _ in range(30):
            async with client.ws_connect("/api/live") as socket:
                screen = Screen(socket)
                await screen.begin()
            assert screen.positions[:head] == list(range(1, head + 1))
    full = [after for after in reads if after + 10 <= head]
    assert len(full) == len(set(full)) == head // 10


def test_late_frames_are_kept_within_bounds() -> None:
    """Huge: many frames, and few large ones; the oldest go."""
    recent = Recent()
    for after in range(KEPT_FRAMES * 3):
        recent.add(Wire(after, after + 1, b"x"))
    assert (recent.get(KEPT_FRAMES * 2 - 1), recent.get(KEPT_FRAMES * 2)) == (
        None,
        Wire(KEPT_FRAMES * 2, KEPT_FRAMES * 2 + 1, b"x"),
    )
    large = Wire(5000, 5001, b"x" * (KEPT_BYTES // 2 + 1))
    for after in (5000, 5001, 5001):
        recent.add(large._replace(after=after))
    assert (recent.get(5000), recent.get(5001)) == (None, large._replace(after=5001))


async def test_what_is_for_supervisors_is_not_pushed_to_agents(site: Site) -> None:
    """Unauthorised: such an event leaves no gap for an agent, and no trace."""
    async with desk(site, "mia") as screen:
        await screen.begin()
        voided = DecisionVoided(decision_id="d", reason="changed")
        await site.hub.store.write(lambda tx: tx.append(New(data=voided, actor=SYSTEM)))
        head = await site.hub.store.head()
        await screen.until(head)
        assert "decision.voided" not in [event["type"] for event in screen.events]
    async with site.signed_in("eva") as client, client.get(f"/api/events?after={head - 1}") as answer:
        assert [event["type"] for event in await answer.json()] == ["decision.voided"]


@pytest.mark.parametrize("after", [10**9, 10**30, 0], ids=["ahead", "absurd", "ancient"])
async def test_a_position_that_cannot_be_patched_is_answered_with_resync(
    any_site: Site, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forged or ancient: ahead of the stream, or too far behind; the connection stays and takes a new hello."""
    monkeypatch.setattr("agent_ui.live.FAR_BEHIND", 3)
    await any_site.customer_says("Hello")
    async with desk(any_site, "mia") as screen:
        await screen.hello(after)
        await screen.frame("resync")
        await screen.begin(await any_site.hub.store.head())


async def test_pongs_carry_time_and_head(any_site: Site) -> None:
    async with any_site.signed_in("mia") as client, client.ws_connect("/api/live") as socket:
        screen = Screen(socket)
        await screen.hello(None)
        await screen.frame("caught_up")
        await socket.send_json({"t": "ping", "n": 7})
        pong = await screen.frame("pong")
        assert pong["n"] == 7
        assert 0 <= pong["head"] <= await any_site.hub.store.head()


async def test_nobody_without_a_session_gets_a_socket(any_site: Site) -> None:
    """Unauthorised: closed with 4401; a page of another any_site is refused before that."""
    async with any_site.visitor() as client, client.ws_connect("/api/live") as socket:
        message = await socket.receive(timeout=5)
        assert (message.type, socket.close_code) == (WSMsgType.CLOSE, 4401)
    async with any_site.signed_in("mia") as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await client.ws_connect("/api/live", headers={"Origin": "https://evil.example"})
        assert caught.value.status == 403


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"t": "none"}',
        '{"t": "ping"}',
        "[" * 10_000,
        '{"t": "hello", "after": "x"}',
        '{"t": "hello", "after": -1}',
    ],
    ids=["empty", "truncated", "list", "unknown", "incomplete", "deep", "wrong type", "negative"],
)
async def test_a_frame_that_is_none_ends_the_connection(any_site: Site, text: str) -> None:
    """Garbled: closed with 4400; others go on."""
    async with any_site.signed_in("mia") as client, client.ws_connect("/api/live") as other:
        async with client.ws_connect("/api/live") as socket:
            await socket.send_str(text)
            while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
                pass
            assert (message.type, socket.close_code) == (WSMsgType.CLOSE, 4400)
        screen = Screen(other)
        await screen.hello(None)
        await screen.frame("caught_up")


async def test_signing_out_ends_every_socket_of_the_session(site: Site) -> None:
    """Signed out in one window: the other one is told at once and closed; another person's stays."""
    async with site.signed_in("mia") as client, client.ws_connect("/api/live") as socket, desk(site, "tom") as other:
        screen = Screen(socket)
        await screen.begin()
        await other.begin()
        async with client.delete("/api/session") as answer:
            assert answer.status == 204
        await screen.frame("signed_out")
        assert await screen.closed() == 4401
        await other.socket.send_json({"t": "ping", "n": 1})
        await other.frame("pong")


async def test_a_disabled_agent_is_cut_off(site: Site) -> None:
    """Revoked: by an administrator, while the agent's screens are open."""
    async with site.signed_in("ada") as admin, desk(site, "mia") as screen:
        await screen.begin()
        async with admin.patch("/api/users/mia", json={"active": False}) as answer:
            assert answer.status == 200
        assert await screen.closed() == 4401
        await site.customer_says("a secret")
        assert {event["type"] for event in screen.events} == {"agent.presence_changed"}


async def test_an_ended_session_is_found_without_a_hint(site: Site) -> None:
    """Lost hint: the next look at the sessions ends the socket."""
    async with desk(site, "mia") as screen:
        await screen.begin()
        await site.hub.store.write(lambda tx: users.end_sessions(tx, "mia"))
        await site.app[SCREENS].look()
        assert await screen.closed() == 4401


async def test_a_screen_that_falls_silent_is_let_go(any_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed: a laptop that was closed says nothing, not even goodbye."""
    async with desk(any_site, "mia") as screen:
        await screen.begin()
        await any_site.app[SCREENS].look()
        assert len(any_site.app[SCREENS]) == 1
        monkeypatch.setattr("agent_ui.screens.SILENT_SECONDS", -1.0)
        await any_site.app[SCREENS].look()
        assert await screen.closed() == 1006


async def test_a_hub_that_stops_says_goodbye(migrated_url: str, tmp_path: Path) -> None:
    """Stopped: consoles are closed with 1001 and come back by themselves; nothing waits for them."""
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(serve(migrated_url, tmp_path / "data"))
        async with desk(site, "mia") as screen:
            await screen.begin()
            stopping = asyncio.create_task(stack.aclose())
            assert await screen.closed() == 1001
            async with asyncio.timeout(5):
                await stopping


async def test_a_screen_that_says_too_much_is_closed(any_site: Site) -> None:
    """Flooding: more frames a second than a person makes."""
    async with desk(any_site, "mia") as screen:
        for number in range(FRAMES_A_SECOND * 3):
            await screen.socket.send_json({"t": "ping", "n": number})
        assert await screen.closed() == 4429


async def test_agents_see_who_else_looks(any_site: Site) -> None:
    """Two agents on one customer: each hears of the other, of writing, and of leaving; never of himself."""
    await any_site.customer_says("Hello")
    async with any_site.signed_in("mia") as mia, any_site.signed_in("tom") as tom:
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


async def test_two_windows_count_as_one_person(any_site: Site) -> None:
    """Doubled: a window that closes does not take the agent away; the one that writes wins over the one that reads."""
    await any_site.customer_says("Hello")
    async with desk(any_site, "tom") as other:
        await other.begin()
        ids = next((one["customer_id"], one["interaction_id"]) for one in other.events if "interaction_id" in one)
        view = {"t": "view", "customer_id": ids[0]}
        await other.socket.send_json(view)
        assert (await other.frame("presence"))["agents"] == []
        async with desk(any_site, "mia") as one:
            async with desk(any_site, "mia") as two:
                await one.socket.send_json(view)
                assert (await one.frame("presence"))["agents"][0]["name"] == "Tom"
                await one.socket.send_json({"t": "typing", "interaction_id": ids[1], "kind": "reply", "on": True})
                await two.socket.send_json(view)
                await two.frame("presence")
                assert [doing(await other.frame("presence")) for _ in range(2)] == ["reading", "writing"]
            await one.socket.send_json({"t": "typing", "interaction_id": ids[1], "kind": "reply", "on": False})
            assert doing(await other.frame("presence")) == "reading"
        assert (await other.frame("presence"))["agents"] == []


def doing(presence: dict[str, Any]) -> str:
    """What the only other agent does."""
    (agent,) = presence["agents"]
    assert agent["name"] == "Mia"
    return str(agent["doing"])


async def test_agents_see_that_a_customer_types(site: Site) -> None:
    """And whatever a stranger puts on the bus is passed over."""
    await site.customer_says("Hello")
    async with desk(site, "mia") as screen:
        await screen.begin()
        interaction_id = next(one["interaction_id"] for one in screen.events if "interaction_id" in one)
        (found,) = await site.hub.store.read(lambda view: interactions_by_id(view, (interaction_id,)))
        for topic in (CUSTOMER_TYPING, VIEWING, ENDED):
            for garbage in (b"", b"\xff", b"{}", b"[" * 5000):
                await site.hub.bus.publish(topic, garbage)
        await site.hub.signals.customer_typing(CHAT, found.address, on=True)
        frame = await screen.frame("typing")
    assert (frame["interaction_id"], frame["on"]) == (interaction_id, True)


async def test_two_processes_know_of_each_other(postgres_store_url: str, redis_url: str, tmp_path: Path) -> None:
    """A message at one comes to the screens of the other; so does who looks, and that a session has ended."""
    async with (
        serve(postgres_store_url, tmp_path / "a", bus_url=redis_url) as here,
        serve(postgres_store_url, tmp_path / "b", bus_url=redis_url) as there,
        here.signed_in("mia") as mia,
        desk(there, "tom") as tom,
    ):
        cookie = {one.key: one.value for one in mia.cookie_jar}
        async with there.visitor() as again, again.ws_connect("/api/live", headers=as_header(cookie)) as socket:
            screen = Screen(socket)
            await screen.begin()
            await tom.begin()
            await here.customer_says("Hello")
            await tom.until(await here.hub.store.head())
            customer_id = tom.events[-1]["customer_id"]
            await tom.socket.send_json({"t": "view", "customer_id": customer_id})
            await tom.frame("presence")
            async with mia.ws_connect("/api/live") as other:
                await other.send_json({"t": "view", "customer_id": customer_id})
                assert doing(await tom.frame("presence")) == "reading"
            async with mia.delete("/api/session") as answer:
                assert answer.status == 204
            assert await screen.closed() == 4401


def as_header(cookies: dict[str, str]) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}


async def test_a_store_that_is_gone_ends_the_connection(site: Site) -> None:
    """Stopped store: the console is told to come back later; it does not wait for an answer that can't come."""
    async with desk(site, "mia") as screen:
        await screen.begin()
        await site.hub.store.close()
        await screen.hello(0)
        assert await screen.closed() == 1013


# slow screens
