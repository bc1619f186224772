"""A whole hub: embedded and cluster are the same code; it starts, survives the loss of Redis, stops in order."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from config.clock import SystemClock
from hub.commands import SendMessage
from hub.errors import Unreachable
from hub.events import MessageReceived
from hub.feed import PatchFrame
from hub.health import Metrics
from hub.ids import AgentId, ChannelId, Ids
from hub.people import Patch
from hub.ports import Inbox, Parsed, Secret, Tools
from hub.runtime import AccountPlan, Hub, Plan, run_hub, running
from hub.store import SchemaTooOld, View
from hub.store.channels import doing
from hub.store.events import events_after
from hub.store.traces import traces_of_channel
from hub.store.users import User, put_user
from tests import given
from tests.hub.provider import Held, Provider, Watch, catalog
from tests.peers.redis import RedisServer

MIA = AgentId("mia")


class Keys(msgspec.Struct, frozen=True):
    token: Secret = Secret("a-token-of-the-account")


def plan(url: str, bus_url: str, folder: Path, *channels: Provider, drain: float = 5.0) -> Plan:
    return Plan(
        store_url=url,
        bus_url=bus_url,
        folder=folder,
        public_url="https://hub.example",
        queues=catalog().queues,
        accounts=tuple(
            AccountPlan(
                channel_id=ChannelId(f"chat{number or ''}"),
                kind=channel.kind,
                name="Chat",
                queue_id=given.SUPPORT,
                make=equip(channel),
                settings=Keys(),
            )
            for number, channel in enumerate(channels)
        ),
        drain_seconds=drain,
    )


def equip(channel: Provider) -> Callable[[Keys, Tools], Provider]:
    """The account's channel is the test's own."""

    def make(settings: Keys, tools: Tools) -> Provider:
        channel.tools = tools
        return channel

    return make


@pytest.fixture(params=["embedded", "cluster"])
def urls(request: pytest.FixtureRequest) -> tuple[str, str]:
    """SQLite and one process, PostgreSQL and Redis."""
    if request.param == "embedded":
        return request.getfixturevalue("sqlite_store_url"), "memory://"
    return request.getfixturevalue("postgres_store_url"), request.getfixturevalue("redis_url")


async def customer_says(hub: Hub, text: str, number: str, sender: str = "ada@example.org") -> str:
    parsed = Parsed(events=(given.incoming(text, sender=given.email(sender), external_id=number),))
    result = await hub.lines[given.CHAT].accept(parsed)
    interaction_id = result.accepted[0].interaction_id
    assert interaction_id is not None
    return interaction_id


async def agent_says(hub: Hub, interaction_id: str, text: str, number: int = 1) -> None:
    head = await hub.store.head()
    command = SendMessage(client_id=f"command-{number}", interaction_id=interaction_id, text=text, last_seen=head)  # type: ignore[arg-type]  # an id
    await hub.service.do(command, MIA, {"agent"})


async def hire(hub: Hub) -> None:
    await hub.store.write(lambda tx: put_user(tx, User(agent_id=MIA, email="mia@example.org", name="Mia")))


def texts(view: View) -> list[str]:
    found = (event.read() for event in events_after(view, 0, 10_000))
    return [data.text for data in found if isinstance(data, MessageReceived)]


async def screen(hub: Hub, after: int, until: int) -> list[int]:
    """The positions a screen sees up to one."""
    seen: list[int] = []
    async with asyncio.timeout(30), aclosing(hub.feed.patches(after)) as patches:
        async for frame in patches:
            assert isinstance(frame, PatchFrame)
            seen += [event.position for event in msgspec.json.decode(frame.json, type=Patch).events]
            if frame.position >= until:
                break
    return seen


async def test_a_message_goes_in_to_the_screen_and_back_out(urls: tuple[str, str], tmp_path: Path) -> None:
    """The same story embedded and as a cluster of one."""
    provider = Provider()
    async with run_hub(plan(*urls, tmp_path, provider), SystemClock(), Ids()) as hub:
        await hire(hub)
        reading = asyncio.create_task(screen(hub, 0, 4))
        interaction_id = await customer_says(hub, "Hello", "m1")
        assert (await reading)[:4] == [1, 2, 3, 4]
        await agent_says(hub, interaction_id, "Good day")
        [call] = await provider.calls(1)
        assert (call.message.text, call.from_name) == ("Good day", "Mia")
        watch = Watch(hub.store)
        await watch.until(
            lambda view: [e.type for e in events_after(view, 0, 100)], lambda found: "delivery.updated" in found
        )
        text = Metrics(hub).text().decode()
    assert 'continuo_sends_total{account="chat",outcome="sent"} 1.0' in text
    assert "continuo_position " in text
    assert provider.tools is not None
    assert provider.tools.public_url == "https://hub.example/c/provider/chat"
    assert provider.tools.http.closed


async def test_what_was_left_undone_is_done_after_the_next_start(urls: tuple[str, str], tmp_path: Path) -> None:
    """Stopped while a message waited for its next try: it goes out, once."""
    provider = Provider()
    provider.answers = [Unreachable("connection refused")]
    async with run_hub(plan(*urls, tmp_path, provider), SystemClock(), Ids()) as hub:
        await hire(hub)
        await agent_says(hub, await customer_says(hub, "Hello", "m1"), "Good day")
        await provider.calls(1)
    async with run_hub(plan(*urls, tmp_path, provider), SystemClock(), Ids()) as hub:
        await provider.calls(2)
        assert await hub.store.read(texts) == ["Hello"]
    assert len({call.outbox_id for call in provider.taken}) == 1


async def test_redis_is_away_for_a_while_under_load(
    postgres_store_url: str, redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes, messages in and out the whole time, Redis killed and started again: all arrives once, on both."""
    monkeypatch.setattr("hub.feed.LOOK_SECONDS", 0.3)
    provider, count = Provider(rate=100_000.0), 60
    given_plan = plan(postgres_store_url, redis_server.url, tmp_path, provider)
    async with (
        run_hub(given_plan, SystemClock(), Ids()) as one,
        run_hub(given_plan, SystemClock(), Ids()) as other,
    ):
        await hire(one)
        screens = [asyncio.create_task(watch_messages(hub, count * 2)) for hub in (one, other)]

        async def customer(number: int) -> None:
            hub = (one, other)[number % 2]
            talk = await customer_says(hub, f"in {number}", f"m{number}", f"c{number}@x.org")
            await agent_says(hub, talk, f"out {number}", number)

        for number in range(count):
            if number == 20:
                redis_server.kill()
            if number == 40:
                redis_server.start()
            await asyncio.gather(customer(number), customer_again(one, number))
        await provider.calls(count)
        seen = await asyncio.gather(*screens)
    assert Counter(provider.texts) == Counter(f"out {n}" for n in range(count))
    for texts_seen in seen:
        assert Counter(texts_seen) == Counter([f"{way} {n}" for n in range(count) for way in ("in", "out")])


async def customer_again(hub: Hub, number: int) -> None:
    """The provider repeats its last message to another process."""
    if number:
        await customer_says(hub, f"in {number - 1}", f"m{number - 1}", f"c{number - 1}@x.org")


async def watch_messages(hub: Hub, count: int) -> list[str]:
    """The texts a screen of this process sees, in both directions."""
    seen: list[str] = []
    async with asyncio.timeout(50), aclosing(hub.feed.patches(0)) as patches:
        async for frame in patches:
            assert isinstance(frame, PatchFrame)
            for event in msgspec.json.decode(frame.json, type=Patch).events:
                if event.type in ("message.received", "message.queued"):
                    seen.append(getattr(event.read(), "text"))  # noqa: B009 - both have one
            if len(seen) >= count:
                return seen
    return seen


async def test_stopping_lets_sends_end_and_keeps_their_traces(sqlite_store_url: str, tmp_path: Path) -> None:
    """The provider answers while the hub stops: outcome and trace are kept."""
    held, provider = Held(), Provider()

    async def calling(message: Any) -> Any:
        await held.go.wait()
        assert provider.tools is not None
        with suppress(OSError):
            await provider.tools.http.get("http://127.0.0.1:1/")
        return await held(message)

    provider.answers = [calling]
    given_plan = plan(sqlite_store_url, "memory://", tmp_path, provider)
    async with run_hub(given_plan, SystemClock(), Ids()) as hub:
        await hire(hub)
        await agent_says(hub, await customer_says(hub, "Hello", "m1"), "Good day")
        await provider.calls(1)
        asyncio.get_running_loop().call_later(0.1, held.go.set)
    async with run_hub(given_plan, SystemClock(), Ids()) as hub:
        found = await hub.store.read(lambda view: [event.type for event in events_after(view, 0, 100)])
        [trace] = await hub.store.read(lambda view: traces_of_channel(view, given.CHAT))
    assert found[-1] == "delivery.updated"
    assert "127.0.0.1" in trace["error"]


# channels that listen


class Mailbox(Provider):
    """Listens; breaks when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.listening = asyncio.Event()
        self.fail: Exception | None = None
        self.times = 0
        self.stopped = 0

    async def listen(self, inbox: Inbox) -> None:
        self.times += 1
        if self.fail is not None:
            raise self.fail
        self.listening.set()
        await inbox.accept(Parsed(events=(given.incoming("by mail", external_id="mail"),)))
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped += 1


async def test_a_channel_listens_as_long_as_the_hub_runs(sqlite_store_url: str, tmp_path: Path) -> None:
    mailbox = Mailbox()
    async with run_hub(plan(sqlite_store_url, "memory://", tmp_path, mailbox), SystemClock(), Ids()) as hub:
        await Watch(hub.store).until(texts, lambda found: found == ["by mail"])
        assert mailbox.stopped == 0
    assert mailbox.stopped == 1


@pytest.mark.parametrize("error", [OSError(111, "Connection refused"), ValueError("password is hunter2")])
async def test_a_channel_that_does_not_listen_is_started_again(
    sqlite_store_url: str, tmp_path: Path, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others work meanwhile; its account says what is wrong, without anything secret; later it says that it is well."""
    monkeypatch.setattr("hub.listening.FIRST_PAUSE", 0.02)
    monkeypatch.setattr("hub.listening.LONGEST_PAUSE", 0.05)
    monkeypatch.setattr("hub.listening.UP_SECONDS", 0.05)
    mailbox, well = Mailbox(), Mailbox()
    mailbox.fail = error
    given_plan = plan(sqlite_store_url, "memory://", tmp_path, mailbox, well)

    def state(view: View) -> tuple[str, str]:
        return doing(view, [given.CHAT])[given.CHAT].said

    async with run_hub(given_plan, SystemClock(), Ids()) as hub:
        watch = Watch(hub.store)
        said = await watch.until(state, lambda now: now[0] == "broken")
        reason = "Connection refused" if isinstance(error, OSError) else "ValueError"
        assert said == ("broken", f"It does not listen: {reason}")
        await well.listening.wait()
        mailbox.fail = None
        await watch.until(state, lambda now: now == ("connected", ""))
    assert mailbox.times > 1
    assert well.times == 1


# starting and stopping


async def test_old_tables_are_refused_with_words(sqlite_url: str, tmp_path: Path) -> None:
    """As it is, not wrapped in a group."""
    with pytest.raises(SchemaTooOld, match="continuo migrate"):
        async with run_hub(plan(sqlite_url, "memory://", tmp_path), SystemClock(), Ids()):
            pass


async def test_what_the_block_raises_comes_out_as_it_is(sqlite_store_url: str, tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="mine"):
        async with run_hub(plan(sqlite_store_url, "memory://", tmp_path), SystemClock(), Ids()):
            raise KeyError("mine")


async def test_a_job_that_fails_ends_the_block() -> None:
    """A defect of ours must not leave half a hub running."""
    stopped = asyncio.Event()

    async def fails() -> None:
        raise ZeroDivisionError

    async def works() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    with pytest.raises(ZeroDivisionError):
        async with running([works(), fails()]):
            await asyncio.Event().wait()
    assert stopped.is_set()


async def test_a_hub_starts_and_stops_many_times(sqlite_store_url: str, tmp_path: Path) -> None:
    """No task, thread or connection stays behind; the store file can be moved away afterwards, and back."""
    for _ in range(5):
        async with run_hub(plan(sqlite_store_url, "memory://", tmp_path, Provider()), SystemClock(), Ids()):
            pass
    path = sqlite_store_url.removeprefix("sqlite:///")
    shutil.move(path, tmp_path / "moved.db")
    shutil.move(tmp_path / "moved.db", path)


async def test_it_starts_and_works_while_redis_is_down(
    postgres_store_url: str, redis_server: RedisServer, tmp_path: Path
) -> None:
    redis_server.kill()
    provider = Provider()
    given_plan = plan(postgres_store_url, redis_server.url, tmp_path, provider)
    async with run_hub(given_plan, SystemClock(), Ids()) as hub:
        await hire(hub)
        await agent_says(hub, await customer_says(hub, "Hello", "m1"), "Good day")
        await provider.calls(1)
        assert (await screen(hub, 0, 4))[:4] == [1, 2, 3, 4]
