"""A load generator in a process of its own: raw HTTP/1.1 over a few connections, bounded in time and count.

``python -m bench.load SPEC FILE``: SPEC is JSON (``Spec``); FILE gets the ``Report`` as JSON.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

TEXT = "I was charged twice for my last order and would like to have one of the two payments back, please. " * 3


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """``rate`` 0: closed loop, as fast as answers come; else messages a second at times fixed beforehand."""

    port: int
    path: str
    secret: str
    prefix: str
    seconds: float
    connections: int = 64
    rate: float = 0.0
    customers: int = 500


class Report(msgspec.Struct, frozen=True, kw_only=True):
    done: int
    failed: int
    seconds: float
    latencies: list[float]
    """Seconds from the planned moment of each request to its answer."""


def requests(spec: Spec) -> Iterator[bytes]:
    """Signed messages, each with an id of its own (607 bytes of body, about)."""
    secret, number = spec.secret.encode(), 0
    while True:
        number += 1
        body = msgspec.json.encode(
            {
                "external_id": f"{spec.prefix}-{number}",
                "from": f"customer-{number % spec.customers}",
                "name": "Ana Lima",
                "text": TEXT[:480],
            }
        )
        moment = str(int(time.time()))
        digest = hmac.new(secret, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        yield (
            f"POST {spec.path} HTTP/1.1\r\nHost: 127.0.0.1:{spec.port}\r\nContent-Type: application/json\r\n"
            f"Continuo-Signature: t={moment},v1={digest}\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body


class Run:
    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.messages = requests(spec)
        self.done = 0
        self.failed = 0
        self.latencies: list[float] = []

    async def run(self) -> Report:
        began = time.perf_counter()
        end = began + self.spec.seconds
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.spec.connections):
                tasks.create_task(self._open(number, began, end) if self.spec.rate else self._closed(end))
        return Report(done=self.done, failed=self.failed, seconds=time.perf_counter() - began, latencies=self.latencies)

    async def _closed(self, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.spec.port)
        while time.perf_counter() < end:
            await self._one(reader, writer, time.perf_counter())
        writer.close()

    async def _open(self, number: int, began: float, end: float) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.spec.port)
        planned = began + number / self.spec.rate
        while planned < end:
            await asyncio.sleep(max(0.0, planned - time.perf_counter()))
            await self._one(reader, writer, planned)
            planned += self.spec.connections / self.spec.rate
        writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, planned: float) -> None:
        writer.write(next(self.messages))
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        if head.startswith(b"HTTP/1.1 200"):
            self.done += 1
            self.latencies.append(time.perf_counter() - planned)
        else:
            self.failed += 1


def main() -> None:
    import uvloop

    spec = msgspec.json.decode(sys.argv[1], type=Spec)
    Path(sys.argv[2]).write_bytes(msgspec.json.encode(uvloop.run(Run(spec).run())))


if __name__ == "__main__":
    main()
