"""``python -m bench [NAME ...]``: run the benches named, or all; print a table, write results/latest.json.

Exit code 0: all pass; 1: one failed; 3: one was too noisy for a verdict.
"""

from __future__ import annotations

import importlib
import platform
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.harness import Result

NAMES = ("startup", "ingest", "acknowledge", "feed", "timeline", "routing", "kill")
LATEST = Path(__file__).parent / "results" / "latest.json"
COLOURS = {"pass": "green", "fail": "red", "too noisy": "yellow", "measured": "cyan"}


def main(wanted: list[str]) -> int:
    console = Console(highlight=False)
    names = [name for name in NAMES if not wanted or name in wanted]
    if unknown := set(wanted) - set(NAMES):
        console.print(f"no such bench: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
        return 2
    results: list[Result] = []
    for name in names:
        started = time.perf_counter()
        console.print(f"[bold blue]==>[/] bench {name}")
        found = importlib.import_module(f"bench.{name}").run(console.print)
        results.extend(found)
        for result in found:
            console.print(f"    {line(result)}")
        console.print(f"    ({time.perf_counter() - started:.0f} s)")
    console.print(table(results))
    LATEST.write_bytes(msgspec.json.format(msgspec.json.encode({"about": about(), "results": results})))
    verdicts = {result.verdict for result in results}
    return 1 if "fail" in verdicts else 3 if "too noisy" in verdicts else 0


def line(result: Result) -> str:
    goal = "" if result.target is None else f", target {sign(result)} {result.target:g}"
    unit = f" {result.unit}" if result.unit else ""
    return f"{result.name}: {result.ratio:g}{unit} ({result.low:g}-{result.high:g}{goal}) {result.verdict}"


def table(results: list[Result]) -> Table:
    shown = Table(title="Continuo: product / probe, medians")
    for column in ("what", "ratio", "min-max", "target", "verdict", "noise of the probes", "beside it"):
        shown.add_column(column, overflow="fold")
    for result in results:
        shown.add_row(
            result.name,
            f"{result.ratio:g} {result.unit}".strip(),
            f"{result.low:g}-{result.high:g}",
            "" if result.target is None else f"{sign(result)} {result.target:g}",
            f"[{COLOURS[result.verdict]}]{result.verdict}[/]",
            ", ".join(f"{name} x{noise:g}" for name, noise in result.probes.items()),
            ", ".join(f"{name} {value}" for name, value in result.details.items()),
        )
    return shown


def sign(result: Result) -> str:
    return ">=" if result.better == "high" else "<="


def about() -> dict[str, str]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip() or "unknown",
        "python": platform.python_version(),
        "system": platform.platform(),
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
