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
from hub.store import Store, View
from hub.store.beats import forget_beats, heard, put_beats, unreachable
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
                back = await self._store.read(lambda view, ids=tuple(fresh): unreachable(view, ids))  # type: ignore[misc]  # bound now
                await self._turn(lambda turn, fresh=fresh, back=back: self._keep(turn, fresh, back))  # type: ignore[misc]  # bound now
            except Unavailable:
                self._fresh = {**fresh, **self._fresh}

    def _keep(self, turn: Turn, fresh: dict[AgentId, datetime], back: list[AgentId]) -> None:
        put_beats(turn.tx, self._process, fresh)
        for agent_id in back:
            attendance.seen(turn, agent_id)

    async def _watch(self, epoch: int) -> None:
        """Look for silence. Who has just begun to lead gives everybody time to be heard first."""
        await asyncio.sleep(WRITE_SECONDS + LOOK_SECONDS)
        is_swept = False
        while True:
            try:
                if not is_swept:
                    long_ago = self._store.clock.now() - timedelta(days=1)
                    await self._store.write(lambda tx, long_ago=long_ago: forget_beats(tx, long_ago))  # type: ignore[misc]  # bound now
                    is_swept = True
                await self._look()
            except Unavailable as error:
                log.warning("presence waits for the store: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> None:
        if any(await self._store.read(self._quiet)):
            await self._turn(self._mark)

    def _quiet(self, view: View) -> tuple[list[AgentId], list[AgentId]]:
        """Who has fallen silent, and who is lost."""
        now = self._store.clock.now()
        silent: list[AgentId] = []
        lost: list[AgentId] = []
        for one in heard(view):
            quiet = now - one.seen_at if one.seen_at is not None else LOST
            if quiet >= SILENT and one.now.reachable:
                silent.append(one.now.agent_id)
            if quiet >= LOST and one.now.status != "offline":
                lost.append(one.now.agent_id)
        return silent, lost

    def _mark(self, turn: Turn) -> None:
        """Looked at again where nobody else writes: who was heard meanwhile is left alone."""
        silent, lost = self._quiet(turn.tx)
        for agent_id in silent:
            attendance.silent(turn, agent_id)
        for agent_id in lost:
            attendance.lost(turn, agent_id)

    async def _turn(self, change: Callable[[Turn], None]) -> None:
        await self._store.write(lambda tx: change(Turn(tx, self._catalog)))
