"""The other side of a channel: a web server and a mail server that answer by script, and misbehave when told to."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from aiohttp import web


class Step(NamedTuple):
    """One scripted answer. ``act`` is what happens instead of, or before, the answer."""

    status: int = 200
    text: str = ""
    retry_after: str | None = None
    act: str = "answer"


def peer(status: int = 200, text: str = "", *, retry_after: float | str | None = None) -> Step:
    return Step(status, text, None if retry_after is None else str(retry_after))


RESETS = Step(act="reset")
HANGS = Step(act="hang")


class Seen(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class HttpPeer:
    """Answers the steps in turn, the last one for ever."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self._steps = list(steps) or [Step()]
        self.seen: list[Seen] = []
        self.url = ""

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["HttpPeer"]:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        asked = {name.lower(): value for name, value in request.headers.items()}
        self.seen.append(Seen(request.method, request.path, asked, body))
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if step.act == "reset":
            assert request.transport is not None
            request.transport.abort()
        elif step.act == "hang":
            await asyncio.Event().wait()
        headers = {"Retry-After": step.retry_after} if step.retry_after else {}
        return web.Response(status=step.status, text=step.text, headers=headers)


class Letter(NamedTuple):
    sender: str
    recipients: tuple[str, ...]
    content: bytes


class SmtpPeer:
    """A mail server. ``script`` says what a verb is answered; ``cut`` hangs up: ``connect``, a verb, or ``end``
    (after the data, before the answer)."""

    def __init__(self, script: dict[str, str] | None = None, *, cut: str = "", hang: str = "") -> None:
        self._script = script or {}
        self._cut = cut
        self._hang = hang
        self.letters: list[Letter] = []
        self.lines: list[str] = []
        self.port = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    @asynccontextmanager
    async def open(self) -> AsyncGenerator["SmtpPeer"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=64_000_000)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        if not await self._say(writer, "connect", "220 peer.example"):
            return
        while line := (await reader.readline()).decode():
            self.lines.append(line.strip())
            verb = line[:4].strip().upper()
            if verb == "MAIL":
                sender, recipients = _path(line), []
            elif verb == "RCPT":
                recipients.append(_path(line))
            usual = (
                "250-peer.example\r\n250-SIZE 60000000\r\n250 AUTH PLAIN LOGIN" if verb == "EHLO" else "250 2.0.0 OK"
            )
            usual = {"DATA": "354 go on", "QUIT": "221 bye", "AUTH": "235 2.7.0 welcome"}.get(verb, usual)
            if not await self._say(writer, verb, usual) or verb == "QUIT":
                return
            if verb == "DATA" and "DATA" not in self._script:
                content = await reader.readuntil(b"\r\n.\r\n")
                if "end" not in self._script:
                    self.letters.append(Letter(sender, tuple(recipients), content[:-3].replace(b"\r\n..", b"\r\n.")))
                if not await self._say(writer, "end", "250 2.0.0 queued"):
                    return

    async def _say(self, writer: asyncio.StreamWriter, moment: str, usual: str) -> bool:
        if self._cut == moment:
            return False
        if self._hang == moment:
            await asyncio.Event().wait()
        writer.write(f"{self._script.get(moment, usual)}\r\n".encode())
        await writer.drain()
        return True


def _path(line: str) -> str:
    found = re.search(r"<([^<>]*)>", line)
    return found.group(1) if found else ""
