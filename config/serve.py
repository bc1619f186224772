"""``continuo serve``: run the hub until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from config.console import done, stop
from config.files import ConfigFile, read
from config.settings import Settings

log = logging.getLogger(__name__)


def serve(*, config: ConfigFile = None) -> None:
    """Run the hub. SIGTERM or Ctrl+C: open requests end, what waits is written, then it stops."""
    from config.logs import secrets_in, set_up
    from hub.errors import HubError

    settings = read(config)
    set_up(settings.log, secrets_in(settings))
    try:
        run(until_stopped(settings))
    except* HubError as failed:
        stop(str(first(failed)))
    except* OSError as failed:
        stop(f"{first(failed)}. Is another hub running on port {settings.server.port}?")


def run(main: Coroutine[Any, Any, None]) -> None:
    """On uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        log.info("uvloop is not here; asyncio's own loop serves, somewhat slower")
        asyncio.run(main)
    else:
        uvloop.run(main)


async def until_stopped(settings: Settings) -> None:
    from config.wiring import serving

    async with told_to_stop() as stopped, serving(settings) as (_, address):
        done(f"the hub listens on {address} (console: {address}/console/)")
        await stopped.wait()
        log.info("stopping")


@asynccontextmanager
async def told_to_stop() -> AsyncGenerator[asyncio.Event]:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def first(group: BaseException) -> BaseException:
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group
