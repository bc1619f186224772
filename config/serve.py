"""``continuo serve``: run the hub until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import signal
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

from config.console import done, stop
from config.files import ConfigFile, read
from config.settings import Settings
from hub.errors import HubError

log = logging.getLogger(__name__)


def serve(*, config: ConfigFile = None) -> None:
    """Run the hub. SIGTERM or Ctrl+C: open requests end, what waits is written, then it stops."""
    from config.logs import secrets_in, set_up

    settings = read(config)
    set_up(settings.log, secrets_in(settings))
    run_to_the_end(until_stopped(settings))


def run_to_the_end(main: Coroutine[Any, Any, None]) -> None:
    """What the surroundings refuse (a port, a folder, the store) ends the command in words."""
    try:
        run(main)
    except (HubError, OSError, ExceptionGroup) as failed:
        refused = list(leaves(failed))
        if not all(isinstance(one, (HubError, OSError)) for one in refused):
            raise
        stop("; ".join(map(words_of, refused)))


def leaves(failed: Exception) -> Iterator[Exception]:
    if isinstance(failed, ExceptionGroup):
        for one in failed.exceptions:
            yield from leaves(one)
    else:
        yield failed


def words_of(failed: Exception) -> str:
    is_taken = isinstance(failed, OSError) and failed.errno == errno.EADDRINUSE
    return f"{failed}. Is another hub running there?" if is_taken else str(failed)


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
        collect_seldom()
        await stopped.wait()
        log.info("stopping")


def collect_seldom() -> None:
    """What stands since the start is never searched for garbage again, and what a request makes is gone by itself.

    With Python's own thresholds the collector takes a twelfth of a message's time (bench ingest).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


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
