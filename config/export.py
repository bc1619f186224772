"""``continuo export``: the whole stream as JSON lines, in order, each with its position."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import msgspec
from cyclopts import Parameter

from config.console import err
from config.files import ConfigFile, read
from config.migrate import store_url

BATCH = 2_000


def export(
    *,
    after: Annotated[int, Parameter(help="Begin behind this position: an earlier export ended with it.")] = 0,
    config: ConfigFile = None,
) -> None:
    """Write every event as one JSON line to standard output. Positions have no gap: the reader can prove it has all."""
    settings = read(config)
    asyncio.run(write(store_url(settings), after))


async def write(url: str, after: int) -> None:
    from config.clock import SystemClock
    from hub.ids import Ids
    from hub.store import open_store
    from hub.store.events import events_after

    store = open_store(url, SystemClock(), Ids())
    await store.start()
    try:
        count = 0
        while batch := await store.read(lambda view, position=after: events_after(view, position, BATCH)):  # type: ignore[misc]  # the position is bound now
            for event in batch:
                sys.stdout.write(msgspec.json.encode(event).decode() + "\n")
            after, count = batch[-1].position, count + len(batch)
        err.print(f"{count} events, the last at position {after}")
    finally:
        await store.close()
