"""Leases: one leads, a standby takes over, and who was overtaken is stopped and can be told by the epoch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from sqlalchemy import select, update

from hub.leases import Lease
from hub.store import Store, open_store
from hub.store import tables as t
from hub.store.leases import holds, is_free, release_lease, take_lease
from tests import given
from tests.stores import running


class Leader:
    """Work that says when it leads and when it was stopped."""

    def __init__(self, store: Store, seed: int, name: str = "router") -> None:
        self.lease = Lease(store, name, given.ids(seed))
        self.epochs: list[int] = []
        self.stopped = 0
        self.changed = asyncio.Condition()

    async def work(self, epoch: int) -> None:
        await self._note(lambda: self.epochs.append(epoch))
        try:
            await asyncio.Event().wait()
        finally:
            self.stopped += 1

    async def _note(self, change: object) -> None:
        async with self.changed:
            change()  # type: ignore[operator]  # a function
            self.changed.notify_all()

    async def leads(self, times: int = 1) -> int:
        """Wait until it leads for that many times; gives the epoch."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: len(self.epochs) >= times)
        return self.epochs[-1]


@asynccontextmanager
async def standing(leader: Leader) -> AsyncIterator[Leader]:
    task = asyncio.create_task(leader.lease.run(leader.work))
    try:
        yield leader
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lease that lapses soon."""
    monkeypatch.setattr("hub.leases.RENEW_SECONDS", 0.1)
    monkeypatch.setattr("hub.leases.LAPSE_SECONDS", 0.4)


async def test_one_holder_at_a_time_and_the_epoch_only_rises(store: Store) -> None:
    """Renewing keeps it, a new holder gets the next one, a return too."""

    async def take(who: str) -> int | None:
        return await store.write(lambda tx: take_lease(tx, "router", who, 60))

    assert [await take("a"), await take("a"), await take("b")] == [1, 1, None]
    assert not await store.read(lambda view: is_free(view, "router", "b"))
    assert await store.read(lambda view: is_free(view, "router", "a"))
    await store.write(lambda tx: release_lease(tx, "router", "b"))
    assert await take("b") is None
    await store.write(lambda tx: release_lease(tx, "router", "a"))
    assert await store.read(lambda view: is_free(view, "router", "b"))
    assert [await take("b"), await take("a")] == [2, None]
    assert await store.write(lambda tx: holds(tx, "router", 2))
    assert not await store.write(lambda tx: holds(tx, "router", 1))
    assert not await store.write(lambda tx: holds(tx, "nobody", 1))


async def test_it_lapses_by_the_clock_of_the_database(store: Store, clock: given.FixedClock) -> None:
    """A process whose clock is a day ahead takes nothing away."""
    assert await store.write(lambda tx: take_lease(tx, "router", "a", 60)) == 1
    clock.forward(days=1)
    assert await store.write(lambda tx: take_lease(tx, "router", "b", 60)) is None
    await store.write(lambda tx: take_lease(tx, "router", "a", -1))
    assert await store.write(lambda tx: take_lease(tx, "router", "b", 60)) == 2


async def test_two_processes_that_want_it_at_once(postgres_store: Store, postgres_store_url: str) -> None:
    """Exactly one gets it, each time."""
    other = open_store(postgres_store_url, given.FixedClock(), given.ids(7))
    async with running(other):
        for number in range(10):
            name = f"lease{number}"

            async def take(one: Store, who: str, name: str = name) -> int | None:
                return await one.write(lambda tx: take_lease(tx, name, who, 60))

            got = await asyncio.gather(take(postgres_store, "a"), take(other, "b"))
            assert sorted(got, key=str) == [1, None]


@pytest.mark.usefixtures("fast")
async def test_a_standby_takes_over_when_the_leader_stops(store: Store) -> None:
    """At once, because it was given back; with the next epoch."""
    one, other = Leader(store, 1), Leader(store, 2)
    leading = asyncio.create_task(one.lease.run(one.work))
    assert await one.leads() == 1
    async with standing(other):
        await asyncio.sleep(0.5)
        assert (other.epochs, other.lease.epoch, one.stopped) == ([], 0, 0)
        leading.cancel()
        await asyncio.wait({leading})
        assert await other.leads() == 2
        assert (one.stopped, one.lease.epoch) == (1, 0)


@pytest.mark.usefixtures("fast")
async def test_a_leader_that_was_overtaken_is_stopped(store: Store) -> None:
    """Its lease ran out while it was frozen, and somebody else leads."""
    async with standing(Leader(store, 1)) as one:
        await one.leads()

        values = {"holder": "other", "epoch": 9, "expires_at": 2**62}
        await store.write(lambda tx: tx.connection.execute(update(t.leases).values(values)).rowcount)
        async with asyncio.timeout(5):
            while not one.stopped:  # noqa: ASYNC110 - being stopped says nothing
                await asyncio.sleep(0.01)
        assert one.lease.epoch == 0


@pytest.mark.usefixtures("fast")
async def test_a_leader_without_a_store_stops_before_its_lease_lapses(sqlite_store: Store) -> None:
    """It cannot renew: it must not go on while somebody else may lead."""
    loop = asyncio.get_running_loop()
    async with standing(Leader(sqlite_store, 1)) as one:
        await one.leads()
        began = loop.time()
        await sqlite_store.close()
        async with asyncio.timeout(5):
            while not one.stopped:  # noqa: ASYNC110 - being stopped says nothing
                await asyncio.sleep(0.01)
        assert loop.time() - began < 0.45 + 0.2


@pytest.mark.usefixtures("fast")
async def test_a_leader_keeps_it_as_long_as_it_works(store: Store) -> None:
    """Several times the length of a lease, with a standby that waits."""
    async with standing(Leader(store, 1)) as one:
        await one.leads()
        async with standing(Leader(store, 2)) as other:
            await asyncio.sleep(1.2)
            assert (one.epochs, other.epochs, one.stopped) == ([1], [], 0)


async def test_work_that_fails_is_not_hidden(store: Store) -> None:
    """The lease is given back, and whoever started it gets the error."""

    async def work(epoch: int) -> None:
        raise KeyError(epoch)

    with pytest.raises(KeyError):
        await Lease(store, "router", given.ids(1)).run(work)
    assert await store.read(lambda view: is_free(view, "router", "somebody"))


async def test_a_standby_that_waits_writes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks, by reading."""
    monkeypatch.setattr("hub.leases.RENEW_SECONDS", 0.02)
    assert await store.write(lambda tx: take_lease(tx, "router", "a", 60)) == 1
    before = store.counters.commits
    async with standing(Leader(store, 2)):
        await asyncio.sleep(0.2)
        assert store.counters.commits == before
    found = await store.read(lambda view: view.connection.execute(select(t.leases.c.holder)).scalar())
    assert found == "a"
