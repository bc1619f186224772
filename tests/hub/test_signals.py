"""Passing signals: a customer's socket wakes by what the stream says; typing passes both ways, over Redis too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest
from redis.asyncio import Redis

from hub.bus import open_bus
from hub.feed import Feed
from hub.ids import AgentId, CustomerId
from hub.interactions import Interaction
from hub.ports import Bus, Hint
from hub.signals import CustomerTyping, Hints, Signals, Viewing
from hub.store import Store
from hub.timeline import Desk
from tests import given
from tests.hub.provider import Provider, catalog


@asynccontextmanager
async def running(store: Store, bus: Bus) -> AsyncIterator[Signals]:
    """Signals of one process, with the tail they follow."""
    feed = Feed(store, bus, Desk(store, catalog(chat=Provider())))
    signals = Signals(bus, store)
    tasks = [asyncio.create_task(feed.run()), asyncio.create_task(signals.run(feed))]
    await feed.begun.wait()
    await asyncio.sleep(0)
    try:
        yield signals
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def alone(store: Store) -> AsyncIterator[Signals]:
    async with open_bus("memory://") as bus, running(store, bus) as signals:
        yield signals


async def soon(hints: AsyncIterator[Hint]) -> Hint:
    async with asyncio.timeout(5):
        return await anext(hints)


async def talk(store: Store) -> Interaction:
    ada = await store.write(given.customer("Ada"))
    return await store.write(given.interaction(ada))


async def test_what_concerns_a_conversation_wakes_its_customer(store: Store) -> None:
    """A message of either side, a receipt, a change of state; not a note of the team, nor another conversation."""
    to, other = await talk(store), await talk(store)
    async with alone(store) as signals, signals.line(given.CHAT, to.address) as payloads:
        hints = Hints(payloads)
        for change in (given.message(to), given.answer(to)):
            await store.write(change)
            assert await soon(hints) == Hint("changed")
        for quiet in (given.note(to), given.message(other), given.agent("mia")):
            await store.write(quiet)
        slot = await store.write(given.answer(to))
        assert await soon(hints) == Hint("changed")
        await store.write(given.delivered(slot, "sent"))
        assert await soon(hints) == Hint("changed")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await anext(hints)


async def test_a_conversation_that_begins_while_watched(store: Store) -> None:
    """The page is open before the first message: nobody knows the address yet."""
    ada = await store.write(given.customer("Ada"))
    known = ada.addresses[0]
    address = given.email(known.value)
    async with alone(store) as signals, signals.line(given.CHAT, address) as payloads:
        await store.write(given.interaction(ada))
        assert await soon(Hints(payloads)) == Hint("changed")


async def test_typing_passes_both_ways(store: Store) -> None:
    """The agent's to the customer's page, the customer's to every agent; nothing for a talk that is over."""
    to = await talk(store)
    async with (
        alone(store) as signals,
        signals.line(given.CHAT, to.address) as page,
        signals.typing_customers() as agents,
    ):
        await signals.agent_typing(to.interaction_id, "Mia", on=True)
        assert await soon(Hints(page)) == Hint("typing", on=True, name="Mia")
        await signals.customer_typing(given.CHAT, given.email(), on=True)
        await signals.customer_typing(given.CHAT, to.address, on=True)
        found = msgspec.json.decode(await anext(agents), type=CustomerTyping)
        assert found == CustomerTyping(interaction_id=to.interaction_id, on=True)


async def test_signals_pass_between_processes(store: Store, redis_url: str) -> None:
    """The agent's socket is in one process, the customer's in another."""
    to = await talk(store)
    async with (
        open_bus(redis_url) as one_bus,
        open_bus(redis_url) as other_bus,
        running(store, one_bus) as one,
        running(store, other_bus) as other,
        other.line(given.CHAT, to.address) as page,
        other.viewers() as viewers,
    ):
        await one.agent_typing(to.interaction_id, "Mia", on=False)
        assert await soon(Hints(page)) == Hint("typing", on=False, name="Mia")
        viewing = Viewing(customer_id=CustomerId("c"), agent_id=AgentId("mia"), name="Mia", doing="reading")
        await one.viewing(viewing)
        assert msgspec.json.decode(await anext(viewers), type=Viewing) == viewing


async def test_garbage_on_the_bus_is_passed_over(store: Store, redis_url: str) -> None:
    """A stranger publishes on the topics of lines: the next signal still arrives."""
    to = await talk(store)
    async with (
        open_bus(redis_url) as bus,
        running(store, bus) as signals,
        Redis.from_url(redis_url) as stranger,
        signals.line(given.CHAT, to.address) as page,
    ):
        for payload in (b"", b"12345678{", b'12345678{"topic": 1}', b"\xff" * 40):
            await stranger.publish(f"continuo:line:chat:{to.address}", payload)
        await signals.agent_typing(to.interaction_id, "Mia", on=True)
        assert await soon(Hints(page)) == Hint("typing", on=True, name="Mia")
