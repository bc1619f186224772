"""``continuo export``: the whole stream as JSON lines, in order, each with its position."""

from __future__ import annotations

import asyncio
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from config.console import err, write_line
from config.files import ConfigFile, read
from config.migrate import existing_store

BATCH = 2_000


def export(
    *,
    after: Annotated[
        int,
        Parameter(
            help="Begin behind this position: an earlier export ended with it.", validator=Number(gte=0, lt=2**63)
        ),
    ] = 0,
    config: ConfigFile = None,
) -> None:
    """Write every event as one JSON line to standard output. Positions have no gap: the reader can prove it has all."""
    settings = read(config)
    asyncio.run(write(existing_store(settings), after))


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
                write_line(event)
            after, count = batch[-1].position, count + len(batch)
        err.print(f"{count} events, the last at position {after}")
    finally:
        await store.close()
