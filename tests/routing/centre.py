"""A hub with a router at work, without listeners: what tests of the engine start from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub import events as ev
from hub.bus import open_bus
from hub.commands import Accept, Command, Decline
from hub.ids import AgentId, InteractionId
from hub.interactions import Interaction
from hub.media import Media
from hub.ports import Clock, Parsed
from hub.runtime import Hub, Plan, running
from hub.store import Store, Tx, View, events, head, open_store, work
from hub.traces import Traces
from routing.engine import Engine
from routing.kernel import Kernel
from tests import given
from tests.hub.provider import Provider, Watch, catalog

LINE = given.CHAT


class Centre:
    """One process. ``engine`` may stand by."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.store: Store = hub.store
        self.engine = Engine(hub)
        self.watch = Watch(hub.store)
        self._commands = 0

    async def present(self, *names: str, **more: Any) -> None:
        for name in names:
            await self.store.write(given.agent(name, **more))

    async def arrive(self, text: str = "Hello") -> InteractionId:
        """A message of a new customer comes in."""
        taken = await self.hub.lines[LINE].accept(Parsed(events=(given.incoming(text),)))
        found = taken.accepted[0].interaction_id
        assert found is not None
        return found

    async def until(
        self, name: InteractionId, is_it: Callable[[Interaction], bool], seconds: float = 10
    ) -> Interaction:
        """Wait until the interaction is so."""

        def look(view: View) -> Interaction:
            return work.interactions_by_id(view, [name])[0]

        return await self.watch.until(look, is_it, seconds)

    async def offered(self, name: InteractionId, agent: str | None = None, seconds: float = 10) -> Interaction:
        """Wait until it is offered, to this agent where one is named."""
        return await self.until(name, lambda one: one.state == "offered" and agent in (None, one.offered_to), seconds)

    async def accept(self, name: InteractionId) -> None:
        one = await self.offered(name)
        assert one.offer_id is not None
        await self._do(one, Accept(client_id=self._id(), offer_id=one.offer_id))

    async def accept_when_offered(self, name: InteractionId) -> None:
        """Also what was accepted already is fine; the lease of a lost leader lapses first."""
        one = await self.until(name, lambda one: one.state in ("offered", "live"), 20)
        if one.state == "offered":
            await self.accept(name)

    async def decline(self, name: InteractionId) -> None:
        one = await self.offered(name)
        assert one.offer_id is not None
        await self._do(one, Decline(client_id=self._id(), offer_id=one.offer_id))

    async def _do(self, one: Interaction, command: Command) -> None:
        assert one.offered_to is not None
        await self.hub.service.do(command, one.offered_to, frozenset({"agent"}))

    def _id(self) -> str:
        self._commands += 1
        return f"command-{self._commands}"

    async def happens(self, name: InteractionId, *data: ev.Data) -> None:
        def change(tx: Tx) -> None:
            one = given.found(tx.interaction(name))
            given.happens(one, *data)(tx)

        await self.store.write(change)

    async def log(self) -> list[ev.Event]:
        return await self.store.read(everything)

    async def offers(self, name: InteractionId) -> list[AgentId]:
        """Whom it was offered to, in order."""
        return [
            data.agent_id
            for event in await self.log()
            if event.interaction_id == name and isinstance(data := event.read(), ev.OfferMade)
        ]

    async def settled(self) -> Kernel:
        """Wait until the kernel has read all and waits for no claim."""
        kernel = given.found(self.engine.kernel)
        await self.watch.until(head, lambda at: kernel.position == at and not kernel.book.decisions)
        return kernel

    async def is_leading(self) -> None:
        """Wait until this engine has begun."""
        await self.watch.until(lambda view: self.engine.kernel is not None, bool)


def everything(view: View) -> list[ev.Event]:
    return events.events_after(view, 0, 100_000)


@asynccontextmanager
async def hub_on(url: str, clock: Clock, folder: Path, *, seed: int = 1) -> AsyncGenerator[Centre]:
    """Feed and timers run; the engine does when the test says so."""
    store = open_store(url, clock, given.ids(seed))
    await store.start()
    try:
        async with open_bus("memory://") as bus:
            plan = Plan(store_url=url, bus_url="memory://", folder=folder, public_url="", queues={}, accounts=())
            accounts = catalog(chat=Provider(work="chat"))
            hub = Hub(
                plan=plan,
                store=store,
                bus=bus,
                catalog=accounts,
                media=Media(folder, store),
                traces=Traces(store),
            )
            async with running([hub.feed.run(), hub.timers.run()]):
                yield Centre(hub)
    finally:
        await store.close()


@asynccontextmanager
async def centre_on(url: str, clock: Clock, folder: Path, *, seed: int = 1) -> AsyncGenerator[Centre]:
    """A hub whose engine leads."""
    async with hub_on(url, clock, folder, seed=seed) as centre, running([centre.engine.run()]):
        await centre.is_leading()
        yield centre
