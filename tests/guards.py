"""What is watched around every test: the event loop, the network, tasks, the environment, and skips.

A guard only takes notes while the test runs; the notes fail it after its last fixture is gone. A held event loop may
be the doing of the machine (a slow disk, a page fault), so a test whose only fault it is runs a second time: code that
holds the loop holds it again.
"""

import asyncio
import ipaddress
import os
import sys
import threading
import time
from asyncio import events, runners
from collections.abc import Generator, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.peers.missing import REQUIRE_ALL, is_everything_required

HELD = "the event loop was held"
LOOP_LIMIT = 0.1  # seconds one callback may hold the event loop
# A queue reading older than this also counts the time before the callback.
STALE = 0.02
NOT_OURS = {"PYTEST_CURRENT_TEST"}
LOCAL_NAMES = {"", "localhost", "ip6-localhost"}


class Notes:
    """What the running test did wrong."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.limit = LOOP_LIMIT
        self.environment: Mapping[str, str] = {}

    def begin(self, item: pytest.Item) -> None:
        self.lines = []
        self.limit = allowed_hold(item)
        self.environment = dict(os.environ)

    def add(self, line: str) -> None:
        self.lines.append(line)

    def end(self) -> list[str]:
        return [*self.lines, *changed_names(self.environment, os.environ)]


notes = Notes()


def allowed_hold(item: pytest.Item) -> float:
    marker = item.get_closest_marker("loop_may_block")
    if marker is None:
        return LOOP_LIMIT
    if "reason" not in marker.kwargs or "seconds" not in marker.kwargs:
        raise pytest.UsageError(f"{item.nodeid}: loop_may_block needs seconds= and reason=")
    return float(marker.kwargs["seconds"])


def changed_names(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    names = sorted((before.keys() | after.keys()) - NOT_OURS)
    return [f"environment variable {name} was left changed" for name in names if before.get(name) != after.get(name)]


class QueueClock(threading.local):
    """Seconds this thread was ready to run but had to wait for a processor, from the kernel's books."""

    read_at = 0.0
    waited = 0.0

    def refresh(self, now: float) -> None:
        if now - self.read_at > STALE:
            self.read_at, self.waited = now, read_queue_wait()

    def since_refresh(self) -> float:
        return read_queue_wait() - self.waited


queue_clock = QueueClock()


def read_queue_wait() -> float:
    try:
        return int(Path("/proc/thread-self/schedstat").read_bytes().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def watch_callbacks() -> None:
    """Times every callback of asyncio's own loop; the time spent waiting for a processor is not counted."""
    run = events.Handle._run

    def timed(handle: events.Handle) -> None:
        started = time.perf_counter()
        queue_clock.refresh(started)
        run(handle)
        held = time.perf_counter() - started
        if held > notes.limit and held - queue_clock.since_refresh() > notes.limit:
            notes.add(f"{HELD} for {held:.3f} s (limit {notes.limit} s) by {describe(handle)}")

    events.Handle._run = timed  # type: ignore[method-assign, assignment]  # the one place every callback passes


def describe(handle: events.Handle) -> str:
    callback = getattr(handle, "_callback", None)
    task = getattr(callback, "__self__", None)
    return repr(task) if isinstance(task, asyncio.Task) else repr(callback)


def watch_tasks() -> None:
    """A runner cancels what is left when it closes; whatever it finds then was forgotten."""
    cancel_all = runners._cancel_all_tasks  # type: ignore[attr-defined]  # where forgotten tasks end

    def noted(loop: asyncio.AbstractEventLoop) -> None:
        for task in asyncio.all_tasks(loop):
            notes.add(f"a task was left pending: {task!r}")
        cancel_all(loop)

    runners._cancel_all_tasks = noted  # type: ignore[attr-defined]  # see above


def watch_network(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook: only this machine may be reached, from any thread."""
    match event:
        case "socket.connect" | "socket.sendto":
            target = arguments[1]
        case "socket.getaddrinfo":
            if is_literal_or_local(arguments[0]):
                return
            target = arguments[:2]
        case _:
            return
    if isinstance(target, tuple) and not is_loopback(target[0]):
        notes.add(f"{event} to {target[0]!r}: tests reach nothing but this machine")
        raise PermissionError(f"{event} to {target[0]!r} is not allowed in tests")


@cache
def is_loopback(host: str | bytes | None) -> bool:
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else host
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return name in LOCAL_NAMES or name.endswith(".localhost")
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback or address.is_unspecified


@cache
def is_literal_or_local(host: str | bytes | None) -> bool:
    """Resolving an address that is already a number asks nobody."""
    name = host.decode() if isinstance(host, bytes) else host
    try:
        ipaddress.ip_address((name or "").partition("%")[0])
    except ValueError:
        return is_loopback(name)
    return True


def pytest_configure() -> None:
    watch_callbacks()
    watch_tasks()
    sys.addaudithook(watch_network)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if is_only_held(reports):
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def is_only_held(reports: Iterable[pytest.TestReport]) -> bool:
    failed = [line for report in reports if report.failed for line in str(report.longrepr).splitlines() if line]
    return bool(failed) and all(line.startswith(HELD) for line in failed)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    notes.begin(item)
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown() -> Generator[None]:
    result = yield
    if found := notes.end():
        pytest.fail("\n".join(found), pytrace=False)
    return result


def forbid_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not is_everything_required() or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{REQUIRE_ALL}=1 allows no skip. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    forbid_skip(report)
    return report
