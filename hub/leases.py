"""Work that runs once in an installation: router, timers, mailbox readers. A standby takes over when a lease lapses."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, Final

from hub.errors import Unavailable
from hub.ids import Ids
from hub.store import Store
from hub.store.leases import is_free, release_lease, take_lease

log = logging.getLogger(__name__)
RENEW_SECONDS: Final = 2.0
LAPSE_SECONDS: Final = 6.0
UNKNOWN: Final = -1
Work = Callable[[int], Coroutine[Any, Any, None]]
"""Gets the epoch."""


class Lease:
    """``run`` keeps trying to hold the lease; while it does, the work runs with the epoch as its fencing number."""

    def __init__(self, store: Store, name: str, ids: Ids) -> None:
        self.name = name
        self.epoch = 0
        """0 while somebody else leads."""
        self._store = store
        self._holder = ids.new()

    async def run(self, work: Work) -> None:
        """Until cancelled. The work is cancelled when the lease could not be renewed in time; then others lead."""
        try:
            while True:
                asked = time.monotonic()
                epoch = await self._try(LAPSE_SECONDS) if await self._is_free() else 0
                if epoch:
                    log.info("lease %s taken, epoch %d", self.name, epoch)
                    await self._lead(epoch, asked + LAPSE_SECONDS, work)
                else:
                    await asyncio.sleep(RENEW_SECONDS / 2)
        finally:
            await self._release()

    async def _lead(self, epoch: int, until: float, work: Work) -> None:
        """``until``: when the lease lapses unless it is renewed, counted from before it was asked for."""
        self.epoch = epoch
        working = asyncio.get_running_loop().create_task(work(epoch))
        try:
            while True:
                await asyncio.wait({working}, timeout=min(RENEW_SECONDS, max(0.0, until - time.monotonic())))
                if working.done():
                    break
                asked = time.monotonic()
                again = await self._try(until - asked)
                if again == epoch:
                    until = asked + LAPSE_SECONDS
                elif again != UNKNOWN or time.monotonic() >= until:
                    log.warning("lease %s lost", self.name)
                    return
        finally:
            self.epoch = 0
            working.cancel()
            await asyncio.wait({working})
        working.result()

    async def _is_free(self) -> bool:
        """A standby only looks: it writes when there is something to take."""
        try:
            return await self._store.read(lambda view: is_free(view, self.name, self._holder))
        except Unavailable:
            return False

    async def _try(self, seconds: float) -> int:
        """Take or renew. Gives the epoch, 0 when somebody else leads, UNKNOWN when the store did not say."""
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                epoch = await self._store.write(lambda tx: take_lease(tx, self.name, self._holder, LAPSE_SECONDS))
        except (Unavailable, TimeoutError):
            return UNKNOWN
        return epoch or 0

    async def _release(self) -> None:
        try:
            await self._store.write(lambda tx: release_lease(tx, self.name, self._holder))
        except Unavailable:
            log.warning("lease %s could not be given back; it lapses by itself", self.name)
