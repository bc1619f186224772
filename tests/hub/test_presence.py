"""Presence: the server notices by itself who is there, who fell silent and who is lost; a short gap changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import select

from hub.ids import AgentId
from hub.presence import Beats
from hub.projection import AgentNow
from hub.store import Store, View, open_store, rows
from hub.store import tables as t
from hub.store.beats import forget_beats, heard, put_beats
from hub.store.events import events_after
from tests import given
from tests.hub.provider import Provider, Watch, catalog
from tests.stores import running

MIA = AgentId("mia")


@asynccontextmanager
async def beating(store: Store, seed: int = 1) -> AsyncIterator[Beats]:
    beats = Beats(store, catalog(chat=Provider()), given.ids(seed))
    task = asyncio.create_task(beats.run())
    try:
        yield beats
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks and writes often; the limits are those of the real clock."""
    monkeypatch.setattr("hub.presence.WRITE_SECONDS", 0.02)
    monkeypatch.setattr("hub.presence.LOOK_SECONDS", 0.02)


def mia(view: View) -> AgentNow | None:
    row = view.connection.execute(select(t.agents).where(t.agents.c.agent_id == MIA)).mappings().first()
    return None if row is None else rows.AGENTS.from_row(row)


def changes(view: View) -> int:
    return sum(event.type == "agent.presence_changed" for event in events_after(view, 0, 1000))


def is_reachable(now: AgentNow | None) -> bool:
    return now is not None and now.reachable


async def test_a_connection_makes_an_agent_reachable_at_once(store: Store) -> None:
    """Before any beat is written in bulk."""
    beats = Beats(store, catalog(chat=Provider()), given.ids(1))
    await beats.arrive(MIA)
    now = await store.read(mia)
    assert is_reachable(now)
    assert now is not None
    assert now.status == "offline"


async def test_silence_makes_unreachable_then_lost(store: Store, clock: given.FixedClock) -> None:
    """Fifteen seconds: no more offers. A minute: offline, because lost."""
    await store.write(given.agent("mia"))
    watch = Watch(store)
    async with beating(store) as beats:
        await beats.arrive(MIA)
        clock.forward(seconds=14)
        await asyncio.sleep(0.15)
        assert is_reachable(await store.read(mia))
        clock.forward(seconds=1)
        now = await watch.until(mia, lambda now: not is_reachable(now))
        assert now is not None
        assert now.status == "available"
        clock.forward(seconds=44)
        await asyncio.sleep(0.15)
        now = await store.read(mia)
        assert now is not None
        assert now.status == "available"
        clock.forward(seconds=1)
        now = await watch.until(mia, lambda now: now is not None and now.status == "offline")
        assert now is not None
        assert (now.reason, now.reachable) == ("lost", False)


async def test_a_return_within_the_minute_keeps_the_status(store: Store, clock: given.FixedClock) -> None:
    await store.write(given.agent("mia"))
    watch = Watch(store)
    async with beating(store) as beats:
        await beats.arrive(MIA)
        clock.forward(seconds=50)
        await watch.until(mia, lambda now: not is_reachable(now))
        beats.beat(MIA)
        now = await watch.until(mia, is_reachable)
        assert now is not None
        assert now.status == "available"
        clock.forward(seconds=14)
        await asyncio.sleep(0.1)
        assert is_reachable(await store.read(mia))


async def test_beats_that_change_nothing_write_no_event(store: Store, clock: given.FixedClock) -> None:
    """Hours of beats: one row, no event."""
    async with beating(store) as beats:
        await beats.arrive(MIA)
        before = await store.read(changes)
        for _ in range(8):
            clock.forward(seconds=10)
            beats.beat(MIA)
            await asyncio.sleep(0.05)
        assert await store.read(changes) == before
        assert is_reachable(await store.read(mia))


async def test_the_beats_of_a_thousand_agents_are_one_write(sqlite_store: Store) -> None:
    """A handful of statements, however many."""
    agents = [AgentId(f"agent{n:04}") for n in range(1000)]
    async with beating(sqlite_store) as beats:
        for agent in agents:
            beats.beat(agent)
        # The first time they all become reachable: that is an event each.
        await Watch(sqlite_store).until(changes_of_all, lambda count: count == 1000)
        await asyncio.sleep(0.1)
        before = sqlite_store.counters.commits, sqlite_store.counters.statements
        for agent in agents:
            beats.beat(agent)
        async with asyncio.timeout(5):
            while beats._fresh:  # noqa: ASYNC110 - a write says nothing
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert sqlite_store.counters.statements - before[1] < 60
        assert sqlite_store.counters.commits - before[0] < 10


def changes_of_all(view: View) -> int:
    return sum(one.now.reachable for one in heard(view))


async def test_the_newest_beat_of_any_process_counts(postgres_store: Store, postgres_store_url: str) -> None:
    """The screen moved to another process: it is not silent."""
    clock = given.FixedClock()
    other = open_store(postgres_store_url, clock, given.ids(7))
    await postgres_store.write(given.agent("mia"))
    await postgres_store.write(lambda tx: put_beats(tx, "one", {MIA: clock.now()}))
    clock.forward(seconds=40)
    async with running(other):
        await other.write(lambda tx: put_beats(tx, "two", {MIA: clock.now()}))
        [one] = await other.read(heard)
        assert one.seen_at == clock.now()
        async with beating(other):
            await asyncio.sleep(0.2)
            assert is_reachable(await other.read(mia))


async def test_old_beats_are_forgotten(store: Store, clock: given.FixedClock) -> None:
    await store.write(given.agent("mia"))
    await store.write(lambda tx: put_beats(tx, "one", {MIA: clock.now()}))
    clock.forward(days=2)
    await store.write(lambda tx: forget_beats(tx, clock.now()))
    [one] = await store.read(heard)
    assert one.seen_at is None


async def test_a_beat_that_could_not_be_written_is_written_later(
    store: Store, clock: given.FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store was away for a moment: nobody falls silent for that."""
    from hub.errors import Unavailable

    real, failures = store.write, 3

    async def flaky(change: object) -> object:
        nonlocal failures
        if failures:
            failures -= 1
            raise Unavailable
        return await real(change)  # type: ignore[arg-type]  # a change

    async with beating(store) as beats:
        await asyncio.sleep(0.1)
        monkeypatch.setattr(store, "write", flaky)
        beats.beat(MIA)
        await Watch(store).until(mia, is_reachable)
    assert failures == 0
