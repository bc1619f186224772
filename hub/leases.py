"""Work that runs once in an installation: router, timers, mailbox readers. A standby takes over when a lease lapses."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Final

from hub.errors import Unavailable
from hub.ids import Ids
from hub.store import Store
from hub.store.leases import release_lease, take_lease

log = logging.getLogger(__name__)
RENEW_SECONDS: Final = 2.0
LAPSE_SECONDS: Final = 6.0
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
                epoch = await self._try()
                if epoch is None:
                    await asyncio.sleep(RENEW_SECONDS / 2)
                    continue
                log.info("lease %s taken, epoch %d", self.name, epoch)
                await self._lead(epoch, work)
        finally:
            await self._release()

    async def _lead(self, epoch: int, work: Work) -> None:
        self.epoch = epoch
        working = asyncio.get_running_loop().create_task(work(epoch))
        try:
            renewed = asyncio.get_running_loop().time()
            while not working.done():
                await asyncio.wait({working}, timeout=RENEW_SECONDS)
                if working.done():
                    break
                again = await self._try()
                now = asyncio.get_running_loop().time()
                if again == epoch:
                    renewed = now
                elif again is not None or now - renewed > LAPSE_SECONDS - RENEW_SECONDS:
                    log.warning("lease %s lost", self.name)
                    return
        finally:
            self.epoch = 0
            working.cancel()
            await asyncio.wait({working})
        working.result()

    async def _try(self) -> int | None:
        try:
            return await self._store.write(lambda tx: take_lease(tx, self.name, self._holder, LAPSE_SECONDS))
        except Unavailable:
            return None

    async def _release(self) -> None:
        try:
            await self._store.write(lambda tx: release_lease(tx, self.name, self._holder))
        except Unavailable:
            log.warning("lease %s could not be given back; it lapses by itself", self.name)
