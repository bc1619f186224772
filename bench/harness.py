"""Slices, rounds, verdict. One law: a claim is the median of ratios of neighbouring slices, never the best one."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec

NOISE_LIMIT = 3.0
"""A probe that varied more than this (max / min) gives no verdict."""
Verdict = Literal["pass", "fail", "too noisy", "measured"]


class Slice(NamedTuple):
    """Work done in one stretch of time by the processes measured. ``cpu`` in seconds, user and system."""

    work: float
    wall: float
    cpu: float

    @property
    def per_cpu(self) -> float:
        return self.work / self.cpu if self.cpu else 0.0

    @property
    def per_wall(self) -> float:
        return self.work / self.wall if self.wall else 0.0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. ``better``: a ratio should be at least (``high``) or at most (``low``) the target."""

    name: str
    ratio: float
    low: float
    high: float
    target: float | None
    better: Literal["high", "low"] = "high"
    verdict: Verdict
    unit: str = ""
    probes: dict[str, float] = {}
    """Noise of each probe over the run: max / min."""
    details: dict[str, float | int | str] = {}


Run = Callable[[], Slice]


def rounds(product: Run, probe: Run, count: int = 5) -> list[tuple[Slice, Slice]]:
    """Neighbouring slices of product and probe; the order turns with each round. One unmeasured round comes first."""
    product()
    probe()
    pairs = []
    for number in range(count):
        if number % 2:
            second, first = probe(), product()
            pairs.append((first, second))
        else:
            first, second = product(), probe()
            pairs.append((first, second))
    return pairs


def judge(
    name: str,
    ratios: Sequence[float],
    probes: dict[str, Sequence[float]],
    *,
    target: float | None,
    better: Literal["high", "low"] = "high",
    unit: str = "",
    details: dict[str, float | int | str] | None = None,
) -> Result:
    median = statistics.median(ratios)
    noise = {probe: round(spread(values), 2) for probe, values in probes.items()}
    verdict: Verdict = "measured"
    if target is not None:
        holds = median >= target if better == "high" else median <= target
        verdict = "pass" if holds else "fail"
        if any(value > NOISE_LIMIT for value in noise.values()):
            verdict = "too noisy"
    return Result(
        name=name,
        ratio=round(median, 4),
        low=round(min(ratios), 4),
        high=round(max(ratios), 4),
        target=target,
        better=better,
        verdict=verdict,
        unit=unit,
        probes=noise,
        details=details or {},
    )


def by_cpu(
    name: str, product: Run, probe: Run, *, target: float | None, count: int = 5, probe_name: str = "probe"
) -> Result:
    """Work per CPU-second of the product over that of the probe."""
    pairs = rounds(product, probe, count)
    ratios = [mine.per_cpu / limit.per_cpu for mine, limit in pairs if limit.per_cpu]
    return judge(
        name,
        ratios,
        {probe_name: [limit.per_cpu for _, limit in pairs]},
        target=target,
        details={
            "product per cpu second": round(statistics.median(mine.per_cpu for mine, _ in pairs), 1),
            "probe per cpu second": round(statistics.median(limit.per_cpu for _, limit in pairs), 1),
        },
    )


def spread(values: Iterable[float]) -> float:
    known = [value for value in values if value > 0]
    return max(known) / min(known) if known else 0.0


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def cpu_of(pid: int) -> float:
    """CPU seconds of a process, all its threads, from the kernel's books (nanoseconds where it keeps them)."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):
            total += int((task / "schedstat").read_bytes().split()[0])
    return total / 1e9


def resident(pid: int) -> int:
    """Resident memory in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


class Stretch:
    """Measures a block: ``with Stretch(pid) as stretch: ...; slice = stretch.slice(work)``."""

    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __enter__(self) -> Stretch:
        self._cpu, self._wall = cpu_of(self._pid), time.perf_counter()
        return self

    def __exit__(self, *failure: object) -> None:
        self.cpu, self.wall = cpu_of(self._pid) - self._cpu, time.perf_counter() - self._wall

    def slice(self, work: float) -> Slice:
        return Slice(work, self.wall, self.cpu)
