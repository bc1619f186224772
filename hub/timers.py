"""Deadlines from the store. Law: what is due happens once, in one transaction with the end of its timer."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Final

from hub.catalog import Catalog
from hub.claims import due
from hub.errors import HubError, Unavailable
from hub.ids import Ids
from hub.leases import Lease
from hub.store import Store
from hub.store.timers import Timer, due_timers, next_due, postpone, take_timer

log = logging.getLogger(__name__)
LONGEST_SLEEP: Final = 1.0
"""Seconds: a timer that another process sets is seen this late at most."""
BATCH: Final = 200
AGAIN: Final = timedelta(minutes=1)


class Timers:
    def __init__(self, store: Store, catalog: Catalog, ids: Ids) -> None:
        self._store = store
        self._catalog = catalog
        self._lease = Lease(store, "timers", ids)
        self.fired = 0

    async def run(self) -> None:
        await self._lease.run(self._watch)

    async def _watch(self, epoch: int) -> None:
        while True:
            try:
                await asyncio.sleep(await self._step())
            except Unavailable:
                await asyncio.sleep(LONGEST_SLEEP)

    async def _step(self) -> float:
        """End what is due; gives the seconds until something else may be."""
        now = self._store.clock.now()
        found = await self._store.read(lambda view: due_timers(view, now, BATCH))
        if not found:
            at = await self._store.read(next_due)
            return LONGEST_SLEEP if at is None else min(LONGEST_SLEEP, max(0.0, (at - now).total_seconds()))
        # One transaction each, one commit for all: what fails with one is no matter of the others.
        ends = await asyncio.gather(*(self._end(timer) for timer in found), return_exceptions=True)
        for timer, end in zip(found, ends, strict=True):
            if isinstance(end, Unavailable):
                raise end
            if isinstance(end, Exception):
                await self._postpone(timer, end)
        return 0.0

    async def _end(self, timer: Timer) -> None:
        try:
            await self._store.write(lambda tx: due(tx, self._catalog, timer))
            self.fired += 1
        except Unavailable:
            raise
        except HubError as error:
            # It can never happen any more: the timer goes, and the log says why.
            log.warning("timer %s of %s came to nothing: %s", timer.kind, timer.ref, error)
            await self._store.write(lambda tx: take_timer(tx, timer.timer_id))

    async def _postpone(self, timer: Timer, error: Exception) -> None:
        """A defect. The deadline is kept, and must not hold the others."""
        log.error("timer %s of %s failed, tried again later", timer.kind, timer.ref, exc_info=error)
        later = self._store.clock.now() + AGAIN
        await self._store.write(lambda tx: postpone(tx, timer.timer_id, later))
