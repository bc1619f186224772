"""Workers of the outbox that die, stop or compete: nothing is sent twice, nothing is lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from hub.errors import Unavailable
from hub.outcome import Outcome, record
from hub.store import Store, Tx, View, open_store
from hub.store import outbox as box
from hub.store.outbox import Room
from tests import given
from tests.hub.provider import Held, Provider, Watch, catalog, never
from tests.hub.sending import CHAT, lapse, news, queue, settled, states, talk, working
from tests.stores import running


@pytest.mark.parametrize(
    ("repeat", "is_written", "state", "calls"),
    [
        ("none", False, "done", 1),
        ("none", True, "uncertain", 0),
        ("echo", True, "uncertain", 0),
        ("key", True, "done", 1),
    ],
)
async def test_a_worker_that_dies_gives_its_row_back(
    store: Store, repeat: str, is_written: bool, state: str, calls: int
) -> None:
    """Killed before the request: sent. Killed after it was marked: uncertain, unless the provider knows the key."""
    provider = Provider(repeat=repeat)
    await queue(store, await talk(store), "Hello")
    [row] = await store.write(lambda tx: box.claim(tx, "dead", 60, {CHAT: Room(10, 100)}))
    if is_written:
        assert await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "dead"))
    async with working(store, catalog(chat=provider)) as outbox:
        outbox.kick()
        await queue(store, await talk(store), "another")
        await provider.calls(1)
        assert provider.texts == ["another"]
        await lapse(store)
        outbox.kick()
        await settled(store, state, "done")
    assert len(provider.taken) == calls + 1


async def test_a_worker_that_was_overtaken_sends_nothing(store: Store) -> None:
    """Its lease ran out before the request; somebody else has the row."""
    await queue(store, await talk(store), "Hello")
    rooms = {CHAT: Room(10, 100)}
    [row] = await store.write(lambda tx: box.claim(tx, "slow", 60, rooms))
    assert await store.write(lambda tx: box.claim(tx, "other", 60, rooms)) == []
    await lapse(store)
    [again] = await store.write(lambda tx: box.claim(tx, "other", 60, rooms))
    assert (again.outbox_id, again.attempt) == (row.outbox_id, 2)
    assert not await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "slow"))
    assert await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "other"))


async def test_late_news_of_an_overtaken_worker(store: Store) -> None:
    """Its failure counts for nothing; its success is the truth, and stops the other one."""
    known = catalog(chat=Provider())
    await queue(store, await talk(store), "Hello")
    rooms = {CHAT: Room(10, 100)}
    [row] = await store.write(lambda tx: box.claim(tx, "slow", 60, rooms))
    await lapse(store)
    await store.write(lambda tx: box.claim(tx, "other", 60, rooms))
    late = Outcome("queued", retry_at=store.clock.now())
    assert not await store.write(lambda tx: record(tx, known, row, "slow", late))
    assert not await store.write(lambda tx: record(tx, known, row, "slow", Outcome("failed", words="no")))
    assert await store.read(states) == ["sending"]
    assert await store.read(news) == []
    assert await store.write(lambda tx: record(tx, known, row, "slow", Outcome("sent", external="x")))
    assert await store.read(states) == ["done"]
    assert not await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "other"))


async def test_stopping_lets_a_send_end(store: Store) -> None:
    """The hub stops while a message is on its way: its outcome is recorded first."""
    held, provider = Held(), Provider()
    provider.answers = [held]
    await queue(store, await talk(store), "Hello")
    async with working(store, catalog(chat=provider)):
        await provider.calls(1)
        asyncio.get_running_loop().call_later(0.05, held.go.set)
    assert await store.read(states) == ["done"]


@pytest.mark.parametrize(("repeat", "state"), [("none", "uncertain"), ("key", "waiting")])
async def test_stopping_does_not_wait_for_ever(store: Store, repeat: str, state: str) -> None:
    """A provider that hangs: after the time to drain the message is uncertain, or waits for the next start."""
    provider = Provider(repeat=repeat)
    provider.answers = [never]
    await queue(store, await talk(store), "1", "2")
    async with working(store, catalog(chat=provider), drain=0.05):
        await provider.calls(1)
    assert await store.read(states) == [state, "waiting"]


async def test_what_was_claimed_and_not_begun_is_given_back(store: Store) -> None:
    await queue(store, await talk(store), "Hello")
    await store.write(lambda tx: box.claim(tx, "me", 60, {CHAT: Room(10, 100)}))
    await store.write(lambda tx: box.release(tx, "me"))
    [row] = await store.write(lambda tx: box.claim(tx, "other", 60, {CHAT: Room(10, 100)}))
    assert row.attempt == 1


# several processes


async def test_two_processes_never_send_one_message_twice(postgres_store: Store, postgres_store_url: str) -> None:
    """Both work on the same rows at once: every message once, every conversation in order."""
    store, provider = postgres_store, Provider(rate=100_000.0)
    talks = [await talk(store) for _ in range(20)]
    for number in range(6):
        await asyncio.gather(*(store.write(given.answer(one, f"{number}")) for one in talks))
    other = open_store(postgres_store_url, given.FixedClock(), given.ids(7))
    known = catalog(chat=provider)
    async with running(other), working(store, known), working(other, known, seed=2):
        await Watch(store).until(states, lambda found: found == ["done"] * 120, 30)
    assert set(Counter(call.outbox_id for call in provider.taken).values()) == {1}
    for one in talks:
        texts = [call.message.text for call in provider.taken if call.interaction_id == one.interaction_id]
        assert texts == [f"{number}" for number in range(6)]


async def test_claims_of_two_processes_skip_one_another(postgres_store: Store, postgres_store_url: str) -> None:
    """Many at once: no row is given to two, and nobody waits for a lock until it fails."""
    for _ in range(40):
        await queue(postgres_store, await talk(postgres_store), "Hello")
    stores = [open_store(postgres_store_url, given.FixedClock(), given.ids(n)) for n in (7, 8, 9)]
    rooms = {CHAT: Room(3, 100_000.0)}
    async with running(stores[0]), running(stores[1]), running(stores[2]):
        rows = await asyncio.gather(
            *(
                one.write(lambda tx, holder=f"{number}-{n}": box.claim(tx, holder, 60, rooms))  # type: ignore[misc]  # bound now
                for number in range(5)
                for n, one in enumerate(stores)
            )
        )
    found = [row.outbox_id for some in rows for row in some]
    assert len(found) == len(set(found)) > 20


async def test_an_outcome_is_recorded_when_the_store_answers_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is away just when the provider has taken the message: it is not uncertain, and not sent again."""
    provider, real, failures = Provider(), store.write, 4

    async def flaky(change: Callable[[Tx], Any]) -> Any:
        nonlocal failures
        if provider.taken and failures:
            failures -= 1
            raise Unavailable
        return await real(change)

    await queue(store, await talk(store), "Hello")
    monkeypatch.setattr(store, "write", flaky)
    async with working(store, catalog(chat=provider)):
        await settled(store, "done")
    assert (failures, len(provider.taken)) == (0, 1)
    assert [said.status for said in await store.read(news)] == ["sent"]


async def test_a_store_that_is_away_stops_nothing_for_good(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither looking nor claiming works for a moment: then it goes on by itself."""
    monkeypatch.setattr("hub.outbox.LOOK_SECONDS", 0.05)
    provider, write, read, failures = Provider(), store.write, store.read, Counter({"write": 2, "read": 2})

    async def flaky_write(change: Callable[[Tx], Any]) -> Any:
        if failures["write"]:
            failures["write"] -= 1
            raise Unavailable
        return await write(change)

    async def flaky_read(query: Callable[[View], Any]) -> Any:
        if failures["read"]:
            failures["read"] -= 1
            raise Unavailable
        return await read(query)

    await queue(store, await talk(store), "Hello")
    monkeypatch.setattr(store, "write", flaky_write)
    monkeypatch.setattr(store, "read", flaky_read)
    async with working(store, catalog(chat=provider)):
        await provider.calls(1)
        await settled(store, "done")
    assert sum(failures.values()) == 0
