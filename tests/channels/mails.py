"""Mails made on the spot, and an e-mail channel that listens: what the tests of e-mail share."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from channels.email import Email, Settings
from hub.ports import Secret
from tests.channels.cases import tools
from tests.channels.memory_line import FixedClock, MemoryLine

SECRET = Secret("mail-secret-1234567")
USUAL: dict[str, Any] = {
    "address": "help@shop.example",
    "aliases": ("info@shop.example",),
    "secret": SECRET,
    "authserv_id": "mx.shop.example",
    "relay_host": "127.0.0.1",
    "relay_tls": "none",
    "relay_user": "shop",
    "relay_password": Secret("relay-password-123"),
    "relay_seconds": 1.0,
}


def channel(files: object = None, **more: Any) -> Email:
    return Email(Settings(**(USUAL | more)), tools("mail", media=files))


def mail(body: str = "Hello", **headers: str) -> bytes:
    """A plain mail; header names with ``_`` for ``-``; an empty value leaves the header out."""
    usual = {
        "From": "Ana Lima <ana@mail.example>",
        "To": "help@shop.example",
        "Subject": "Invoice",
        "Message_ID": "<m-1@mail.example>",
        "Date": "Tue, 24 Nov 2026 09:14:05 +0000",
    }
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in (usual | headers).items() if value]
    return ("\r\n".join(lines) + "\r\n\r\n" + body.replace("\n", "\r\n") + "\r\n").encode("utf-8", "surrogateescape")


class Listening(NamedTuple):
    channel: Email
    line: MemoryLine

    @property
    def port(self) -> int:
        return self.channel.port


@asynccontextmanager
async def listening(**more: Any) -> AsyncGenerator[Listening]:
    """A channel that takes mail in on a free port, and what it keeps."""
    mailbox = channel(**({"listen_port": 0} | more))
    line = MemoryLine(FixedClock(), "mail")
    task = asyncio.create_task(mailbox.listen(line))
    try:
        await mailbox.listening.wait()
        yield Listening(mailbox, line)
    finally:
        task.cancel()
        await asyncio.wait([task])


class Client:
    """SMTP by hand: for what no library would send."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, text: str | bytes) -> str:
        """Send a line, or bytes as they are; gives the last line of the answer, empty where the peer has hung up."""
        self.writer.write(text if isinstance(text, bytes) else f"{text}\r\n".encode())
        with suppress(ConnectionError):
            await self.writer.drain()
        return await self.hear()

    async def hear(self) -> str:
        with suppress(ConnectionError):
            while line := (await self.reader.readline()).decode():
                if line[3:4] != "-":
                    return line.strip()
        return ""

    async def begin(self, sender: str = "ana@mail.example", to: str = "help@shop.example") -> None:
        """Up to the 354."""
        assert (await self.say("EHLO mail.example")).startswith("250")
        assert (await self.say(f"MAIL FROM:<{sender}>")).startswith("250")
        assert (await self.say(f"RCPT TO:<{to}>")).startswith("250")
        assert (await self.say("DATA")).startswith("354")

    async def post(self, content: bytes, sender: str = "ana@mail.example", to: str = "help@shop.example") -> str:
        await self.begin(sender, to)
        return await self.say(content.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n")


@asynccontextmanager
async def client(port: int) -> AsyncGenerator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    one = Client(reader, writer)
    try:
        yield one
    finally:
        writer.close()
