"""``kill -9`` under load, many times: acknowledged minus kept is 0, doubled is 0. Counts, no clock."""

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

TRIALS = int(os.environ.get("BENCH_KILLS", "100"))
PER_TRIAL = 120


def run(say: Callable[[str], None]) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT) as folder:
        hub = HubProcess(Path(folder))
        hub.prepare()
        hub.start()
        traffic = Traffic(hub, "bench")
        try:
            asyncio.run(kill_often(hub, traffic, say))
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
        judge("acknowledged messages lost by kill -9", [float(lost)], {}, target=0.0, better="low", details=details),
        judge("messages doubled by kill -9", [float(doubled)], {}, target=0.0, better="low", details=details),
    ]


async def kill_often(hub: HubProcess, traffic: Traffic, say: Callable[[str], None]) -> None:
    chance = random.Random(11)
    sending = asyncio.create_task(traffic.run(TRIALS * PER_TRIAL))
    for number in range(1, TRIALS + 1):
        await traffic.until(min(number * PER_TRIAL, len(traffic.acknowledged) + chance.randrange(1, PER_TRIAL)))
        hub.kill()
        await asyncio.to_thread(hub.start)
        if number % 20 == 0:
            say(f"    {number} kills, {len(traffic.acknowledged)} acknowledged")
    await sending
