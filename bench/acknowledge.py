"""The tail of the answer to a webhook, open loop, against the tails of the bare blocks in the same window."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bench.harness import Result, judge, quantile
from bench.ingest import load, running_hub
from bench.probes import ROOT, program, sync_times, until_open
from tests.peers.hub import free_port

RATE = 1_000
SECONDS = 3.0
ROUNDS = 5


def run(say: Callable[[str], None]) -> list[Result]:
    ratios, limits = [], []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT)))
        hub = stack.enter_context(running_hub(folder / "hub"))
        port = free_port()
        stack.enter_context(program("bench.probes", "echo", str(port), hub.api_secret))
        until_open(port)
        load(hub.port, hub.api_secret, seconds=1.0, rate=RATE)
        for _ in range(ROUNDS):
            mine = load(hub.port, hub.api_secret, seconds=SECONDS, rate=RATE)
            limit = load(port, hub.api_secret, seconds=SECONDS, rate=RATE)
            sync = quantile(sync_times(1_000), 0.99)
            tail = quantile(limit.latencies, 0.99)
            ratios.append(quantile(mine.latencies, 0.99) / (tail + sync))
            limits.append(tail + sync)
            say(f"    p99 {quantile(mine.latencies, 0.99) * 1e3:.1f} ms, echo {tail * 1e3:.1f}, sync {sync * 1e3:.1f}")
    return [
        judge(
            f"acknowledgement p99 / (echo p99 + fdatasync p99) at {RATE} messages/s",
            ratios,
            {"echo p99 + fdatasync p99": limits},
            target=5.0,
            better="low",
        )
    ]
