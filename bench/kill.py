"""``kill -9`` under load, many times on each store: acknowledged minus kept is 0, doubled is 0. Counts, no clock."""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.harness import Result, judge
from bench.probes import ROOT
from tests.e2e.traffic import Traffic, received
from tests.peers.hub import HubProcess
from tests.peers.postgres import find_programs, running_server

TRIALS = int(os.environ.get("BENCH_KILLS", "100"))
PER_TRIAL = 120


def run(say: Callable[[str], None]) -> list[Result]:
    results = trials("SQLite", "", say)
    programs = find_programs()
    if programs is None:
        say("    no PostgreSQL on this machine: it is left out")
        return results
    with running_server(programs) as server, server.database() as url:
        return results + trials("PostgreSQL", url, say)


def trials(name: str, store_url: str, say: Callable[[str], None]) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT) as folder:
        hub = HubProcess(Path(folder), store_url=store_url)
        hub.prepare()
        hub.start()
        traffic = Traffic(hub, "bench")
        try:
            asyncio.run(kill_often(hub, traffic, lambda words: say(f"    {name}: {words}")))
        finally:
            hub.stop()
        kept = received(hub.command("export"))
    lost = len(traffic.acknowledged - set(kept))
    doubled = len(kept) - len(set(kept))
    details: dict[str, float | int | str] = {
        "kills": TRIALS,
        "acknowledged": len(traffic.acknowledged),
        "repeats": traffic.repeats,
    }
    return [
        judge(f"{name}: messages lost by kill -9", [float(lost)], {}, target=0.0, better="low", details=details),
        judge(f"{name}: messages doubled by kill -9", [float(doubled)], {}, target=0.0, better="low", details=details),
    ]


async def kill_often(hub: HubProcess, traffic: Traffic, say: Callable[[str], None]) -> None:
    chance = random.Random(11)
    sending = asyncio.create_task(traffic.run(TRIALS * PER_TRIAL))
    for number in range(1, TRIALS + 1):
        await traffic.until(min(number * PER_TRIAL, len(traffic.acknowledged) + chance.randrange(1, PER_TRIAL)))
        hub.kill()
        await asyncio.to_thread(hub.start)
        if number % 20 == 0:
            say(f"{number} kills, {len(traffic.acknowledged)} acknowledged")
    await sending
