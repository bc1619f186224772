"""``continuo simulate``: customers who write to a running hub, through its public entries only."""

from __future__ import annotations

import asyncio
from typing import Annotated

from cyclopts import Parameter

from config.console import done, say
from config.files import ConfigFile, read


def simulate(
    *,
    seconds: Annotated[float, Parameter(help="Stop after so many seconds.")] = 60.0,
    customers: Annotated[int, Parameter(help="How many different customers.")] = 20,
    per_minute: Annotated[float, Parameter(help="New conversations a minute.")] = 12.0,
    seed: Annotated[int, Parameter(help="The same seed gives the same stories.")] = 1,
    config: ConfigFile = None,
) -> None:
    """Let simulated customers write by every channel of the settings file. Stops by itself."""
    from config.crowd import crowd_of

    crowd = crowd_of(read(config), seconds=seconds, customers=customers, per_minute=per_minute, seed=seed)
    say(f"{customers} customers for {seconds:g} s; Ctrl+C ends it")
    done(str(asyncio.run(crowd.run())))
