"""The newest events of this process: the same as the store's, and bounded."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from hub.events import Event
from hub.store import Store
from hub.store import tail as tail_of
from hub.store.events import events_after
from hub.store.tail import Tail
from tests import given


async def some_events(store: Store, count: int) -> list[Event]:
    chat = await store.write(given.interaction(await store.write(given.customer())))
    await asyncio.gather(*(store.write(given.message(chat, f"{number}")) for number in range(count)))
    return await store.read(lambda view: events_after(view, 0, 1000))


async def test_it_gives_what_the_store_gives(store: Store) -> None:
    """From every position, with every limit: the same events as a read of the store."""
    every = await some_events(store, 20)
    for position in range(len(every)):
        for limit in (1, 7, 100):
            assert store.tail.after(position, limit) == every[position : position + limit]
    assert store.tail.after(len(every), 10) is None


async def test_behind_a_gap_it_knows_nothing_older(store: Store) -> None:
    """Another process wrote between: what stood before the gap is the store's to tell."""
    every = await some_events(store, 6)
    tail = Tail()
    tail.add(every[:2])
    tail.add(every[4:])
    assert [tail.after(position, 10) for position in (0, 1, 2, 3)] == [None] * 4
    assert tail.after(4, 10) == every[4:]


async def test_it_is_bounded_in_count_and_in_bytes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many events, and huge ones: the oldest go."""
    every = await some_events(store, 20)
    monkeypatch.setattr(tail_of, "EVENTS", 5)
    tail = Tail()
    tail.add(every)
    assert tail.after(every[-5].position - 1, 10) == every[-5:]
    assert tail.after(every[-6].position - 1, 10) is None
    huge = [msgspec.structs.replace(one, data=msgspec.Raw(b'"' + b"x" * 3_000_000 + b'"')) for one in every[:2]]
    tail = Tail()
    tail.add(huge)
    assert tail.after(huge[0].position - 1, 10) is None
    assert tail.after(huge[1].position - 1, 10) == huge[1:]
