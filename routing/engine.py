"""The router's shell: reads the stream, feeds the kernel, writes what it decides. Law: only the log changes the kernel.

One leads in an installation; it begins with the store as it is. A standby waits for the lease.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from contextlib import aclosing, suppress
from typing import Final

import msgspec

from hub.claims import LEASE, Claims, Overtaken
from hub.errors import HubError, NotFound, Unavailable
from hub.events import Event
from hub.ids import InteractionId
from hub.leases import Lease
from hub.runtime import Hub
from hub.store.work import interactions_by_id
from routing import decisions as out
from routing.events import Entered, RoutingEvent, micros
from routing.kernel import Kernel
from routing.rebuild import config_of, lists_of, rebuild, understood
from routing.sweeper import Sweeper
from routing.writing import write

log = logging.getLogger(__name__)
SWEEP_SECONDS: Final = 10.0
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
"""Seconds between tries while the store does not answer."""


class Stale(HubError):
    """What the router remembers and what the store says must differ; it is read again."""


class Engine:
    """``kernel`` is there while this process leads. ``run`` ends only when cancelled."""

    def __init__(self, hub: Hub) -> None:
        self.kernel: Kernel | None = None
        self.rebuilds = 0
        self.claimed = 0
        self.voided = 0
        self.sweeper = Sweeper(hub.store)
        self._store = hub.store
        self._catalog = hub.catalog
        self._feed = hub.feed
        self._claims: Claims = hub.claims
        self._lease = Lease(hub.store, LEASE, hub.ids)
        self._pause = FIRST_PAUSE
        self._is_outdated = False
        """Somebody's queues were changed, which is no event of the log."""

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._lease.run(self._lead))
            tasks.create_task(self._sweep())

    async def explain(self, interaction_id: InteractionId) -> out.Explanation:
        """Why it is with whom it is, or still waits. Raises NotFound, Unavailable."""
        if self.kernel is not None and interaction_id in self.kernel.book.items:
            return self.kernel.explain(interaction_id)
        kernel, _ = await self._read()
        if interaction_id not in kernel.book.items:
            raise NotFound("There is no such open conversation.")
        return kernel.explain(interaction_id)

    async def _lead(self, epoch: int) -> None:
        """Route until the lease is lost. Whatever the store does, begin again from what it says."""
        self._pause = FIRST_PAUSE
        while True:
            try:
                await self._route(epoch)
            except Overtaken:
                return
            except HubError as error:
                log.warning("the router reads the store again in %.1f s: %s", self._pause, error)
            finally:
                self.kernel = None
            await asyncio.sleep(self._pause)
            self._pause = min(self._pause * 2, LONGEST_PAUSE)

    async def _route(self, epoch: int) -> None:
        self._is_outdated = False
        kernel, decisions = await self._read()
        self.kernel = kernel
        self.rebuilds += 1
        await self._claim(epoch, kernel, decisions)
        async with aclosing(self._feed.events(kernel.position)) as stream:
            async for events in stream:
                made = [one for event in await self._routing(kernel, events) for one in kernel.apply(event)]
                await self._claim(epoch, kernel, made)
                if kernel.is_in_doubt or self._is_outdated:
                    raise Stale

    async def _read(self) -> tuple[Kernel, tuple[out.Decision, ...]]:
        now = self._store.clock.now()
        return await self._store.read(lambda view: rebuild(view, self._catalog, now))

    async def _routing(self, kernel: Kernel, events: Sequence[Event]) -> list[RoutingEvent]:
        """What the kernel has to know of these events."""
        found = [one for event in events if (one := understood(event)) is not None]
        back = {one.interaction_id for one in found if isinstance(one, Entered) and one.how == "reopened"}
        if not back - kernel.book.items.keys():
            return found
        known = {one.interaction_id: one for one in await self._store.read(lambda view: interactions_by_id(view, back))}
        for number, one in enumerate(found):
            if isinstance(one, Entered) and (now := known.get(one.interaction_id)) is not None and now.age_start:
                found[number] = msgspec.structs.replace(one, age_start=micros(now.age_start), priority=now.priority)
        return found

    # claims

    async def _claim(self, epoch: int, kernel: Kernel, decisions: Iterable[out.Decision]) -> None:
        """Write what still stands; all at once, so that they share a commit. Raises what the first failure raises."""
        claims = [
            write(self._claims, epoch, one, kernel)
            for one in decisions
            if isinstance(one, out.SetTimer) or kernel.is_pending(one)
        ]
        results = await asyncio.gather(*claims, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise result
        held = sum(result is True for result in results)
        self.claimed += held
        self.voided += sum(result is False for result in results)
        if held:
            self._pause = FIRST_PAUSE

    # watching

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            with suppress(Unavailable):
                await self.look()

    async def look(self) -> None:
        """Assert what must hold; and see whether somebody's queues were changed. Raises Unavailable."""
        if (kernel := self.kernel) is None:
            return
        await self.sweeper.look(kernel)
        lists = await self._store.read(lists_of)
        self._is_outdated |= config_of(self._catalog, lists) != kernel.config
