"""Timers: what is due happens once, in one transaction with the end of its timer; one that fails holds no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest

from hub.interactions import Interaction, Offer
from hub.store import Store, Tx, View, open_store
from hub.store.events import events_after
from hub.store.timers import due_timers, next_due, set_timer
from hub.store.work import offers_by_id
from hub.timers import Timers
from tests import given
from tests.hub.provider import Provider, Watch, catalog
from tests.stores import running


@asynccontextmanager
async def watching(store: Store, seed: int = 1) -> AsyncIterator[Timers]:
    timers = Timers(store, catalog(chat=Provider()), given.ids(seed))
    task = asyncio.create_task(timers.run())
    try:
        yield timers
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks often."""
    monkeypatch.setattr("hub.timers.LONGEST_SLEEP", 0.02)


async def talk(store: Store) -> Interaction:
    ada = await store.write(given.customer("Ada"))
    return await store.write(given.interaction(ada))


async def offered(store: Store, seconds: float = 30) -> Offer:
    """An open offer with its deadline."""
    to = await talk(store)
    await store.write(given.agent("mia"))
    offer = await store.write(given.offer(to, "mia", seconds=seconds))
    await store.write(lambda tx: set_timer(tx, "offer", offer.offer_id, offer.deadline))
    return offer


def kinds(view: View) -> list[str]:
    return [event.type for event in events_after(view, 0, 1000)]


async def test_an_offer_runs_out_at_its_deadline_and_not_before(store: Store, clock: given.FixedClock) -> None:
    offer = await offered(store)
    watch = Watch(store)
    async with watching(store):
        clock.forward(seconds=29)
        await asyncio.sleep(0.1)
        assert "offer.timed_out" not in await store.read(kinds)
        clock.forward(seconds=1)
        found = await watch.until(kinds, lambda found: "offer.timed_out" in found)
        assert found.count("offer.timed_out") == 1
    [after] = await store.read(lambda view: offers_by_id(view, [offer.offer_id]))
    assert (after.state, after.cause) == ("timed_out", "ignored")
    assert await store.read(next_due) is None


async def test_what_was_due_while_nobody_watched_happens_at_the_start(store: Store, clock: given.FixedClock) -> None:
    """The hub was down for an hour; many deadlines passed."""
    offers = [await offered(store) for _ in range(5)]
    clock.forward(hours=1)
    watch = Watch(store)
    async with watching(store) as timers:
        await watch.until(kinds, lambda found: found.count("offer.timed_out") == 5)
        assert timers.fired == 5
    after = await store.read(lambda view: offers_by_id(view, [offer.offer_id for offer in offers]))
    assert {offer.state for offer in after} == {"timed_out"}


async def test_a_deadline_that_lost_its_meaning_goes_quietly(store: Store, clock: given.FixedClock) -> None:
    """The offer was accepted, its row is gone, the conversation never was."""
    await store.write(lambda tx: set_timer(tx, "offer", "nothing", tx.now))
    await store.write(lambda tx: set_timer(tx, "wake", "nothing", tx.now))
    async with watching(store) as timers:
        await Watch(store).until(next_due, lambda found: found is None)
    assert timers.fired == 2
    assert await store.read(kinds) == []


async def test_a_timer_that_fails_holds_no_other_and_is_kept(
    store: Store, clock: given.FixedClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A defect in what it leads to: logged, tried again a minute later; the others happen."""
    from hub.claims import due as real

    fails = True

    def broken(tx: Tx, known: object, timer: object) -> None:
        if fails and timer.ref == bad.interaction_id:  # type: ignore[attr-defined]  # a Timer
            raise ZeroDivisionError
        real(tx, known, timer)  # type: ignore[arg-type]  # see above

    monkeypatch.setattr("hub.timers.due", broken)
    bad, good = await talk(store), await talk(store)
    for to in (bad, good):
        await store.write(lambda tx, to=to: set_timer(tx, "wake", to.interaction_id, tx.now))  # type: ignore[misc]  # bound now
    watch = Watch(store)
    with caplog.at_level(logging.ERROR):
        async with watching(store):
            await watch.until(kinds, lambda found: found.count("timer.due") == 1)
            later = await watch.until(next_due, lambda found: found is not None and found > clock.now())
            assert later == clock.now() + timedelta(minutes=1)
            fails = False
            clock.forward(minutes=1)
            await watch.until(kinds, lambda found: found.count("timer.due") == 2)
    assert any("failed, tried again later" in record.getMessage() for record in caplog.records)


async def test_two_processes_fire_each_timer_once(postgres_store: Store, postgres_store_url: str) -> None:
    """One leads; even if both looked at once, a timer can be taken only once."""
    clock = given.FixedClock()
    other = open_store(postgres_store_url, clock, given.ids(7))
    talks = [await talk(postgres_store) for _ in range(30)]
    for to in talks:
        await postgres_store.write(lambda tx, to=to: set_timer(tx, "wake", to.interaction_id, tx.now))  # type: ignore[misc]  # bound now
    known = catalog(chat=Provider())
    async with running(other):
        found = await postgres_store.read(lambda view: due_timers(view, clock.now(), 100))
        one, two = Timers(postgres_store, known, given.ids(1)), Timers(other, known, given.ids(2))
        await asyncio.gather(*(each._end(timer) for timer in found for each in (one, two)))
    assert (await postgres_store.read(kinds)).count("timer.due") == 30


async def test_a_new_deadline_takes_the_place_of_the_old(store: Store, clock: given.FixedClock) -> None:
    to = await talk(store)
    for minutes in (1, 10):
        await store.write(
            lambda tx, minutes=minutes: set_timer(tx, "wake", to.interaction_id, tx.now + timedelta(minutes=minutes))  # type: ignore[misc]  # bound now
        )
    assert await store.read(next_due) == clock.now() + timedelta(minutes=10)
    clock.forward(minutes=5)
    async with watching(store):
        await asyncio.sleep(0.1)
        assert "timer.due" not in await store.read(kinds)
