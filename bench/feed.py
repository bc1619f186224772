"""Fan-out to consoles against a bare loop of ``send_str``; memory of an idle agent against a bare socket."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.harness import Result, Slice, Stretch, by_cpu, judge, resident
from bench.ingest import load, running_hub
from bench.probes import ROOT, program, until_open
from tests.peers.hub import HubProcess, free_port

CLIENTS = 1_000
RATE = 20
"""Messages, and so frames to each socket, a second: product and probe pay alike for every wake-up of the kernel."""
SECONDS = 1.5


class Listeners:
    """A crowd of sockets on one server."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        assert process.stdout is not None
        process.stdout.readline()

    def counted(self) -> tuple[int, int]:
        """Text frames received so far by all of them, and their bytes."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"?\n")
        self._process.stdin.flush()
        frames, size = self._process.stdout.readline().split()[:2]
        return int(frames), int(size)

    def settled(self) -> tuple[int, int]:
        """The counts once they stand still."""
        before = (-1, -1)
        while (now := self.counted()) != before:
            before = now
            time.sleep(0.1)
        return now


def run(say: Callable[[str], None]) -> list[Result]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=ROOT)))
        hub = stack.enter_context(running_hub(folder / "hub"))
        cookies = sign_in(hub)
        port = free_port()
        bare = stack.enter_context(program("bench.probes", "sockets", str(port)))
        until_open(port)
        load(hub.port, hub.api_secret, seconds=0.5, rate=20)
        before = resident(hub.pid), resident(bare.pid)
        consoles = stack.enter_context(listeners(hub.port, cookies))
        clients = stack.enter_context(listeners(port, []))
        time.sleep(3)
        per_agent, per_socket = (
            (resident(pid) - was) / CLIENTS for pid, was in zip((hub.pid, bare.pid), before, strict=True)
        )
        say(f"    {CLIENTS} sockets: {per_agent / 1024:.1f} KiB an agent, {per_socket / 1024:.1f} KiB a bare one")
        frame = frame_bytes(hub, consoles)
        say(f"    {RATE} messages a second, a patch of {frame} bytes each; the bare loop sends the same bytes as often")
        fan_out = by_cpu(
            "socket fan-out / bare loop, deliveries per CPU second",
            lambda: from_hub(hub, consoles),
            lambda: from_bare(port, bare.pid, clients, frame),
            target=0.70,
            probe_name="send_str loop",
        )
        details: dict[str, float | int | str] = {
            "KiB an agent": round(per_agent / 1024, 1),
            "KiB a socket": round(per_socket / 1024, 1),
        }
        memory = judge(
            "memory per idle agent / bare socket",
            [per_agent / per_socket],
            {},
            target=3.0,
            better="low",
            details=details,
        )
        return [fan_out, memory]


def frame_bytes(hub: HubProcess, consoles: Listeners) -> int:
    """The mean size of the hub's frames under this load."""
    frames, size = consoles.settled()
    load(hub.port, hub.api_secret, seconds=SECONDS, rate=RATE, connections=4)
    more_frames, more = consoles.settled()
    return (more - size) // (more_frames - frames)


def from_hub(hub: HubProcess, consoles: Listeners) -> Slice:
    """Messages come in at a steady rate; each is committed, made a patch, and sent to every console."""
    before, _ = consoles.settled()
    with Stretch(hub.pid) as stretch:
        load(hub.port, hub.api_secret, seconds=SECONDS, rate=RATE, connections=4)
        after, _ = consoles.settled()
    return Slice(after - before, stretch.wall, stretch.cpu)


def from_bare(port: int, pid: int, clients: Listeners, size: int) -> Slice:
    before, _ = clients.settled()
    query = f"n={int(SECONDS * RATE)}&rate={RATE}&bytes={size}"
    with Stretch(pid) as stretch:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/send?{query}", timeout=30) as answer:
            answer.read()
        after, _ = clients.settled()
    return Slice(after - before, stretch.wall, stretch.cpu)


def sign_in(hub: HubProcess) -> list[str]:
    """One agent's session, shared by all sockets: what is measured is the socket, not the sign-in."""
    from tests.peers.hub import PASSWORD

    hub.add_user("bench@example.com", name="Bench")
    body = f'{{"email": "bench@example.com", "password": "{PASSWORD}"}}'.encode()
    headers = {"Content-Type": "application/json", "X-Continuo": "1"}
    request = urllib.request.Request(f"{hub.url}/api/session", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return [answer.headers["Set-Cookie"].partition("=")[2].partition(";")[0]]


@contextmanager
def listeners(port: int, cookies: list[str]) -> Iterator[Listeners]:
    words = [sys.executable, "-m", "bench.crowd", str(port), str(CLIENTS), *cookies]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield Listeners(process)
    finally:
        process.kill()
        process.communicate()
