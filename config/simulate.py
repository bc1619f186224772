"""``continuo simulate``: customers who write to a running hub, through its public entries only."""

from __future__ import annotations

import asyncio
from typing import Annotated

import aiohttp
from cyclopts import Parameter
from cyclopts.validators import Number

from config.console import done, say, stop
from config.files import ConfigFile, read


def simulate(
    *,
    seconds: Annotated[float, Parameter(help="Stop after so many seconds.", validator=Number(gt=0))] = 60.0,
    customers: Annotated[int, Parameter(help="How many different customers.", validator=Number(gte=1))] = 20,
    per_minute: Annotated[float, Parameter(help="New conversations a minute.", validator=Number(gt=0))] = 12.0,
    seed: Annotated[int, Parameter(help="The same seed gives the same stories.")] = 1,
    config: ConfigFile = None,
) -> None:
    """Let simulated customers write by every channel of the settings file. Stops by itself."""
    from config.crowd import crowd_of

    crowd = crowd_of(read(config), seconds=seconds, customers=customers, per_minute=per_minute, seed=seed)
    if not asyncio.run(answers(crowd.settings.hub_url)):
        stop(f"No hub answers at {crowd.settings.hub_url}. Start it with: continuo serve")
    say(f"{customers} customers for {seconds:g} s; Ctrl+C ends it")
    done(asyncio.run(crowd.run()).words())


async def answers(hub: str) -> bool:
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http, http.get(f"{hub}/healthz"):
            return True
    except (OSError, aiohttp.ClientError):
        return False
