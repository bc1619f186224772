"""Who is reachable. The server decides by heartbeats; a closed laptop needs to say nothing (glossary.md section 2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from hub import attendance
from hub.catalog import Catalog
from hub.errors import Unavailable
from hub.ids import AgentId, Ids
from hub.leases import Lease
from hub.store import Store
from hub.store.beats import forget_beats, heard, put_beats
from hub.turn import Turn

log = logging.getLogger(__name__)
SILENT: Final = timedelta(seconds=15)
LOST: Final = timedelta(seconds=attendance.LOST_SECONDS)
WRITE_SECONDS: Final = 5.0
LOOK_SECONDS: Final = 2.0


class Beats:
    """``beat`` for every sign of life of a screen; one bulk write every few seconds per process."""

    def __init__(self, store: Store, catalog: Catalog, ids: Ids) -> None:
        self._store = store
        self._catalog = catalog
        self._process = ids.new()
        self._fresh: dict[AgentId, datetime] = {}
        self._lease = Lease(store, "presence", ids)

    def beat(self, agent_id: AgentId) -> None:
        self._fresh[agent_id] = self._store.clock.now()

    async def arrive(self, agent_id: AgentId) -> None:
        """A live connection has opened: reachable at once."""
        self.beat(agent_id)
        now = self._fresh[agent_id]

        def change(turn: Turn) -> None:
            put_beats(turn.tx, self._process, {agent_id: now})
            attendance.seen(turn, agent_id)

        await self._turn(change)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._write())
            tasks.create_task(self._lease.run(self._watch))

    async def _write(self) -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            fresh, self._fresh = self._fresh, {}
            if not fresh:
                continue
            try:
                await self._turn(lambda turn, fresh=fresh: self._keep(turn, fresh))  # type: ignore[misc]  # bound now
            except Unavailable:
                self._fresh = {**fresh, **self._fresh}

    def _keep(self, turn: Turn, fresh: dict[AgentId, datetime]) -> None:
        put_beats(turn.tx, self._process, fresh)
        for agent_id in sorted(fresh):
            attendance.seen(turn, agent_id)

    async def _watch(self, epoch: int) -> None:
        """Look for silence. Who has just begun to lead gives everybody time to be heard first."""
        await asyncio.sleep(WRITE_SECONDS + LOOK_SECONDS)
        long_ago = self._store.clock.now() - timedelta(days=1)
        await self._store.write(lambda tx: forget_beats(tx, long_ago))
        while True:
            try:
                await self._look()
            except Unavailable as error:
                log.warning("presence waits for the store: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        now = self._store.clock.now()
        for one in await self._store.read(heard):
            quiet = now - one.seen_at if one.seen_at is not None else LOST
            agent_id = one.now.agent_id
            if quiet >= LOST and not one.now.reachable and one.now.status != "offline":
                await self._turn(lambda turn, agent_id=agent_id: attendance.lost(turn, agent_id))  # type: ignore[misc]  # bound now
            elif quiet >= SILENT and one.now.reachable:
                await self._turn(lambda turn, agent_id=agent_id: attendance.silent(turn, agent_id))  # type: ignore[misc]  # bound now

    async def _turn(self, change: Callable[[Turn], None]) -> None:
        await self._store.write(lambda tx: change(Turn(tx, self._catalog)))
