"""An outbox at work, and what its rows and the stream say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import select, update

from hub import events as ev
from hub.catalog import Catalog
from hub.ids import ChannelId
from hub.interactions import Interaction
from hub.outbox import Outbox
from hub.store import Slot, Store, View
from hub.store import tables as t
from hub.store.events import events_after
from tests import given
from tests.hub.provider import Watch

CHAT = given.CHAT
OTHER = ChannelId("other")


@asynccontextmanager
async def working(store: Store, known: Catalog, *, drain: float = 5, seed: int = 1) -> AsyncIterator[Outbox]:
    """An outbox at work; leaving the block stops it as the hub does."""
    outbox = Outbox(store, known, given.ids(seed), drain_seconds=drain)
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def talk(store: Store, channel: ChannelId = CHAT) -> Interaction:
    ada = await store.write(given.customer("Ada"))
    return await store.write(given.interaction(ada, channel=channel))


async def queue(store: Store, to: Interaction, *texts: str) -> list[Slot]:
    return [await store.write(given.answer(to, text)) for text in texts]


def news(view: View) -> list[ev.DeliveryUpdated]:
    """Every ``delivery.updated``, in order."""
    found = (event.read() for event in events_after(view, 0, 10_000) if event.type == "delivery.updated")
    return [data for data in found if isinstance(data, ev.DeliveryUpdated)]


def states(view: View) -> list[str]:
    """The states of the rows in the order in which they were queued."""
    return list(view.connection.execute(select(t.outbox.c.state).order_by(t.outbox.c.outbox_id)).scalars())


async def settled(store: Store, *wanted: str) -> list[str]:
    """Wait until the rows have these states."""
    return await Watch(store).until(states, lambda found: found == list(wanted))


async def lapse(store: Store) -> None:
    """The lease of every claimed row has run out."""
    await store.write(lambda tx: tx.connection.execute(update(t.outbox).values(lease_until=1)).rowcount)
