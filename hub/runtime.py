"""Start and stop in the right order. Law: nothing is taken in that could not be finished."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from hub.bus import open_bus
from hub.catalog import Account, Catalog, Queue
from hub.claims import Claims
from hub.feed import Feed
from hub.ids import ChannelId, Ids, QueueId
from hub.inbox import AccountLine, Arrivals
from hub.ingest import Ingest
from hub.listening import keep_listening
from hub.media import Media
from hub.outbox import Outbox
from hub.ports import Bus, Channel, Clock, Listens, Tools
from hub.presence import Beats
from hub.service import Service
from hub.signals import Signals
from hub.store import Store, open_store
from hub.timeline import Desk
from hub.timers import Timers
from hub.traces import Traces
from hub.webhooks import Doors


class AccountPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A channel account as configured: its class is known, its channel not yet made."""

    channel_id: ChannelId
    kind: str
    name: str
    queue_id: QueueId
    make: Callable[[Any, Tools], Channel]
    settings: Any
    from_name: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a hub is made of."""

    store_url: str
    bus_url: str
    folder: Path
    """Where attachments lie."""
    public_url: str
    queues: Mapping[QueueId, Queue]
    accounts: tuple[AccountPlan, ...]
    readers: int = 4
    group: int = 500
    drain_seconds: float = 20.0
    """Time given to sends that are under way when the hub stops."""


class Hub:
    """A running hub: what the siblings may call."""

    def __init__(self, *, plan: Plan, store: Store, bus: Bus, catalog: Catalog, media: Media, traces: Traces) -> None:
        self.store = store
        self.bus = bus
        self.clock: Clock = store.clock
        self.ids: Ids = store.ids
        self.catalog = catalog
        self.media = media
        self.traces = traces
        self.service = Service(store, catalog)
        self.claims = Claims(store, catalog)
        self.desk = Desk(store, catalog)
        self.feed = Feed(store, bus, self.desk)
        self.signals = Signals(bus, store)
        self.beats = Beats(store, catalog, store.ids)
        self.timers = Timers(store, catalog, store.ids)
        self.outbox = Outbox(store, catalog, store.ids, drain_seconds=plan.drain_seconds)
        arrivals = Arrivals(Ingest(catalog))
        self.lines: dict[ChannelId, AccountLine] = {
            key: AccountLine(account, store, arrivals, media, self.signals) for key, account in catalog.accounts.items()
        }
        self.doors = Doors(catalog, self.lines, store.clock, plan.public_url)

    def own_jobs(self) -> list[Coroutine[Any, Any, None]]:
        """What runs as long as the hub does."""
        return [self.feed.run(), self.signals.run(self.feed), self.traces.run(), self.beats.run(), self.timers.run()]

    def listening(self) -> list[Coroutine[Any, Any, None]]:
        return [
            keep_listening(self.store, key, account.channel, self.lines[key])
            for key, account in self.catalog.accounts.items()
            if isinstance(account.channel, Listens)
        ]


@asynccontextmanager
async def run_hub(plan: Plan, clock: Clock, ids: Ids) -> AsyncGenerator[Hub]:
    """Everything is up inside the block. Leaving it: listeners stop, sends end, what waits is written, all closes.

    Raises SchemaTooOld, SchemaTooNew, Unavailable.
    """
    async with AsyncExitStack() as stack:
        store = open_store(plan.store_url, clock, ids, readers=plan.readers, group=plan.group)
        await store.start()
        stack.push_async_callback(store.close)
        bus = await stack.enter_async_context(open_bus(plan.bus_url))
        # On a thread: it looks through its folder.
        media = await asyncio.to_thread(Media, plan.folder / "media", store)
        traces = Traces(store)
        accounts = {}
        for one in plan.accounts:
            http = await stack.enter_async_context(traces.client(one.channel_id, one.settings))
            accounts[one.channel_id] = make_account(one, tools(plan, one, http, clock, media))
        catalog = Catalog(queues=plan.queues, accounts=accounts)
        hub = Hub(plan=plan, store=store, bus=bus, catalog=catalog, media=media, traces=traces)
        # Left in the reverse order: nothing new comes in, then sends end, then the rest.
        await stack.enter_async_context(running(hub.own_jobs()))
        await stack.enter_async_context(running([hub.outbox.run()]))
        await stack.enter_async_context(running(hub.listening()))
        yield hub


def tools(plan: Plan, one: AccountPlan, http: aiohttp.ClientSession, clock: Clock, media: Media) -> Tools:
    url = f"{plan.public_url}/c/{one.kind}/{one.channel_id}"
    return Tools(channel_id=one.channel_id, public_url=url, http=http, clock=clock, media=media)


def make_account(one: AccountPlan, given: Tools) -> Account:
    return Account(
        channel_id=one.channel_id,
        kind=one.kind,
        name=one.name,
        queue_id=one.queue_id,
        channel=one.make(one.settings, given),
        from_name=one.from_name,
    )


@asynccontextmanager
async def running(jobs: list[Coroutine[Any, Any, None]]) -> AsyncGenerator[None]:
    """Run jobs beside the block. A job that fails ends the block; leaving it cancels them and waits for their ends.

    What the block or a job raises comes out as it is, unless there are several.
    """
    try:
        async with asyncio.TaskGroup() as tasks:
            started = [tasks.create_task(job) for job in jobs]
            try:
                yield
            finally:
                for task in started:
                    task.cancel()
    except ExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise
