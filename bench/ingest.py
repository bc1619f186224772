"""Durable ingest against the HTTP floor, and group commit against one commit per message."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import msgspec

from bench.harness import Result, Slice, Stretch, by_cpu, judge, rounds
from bench.load import Report, Spec
from bench.probes import ROOT, program, until_open
from tests.peers.hub import HubProcess, free_port

SECONDS = 1.5
PATH = "/c/api/shop/messages"
_numbers = count(1)


def run(say: Callable[[str], None]) -> list[Result]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT)))
        hub = stack.enter_context(running_hub(folder / "group"))
        single = stack.enter_context(running_hub(folder / "single", group=1))
        port = free_port()
        echo = stack.enter_context(program("bench.probes", "echo", str(port), hub.api_secret))
        until_open(port)
        say("    the hub and the floor take turns")
        before = counted(hub)
        ingest = by_cpu(
            "durable ingest / HTTP floor, per CPU second",
            lambda: slice_of(hub.port, hub.api_secret, hub.pid),
            lambda: slice_of(port, hub.api_secret, echo.pid),
            target=0.40,
            probe_name="echo + HMAC",
        )
        after = counted(hub)
        say("    groups and single commits take turns")
        group = against_single(hub, single)
        return [ingest, group, *costs(before, after)]


def against_single(hub: HubProcess, single: HubProcess) -> Result:
    pairs = rounds(
        lambda: slice_of(hub.port, hub.api_secret, hub.pid),
        lambda: slice_of(single.port, single.api_secret, single.pid),
    )
    return judge(
        "group commit / commit per message, rate with 64 clients",
        [mine.per_wall / other.per_wall for mine, other in pairs],
        {"commit per message": [other.per_wall for _, other in pairs]},
        target=5.0,
        details={"messages per commit": "see statements"},
    )


def costs(before: dict[str, float], after: dict[str, float]) -> list[Result]:
    """Counts, not times: they have no noise."""
    messages = max(1.0, after["webhooks"] - before["webhooks"])
    found = []
    for name, key in (("SQL statements", "statements"), ("commits (fsyncs of the log)", "commits")):
        per_thousand = 1000 * (after[key] - before[key]) / messages
        found.append(
            judge(
                f"{name} per 1,000 messages",
                [per_thousand],
                {},
                target=None,
                better="low",
                details={"messages": int(messages)},
            )
        )
    return found


def counted(hub: HubProcess) -> dict[str, float]:
    """The hub's own counters."""
    with urllib.request.urlopen(f"{hub.url}/metrics", timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    found = {"statements": 0.0, "commits": 0.0, "webhooks": 0.0}
    for line in lines:
        if line.startswith("continuo_statements_total"):
            found["statements"] = float(line.split()[-1])
        elif line.startswith("continuo_commits_total"):
            found["commits"] = float(line.split()[-1])
        elif line.startswith("continuo_webhooks_total") and 'outcome="accepted"' in line:
            found["webhooks"] += float(line.split()[-1])
    return found


def slice_of(port: int, secret: str, pid: int, seconds: float = SECONDS) -> Slice:
    with Stretch(pid) as stretch:
        report = load(port, secret, seconds=seconds)
    if report.failed:
        raise RuntimeError(f"{report.failed} of {report.failed + report.done} requests were refused")
    return Slice(report.done, report.seconds, stretch.cpu)


def load(port: int, secret: str, *, seconds: float, rate: float = 0.0, connections: int = 64) -> Report:
    spec = Spec(
        port=port,
        path=PATH,
        secret=secret,
        prefix=f"bench-{next(_numbers)}",
        seconds=seconds,
        rate=rate,
        connections=connections,
    )
    with tempfile.NamedTemporaryFile() as file:
        words = [sys.executable, "-m", "bench.load", msgspec.json.encode(spec).decode(), file.name]
        subprocess.run(words, cwd=ROOT, check=True, timeout=60)
        return msgspec.json.decode(Path(file.name).read_bytes(), type=Report)


@contextmanager
def running_hub(folder: Path, *, group: int = 500, store_url: str = "") -> Iterator[HubProcess]:
    folder.mkdir(parents=True)
    hub = HubProcess(folder, store_url=store_url)
    hub.prepare(f"group = {group}")
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()
