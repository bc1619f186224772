"""The bare building blocks: what this machine can do at all. Each runs as a process of its own.

``python -m bench.probes NAME PORT ...`` serves; ``Probe`` starts and stops it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from aiohttp import WSMsgType, web

ROOT = Path(__file__).parents[1]


class Message(msgspec.Struct):
    external_id: str
    sender: str = msgspec.field(name="from")
    text: str = ""
    name: str = ""


class Answer(msgspec.Struct):
    external_id: str


async def echo(port: int, secret: str) -> None:
    """The HTTP floor: read, verify the signature, decode into a struct, answer. Nothing is stored."""
    decoder = msgspec.json.Decoder(Message)

    async def handle(request: web.Request) -> web.Response:
        body = await request.read()
        moment, _, digest = request.headers["Continuo-Signature"].removeprefix("t=").partition(",v1=")
        expected = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, digest):
            return web.Response(status=403)
        message = decoder.decode(body)
        content = msgspec.json.encode(Answer(message.external_id))
        return web.Response(body=content, content_type="application/json")

    app = web.Application()
    app.router.add_post("/c/{kind}/{channel}/{action}", handle)
    await serve(app, port)


async def sockets(port: int) -> None:
    """A bare socket server: ``GET /send?n=&bytes=&rate=`` sends so many frames to each client, so many a second."""
    clients: set[web.WebSocketResponse] = set()

    async def live(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(compress=False)
        await ws.prepare(request)
        clients.add(ws)
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                break
        clients.discard(ws)
        return ws

    async def send(request: web.Request) -> web.Response:
        frame, pause = "x" * int(request.query["bytes"]), 1 / float(request.query["rate"])
        planned = time.perf_counter()
        for _ in range(int(request.query["n"])):
            await asyncio.sleep(max(0.0, planned - time.perf_counter()))
            for client in clients:
                await client.send_str(frame)
            planned += pause
        return web.Response(text=str(len(clients)))

    app = web.Application()
    app.router.add_get("/api/live", live)
    app.router.add_get("/send", send)
    await serve(app, port)


async def serve(app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=4096).start()
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()
    await runner.cleanup()


@contextmanager
def program(*words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this bench; ended when the block is left."""
    process = subprocess.Popen([sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


def until_open(port: int, within: float = 20) -> None:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


def sync_times(count: int = 200) -> list[float]:
    """Seconds of a 4 KiB write and fdatasync each."""
    found = []
    with tempfile.NamedTemporaryFile(dir=ROOT) as file:
        for _ in range(count):
            began = time.perf_counter()
            os.pwrite(file.fileno(), b"x" * 4096, 0)
            os.fdatasync(file.fileno())
            found.append(time.perf_counter() - began)
    return found


def main() -> None:
    import uvloop

    name, port, *rest = sys.argv[1:]
    uvloop.run(echo(int(port), rest[0]) if name == "echo" else sockets(int(port)))


if __name__ == "__main__":
    main()
