"""Asserts what must hold while the router runs, counts and reports what does not. Law: it never routes."""

from __future__ import annotations

import logging

from hub.ids import OfferId
from hub.store import Store
from hub.store.routing import offers_without_timer
from routing.invariants import unserved
from routing.kernel import Kernel

log = logging.getLogger(__name__)


class Sweeper:
    def __init__(self, store: Store) -> None:
        self.looks = 0
        self.unserved = 0
        """Interactions found waiting although an agent could take them."""
        self.timerless = 0
        """Open offers found without a timer that would end them."""
        self._store = store
        self._suspects: set[OfferId] = set()

    async def look(self, kernel: Kernel) -> None:
        """Raises Unavailable."""
        self.looks += 1
        for found in unserved(kernel.book):
            self.unserved += 1
            log.error("%s waits although %s could take it", found.interaction_id, found.agent_id)
        now = set(await self._store.read(offers_without_timer))
        # Two looks in a row: one may have caught an offer in the moment its timer ended it.
        for offer_id in sorted(now & self._suspects):
            self.timerless += 1
            log.error("offer %s is open and has no timer", offer_id)
        self._suspects = now
