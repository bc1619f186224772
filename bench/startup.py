"""From nothing to the first served request, in time and memory, against the imports that nobody can avoid."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.harness import Result, judge, resident
from bench.probes import ROOT
from tests.peers.hub import HubProcess

FLOOR = "import aiohttp, sqlalchemy, msgspec, redis, uvloop, psycopg"
ROUNDS = 5


def run(say: Callable[[str], None]) -> list[Result]:
    times, memory, floors, floor_memory = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT) as folder:
        hub = HubProcess(Path(folder))
        hub.prepare()
        for number in range(ROUNDS + 1):
            floor, floor_bytes = import_floor()
            began = time.perf_counter()
            hub.start()
            ready = time.perf_counter() - began
            used = resident(hub.pid)
            hub.stop()
            if number:
                times.append(ready / floor)
                memory.append(used / floor_bytes)
                floors.append(floor)
                floor_memory.append(float(floor_bytes))
    say(f"    import floor {floors[-1]:.2f} s, {floor_memory[-1] / 1e6:.0f} MB")
    return [
        judge(
            "start-up to the first answer / import floor, time", times, {"imports": floors}, target=2.0, better="low"
        ),
        judge("start-up / import floor, memory", memory, {"imports": floor_memory}, target=1.5, better="low"),
    ]


def import_floor() -> tuple[float, int]:
    program = f"{FLOOR}\nimport sys\nprint(flush=True)\nsys.stdin.read()"
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seconds = time.perf_counter() - began
        used = resident(process.pid)
        process.communicate()
    return seconds, used
