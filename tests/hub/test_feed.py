"""The live tail: whoever joins, whenever and wherever, sees every position exactly once; who is slow holds nobody."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress

import msgspec
import pytest

from hub.bus import open_bus
from hub.feed import QUEUE, Feed, PatchFrame, Resync
from hub.interactions import Interaction
from hub.people import Patch
from hub.ports import Bus
from hub.store import Store, open_store
from hub.timeline import Desk
from tests import given
from tests.hub.provider import Provider, catalog
from tests.peers.redis import RedisServer
from tests.stores import running


@asynccontextmanager
async def following(store: Store, bus: Bus) -> AsyncIterator[Feed]:
    """A feed at work."""
    feed = Feed(store, bus, Desk(store, catalog(chat=Provider())))
    task = asyncio.create_task(feed.run())
    try:
        yield feed
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def alone(store: Store) -> AsyncIterator[Feed]:
    async with open_bus("memory://") as bus, following(store, bus) as feed:
        yield feed


class Screen:
    """Reads patches until it has a position, and notes what it saw."""

    def __init__(self, feed: Feed, after: int) -> None:
        self.feed = feed
        self.after = after
        self.frames: list[PatchFrame] = []

    @property
    def position(self) -> int:
        return self.frames[-1].position if self.frames else self.after

    async def read(self, until: int, *, pause: float = 0.0) -> None:
        async with asyncio.timeout(20), aclosing(self.feed.patches(self.after)) as patches:
            if self.position >= until:
                return
            async for frame in patches:
                assert isinstance(frame, PatchFrame), frame
                self.frames.append(frame)
                if self.position >= until:
                    return
                await asyncio.sleep(pause)

    def patches(self) -> list[Patch]:
        return [msgspec.json.decode(frame.json, type=Patch) for frame in self.frames]

    def require_every_position_once(self, until: int) -> None:
        """Frames join without gap or overlap, and their events are all there."""
        at = self.after
        for frame in self.frames:
            assert frame.after == at
            assert frame.position > at
            at = frame.position
        assert at >= until
        positions = [event.position for patch in self.patches() for event in patch.events]
        assert positions == list(range(self.after + 1, at + 1))


async def joined(feed: Feed, count: int) -> None:
    """Wait until that many are at the tail."""
    async with asyncio.timeout(5):
        while len(feed._subscribers) < count:  # noqa: ASYNC110 - joining says nothing
            await asyncio.sleep(0)


async def talk(store: Store) -> Interaction:
    ada = await store.write(given.customer("Ada"))
    return await store.write(given.interaction(ada))


async def say(store: Store, to: Interaction, count: int) -> int:
    """That many messages in one commit or several; gives the head."""
    await asyncio.gather(*(store.write(given.message(to, f"{n}")) for n in range(count)))
    return await store.head()


async def test_a_commit_reaches_every_screen_with_the_rows_it_touched(store: Store) -> None:
    """The frame is encoded once: all screens get the same bytes."""
    to = await talk(store)
    async with alone(store) as feed:
        after = await store.head()
        screens = [Screen(feed, after) for _ in range(3)]
        readers = [asyncio.create_task(screen.read(after + 1)) for screen in screens]
        await joined(feed, 3)
        slot = await store.write(given.message(to, "Hello"))
        await asyncio.gather(*readers)
    [patch] = screens[0].patches()
    assert [event.event_id for event in patch.events] == [slot.event_id]
    assert [(row.interaction.preview, row.customer_name) for row in patch.rows] == [("Hello", "Ada")]
    assert len({id(screen.frames[0].json) for screen in screens}) == 1


@pytest.mark.parametrize("seed", range(4))
async def test_whoever_joins_whenever_and_wherever_sees_every_position_once(store: Store, seed: int) -> None:
    """Screens join at random positions and moments, fast and slow, while messages arrive in random bursts."""
    chance = random.Random(seed)
    to = await talk(store)
    target = 160
    async with alone(store) as feed:
        readers: list[asyncio.Task[None]] = []
        screens: list[Screen] = []
        while (head := await store.head()) < target:
            for _ in range(chance.randrange(3)):
                # Also ahead of the tail: the snapshot may be newer than what this process has read.
                screen = Screen(feed, chance.randint(0, head))
                screens.append(screen)
                readers.append(asyncio.create_task(screen.read(target, pause=chance.choice([0, 0, 0.002]))))
            await say(store, to, chance.randrange(1, 9))
            await asyncio.sleep(0)
        await asyncio.gather(*readers)
    assert len(screens) > 5
    for screen in screens:
        screen.require_every_position_once(target)


async def test_nobody_misses_what_is_committed_while_the_first_screen_joins(store: Store) -> None:
    """The tail slept without screens; the join and the commit race, many times over."""
    to = await talk(store)
    async with alone(store) as feed:
        for _ in range(25):
            after = await store.head()
            screen = Screen(feed, after)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(screen.read(after + 2))
                tasks.create_task(store.write(given.message(to)))
                tasks.create_task(store.write(given.message(to)))
            screen.require_every_position_once(after + 2)


async def test_a_screen_ahead_of_the_tail_waits_for_it(store: Store) -> None:
    """Its snapshot is newer than what this process has read: no event comes a second time."""
    to = await talk(store)
    async with alone(store) as feed:
        await say(store, to, 5)
        head = await store.head()
        screen = Screen(feed, head)
        feed.head = 1
        reader = asyncio.create_task(screen.read(head + 3))
        await say(store, to, 3)
        await reader
    screen.require_every_position_once(head + 3)


async def test_the_router_sees_every_event_in_order(store: Store) -> None:
    """From any position, over several batches, and what comes later."""
    to = await talk(store)
    await say(store, to, 30)
    async with alone(store) as feed:
        seen: list[int] = []

        async def follow() -> None:
            async with aclosing(feed.events(3)) as events:
                async for some in events:
                    seen.extend(event.position for event in some)
                    if seen[-1] >= target:
                        return

        target = await store.head() + 10
        reader = asyncio.create_task(follow())
        await say(store, to, 10)
        await reader
    assert seen == list(range(4, target + 1))


async def test_more_than_a_batch_is_read_in_parts(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.feed.BATCH", 7)
    to = await talk(sqlite_store)
    target = await say(sqlite_store, to, 50)
    async with alone(sqlite_store) as feed:
        screen, late = Screen(feed, 0), Screen(feed, target)
        await screen.read(target)
        reader = asyncio.create_task(late.read(target + 30))
        await say(sqlite_store, to, 30)
        await reader
    screen.require_every_position_once(target)
    late.require_every_position_once(target + 30)
    assert max(frame.position - frame.after for frame in screen.frames + late.frames) <= 7


async def test_a_slow_screen_is_sent_back_to_the_snapshot_and_holds_nobody(sqlite_store: Store) -> None:
    """It reads nothing while more frames pass than its queue holds."""
    store = sqlite_store
    to = await talk(store)
    async with alone(store) as feed:
        after = await store.head()
        fast = Screen(feed, after)
        reader = asyncio.create_task(fast.read(after + QUEUE + 40))
        async with aclosing(feed.patches(after)) as slow:
            waiting = asyncio.create_task(anext(slow))
            await joined(feed, 2)
            await store.write(given.message(to))
            assert isinstance(await waiting, PatchFrame)
            for number in range(QUEUE + 39):
                await store.write(given.message(to))
                async with asyncio.timeout(5):
                    await feed.until_behind(after + 1 + number)
            await reader
            assert [step async for step in slow] == [Resync("too slow")]
    fast.require_every_position_once(after + QUEUE + 40)


async def test_a_screen_that_cannot_catch_up_is_told_so(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too far behind, or ahead of the stream because the store was restored from a copy."""
    monkeypatch.setattr("hub.feed.FAR_BEHIND", 10)
    to = await talk(sqlite_store)
    head = await say(sqlite_store, to, 20)
    async with alone(sqlite_store) as feed:
        assert [step async for step in feed.patches(head - 11)] == [Resync("too far behind")]
        assert [step async for step in feed.patches(head + 1)] == [Resync("ahead of the stream")]


async def test_who_leaves_is_forgotten(sqlite_store: Store) -> None:
    """The tail does not read for nobody."""
    to = await talk(sqlite_store)
    async with alone(sqlite_store) as feed:
        for _ in range(10):
            screen = Screen(feed, 0)
            await screen.read(await sqlite_store.head())
        head = await say(sqlite_store, to, 3)
        await feed.until_behind(head - 1)
        assert not feed._subscribers


async def test_a_sink_gets_every_frame_from_the_moment_it_joins(store: Store) -> None:
    """Joined first and read up to the tail, the frames that follow fit without gap or overlap."""
    to = await talk(store)

    class Sink:
        def __init__(self) -> None:
            self.frames: list[PatchFrame] = []

        def push(self, frame: PatchFrame) -> None:
            self.frames.append(frame)

    async with alone(store) as feed:
        for _ in range(10):
            writing = asyncio.create_task(say(store, to, 5))
            sink, at = Sink(), 0
            feed.join(sink)
            while True:
                frame, _ = await feed.frame(at)
                assert frame.after == at
                at = frame.position
                if at == feed.head:
                    break
            head = await writing
            await feed.until_behind(head - 1)
            for frame in sink.frames:
                if frame.position > at:
                    assert frame.after == at
                    at = frame.position
            assert at >= head
            feed.leave(sink)


# other processes


@pytest.mark.parametrize("is_redis_there", [True, False], ids=["hints", "no hints"])
async def test_what_another_process_commits_arrives(
    postgres_store: Store,
    postgres_store_url: str,
    redis_server: RedisServer,
    is_redis_there: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At once by a hint; without Redis by looking: losing a hint costs delay, never data."""
    monkeypatch.setattr("hub.feed.LOOK_SECONDS", 60.0 if is_redis_there else 0.2)
    other = open_store(postgres_store_url, given.FixedClock(), given.ids(7))
    async with (
        running(other),
        open_bus(redis_server.url) as one_bus,
        open_bus(redis_server.url) as other_bus,
        following(postgres_store, one_bus) as feed,
        following(other, other_bus),
    ):
        to = await talk(other)
        if not is_redis_there:
            redis_server.kill()
        after = await postgres_store.head()
        screen = Screen(feed, after)
        reader = asyncio.create_task(screen.read(after + 40))
        for _ in range(8):
            await say(other, to, 5)
        await reader
    screen.require_every_position_once(after + 40)


async def test_garbage_on_the_bus_only_wakes(sqlite_store: Store) -> None:
    """A stranger publishes on our topic."""
    to = await talk(sqlite_store)
    async with open_bus("memory://") as bus, following(sqlite_store, bus) as feed:
        for hint in (b"", b"x" * 100, b"\xff\x00", b"99999999999999999999", b"-1"):
            await bus.publish("events", hint)
        screen = Screen(feed, 0)
        head = await say(sqlite_store, to, 3)
        await screen.read(head)
    screen.require_every_position_once(head)


async def test_an_idle_process_reads_no_events(sqlite_store: Store) -> None:
    """Without screens the tail asks for the head alone."""
    to = await talk(sqlite_store)
    async with alone(sqlite_store) as feed:
        head = await say(sqlite_store, to, 5)
        async with asyncio.timeout(5):
            await feed.until_behind(head - 1)
        assert feed.head == head
