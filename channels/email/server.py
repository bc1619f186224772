"""Taking mail in over SMTP, in our own event loop. One law: 250 means that the raw mail and its events are committed.

Everything a peer can make large or slow is bounded: the mail, mails in flight, recipients, connections, time.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from aiosmtpd.smtp import SMTP
from aiosmtpd.smtp import Envelope as SmtpEnvelope
from aiosmtpd.smtp import Session as SmtpSession

from channels.email.letters import Envelope
from channels.email.mime import HEADER_BYTES, header_size
from channels.email.settings import Settings
from channels.email.tokens import Tokens
from channels.kit import Run, stop_listening, unreadable
from hub.errors import HubError
from hub.ports import Inbox, Parsed

_CHUNK: Final = 262_144
_END: Final = b"\r\n.\r\n"
_BUFFER: Final = 65_536
_DRAIN_SECONDS: Final = 5.0
Parse = Callable[[bytes, Envelope], Parsed]


class MailServer:
    def __init__(self, settings: Settings, tokens: Tokens, parse: Parse, inbox: Inbox, run: Run) -> None:
        self.settings = settings
        self._tokens = tokens
        self._parse = parse
        self._inbox = inbox
        self._run = run
        self.sessions: set[Session] = set()
        self.held = 0
        """Bytes of mails that are being received or stored."""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[int]:
        """Gives the port."""
        loop = asyncio.get_running_loop()
        context = self._tls()
        server = await loop.create_server(
            lambda: Session(self, loop, context), self.settings.listen_host, self.settings.listen_port
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            await stop_listening(server)
            await self._close()

    def _tls(self) -> ssl.SSLContext | None:
        if not self.settings.listen_certificate:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.settings.listen_certificate, self.settings.listen_key or None)
        return context

    async def _close(self) -> None:
        """Mails that are being stored are answered first; all else is cut off and comes again."""
        sessions = set(self.sessions)
        with suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                for session in sessions:
                    await session.idle.wait()
        tasks = [task for session in sessions if (task := session.hang_up()) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=_DRAIN_SECONDS)

    # aiosmtpd's handler

    async def handle_RCPT(
        self, server: Session, session: SmtpSession, envelope: SmtpEnvelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= self.settings.recipients:
            return "452 4.5.3 Too many recipients"
        found = self._tokens.read(address)
        if not found.is_ours:
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Session, session: SmtpSession, envelope: SmtpEnvelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes | bytearray)
        said = Envelope(envelope.mail_from, tuple(self._tokens.read(one) for one in envelope.rcpt_tos))
        try:
            parsed = await self._run(_parse, self._parse, content, _null_is_empty(said))
            result = await self._inbox.accept(parsed)
        except HubError as error:
            return f"451 4.3.0 {error.words}"
        position = result.accepted[0].position if result.accepted else 0
        return f"250 2.0.0 Stored as {position}"

    async def refuse_large(self, head: bytes, size: int) -> str:
        """Its headers stay visible to people; the sender learns that it is too large."""
        limit = self.settings.message_bytes
        try:
            parsed = unreadable(
                head, f"it is larger than {limit // 1_000_000} MB; only its headers were kept", size=size
            )
            await self._inbox.accept(parsed)
        except HubError as error:
            return f"451 4.3.0 {error.words}"
        return f"552 5.3.4 The mail is larger than {limit} bytes"

    async def handle_exception(self, error: Exception) -> str:
        """aiosmtpd asks this for everything unforeseen: nothing was acknowledged, so the sender comes again."""
        return "451 4.3.0 Something went wrong here; please try again"


def _parse(parse: Parse, content: bytes | bytearray, envelope: Envelope) -> Parsed:
    return parse(bytes(content).replace(b"\r\n..", b"\r\n.")[2:], envelope)


def _null_is_empty(envelope: Envelope) -> Envelope:
    """A null return path comes as ``<>``."""
    return envelope._replace(sender="") if envelope.sender in (None, "<>") else envelope


class Session(SMTP):
    """One connection. Reads mails in large steps and never holds more than is allowed."""

    line_length_limit = _BUFFER

    def __init__(self, house: MailServer, loop: asyncio.AbstractEventLoop, context: ssl.SSLContext | None) -> None:
        settings = house.settings
        super().__init__(
            house,
            data_size_limit=settings.message_bytes,
            enable_SMTPUTF8=True,
            hostname=settings.domain,
            ident="Continuo",
            tls_context=context,
            timeout=settings.command_seconds,
            loop=loop,
        )
        self.house = house
        self.idle = asyncio.Event()
        self.idle.set()
        self._end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self.house.sessions:
            if len(self.house.sessions) >= self.house.settings.connections:
                assert isinstance(transport, asyncio.WriteTransport)
                transport.write(b"421 4.7.0 Too many connections, please come again later\r\n")
                transport.close()
                return
            self.house.sessions.add(self)
            self._end = self.loop.call_later(self.house.settings.connection_seconds, self.hang_up)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self not in self.house.sessions:
            return
        self.house.sessions.discard(self)
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self in self.house.sessions else False

    def hang_up(self) -> asyncio.Task[None] | None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        return self._handler_coroutine

    async def smtp_DATA(self, arg: str | None) -> None:
        assert self.envelope is not None and self.session is not None
        if await self.check_helo_needed():
            return
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        mail = Receiving(self.house)
        try:
            await self._receive(mail)
            self.idle.clear()
            status = await self._answer(mail, self.session, self.envelope)
            self.envelope = SmtpEnvelope()
            await self.push(status)
        finally:
            mail.release()
            self.idle.set()

    async def _receive(self, mail: Receiving) -> None:
        while not mail.is_complete:
            chunk = await self._reader.read(1 << 24)
            if not chunk:
                raise ConnectionResetError
            rest = mail.take(chunk)
            if rest:
                self._reader.feed_data(rest)

    async def _answer(self, mail: Receiving, session: SmtpSession, envelope: SmtpEnvelope) -> str:
        if mail.is_crowded:
            return "452 4.3.1 Too many mails at once, please come again later"
        if mail.is_too_large:
            return await self.house.refuse_large(mail.head(), mail.size)
        envelope.content = mail.content  # type: ignore[assignment]  # bytes-like, copied on the thread that parses it
        return await self.house.handle_DATA(self, session, envelope)


class Receiving:
    """The bytes of one DATA command. Only CR LF . CR LF ends it: anything else could smuggle a second mail."""

    def __init__(self, house: MailServer) -> None:
        self._house = house
        self.content = bytearray(b"\r\n")  # so that a dot on the first line is like any other
        self.size = 0
        self.is_complete = False
        self.is_crowded = False
        self.is_too_large = False
        self._held = 0

    def take(self, chunk: bytes) -> bytes:
        """Gives what came after the end."""
        before = len(self.content)
        self.content += chunk
        at = self.content.find(_END, max(0, before - len(_END) + 1))
        rest = b""
        if at >= 0:
            self.is_complete = True
            rest = bytes(self.content[at + len(_END) :])
            del self.content[at + 2 :]
        self.size += len(chunk) - len(rest)
        self._hold(len(self.content) - before)
        if self.size > self._house.settings.message_bytes:
            self.is_too_large = True
        if self.is_crowded or self.is_too_large:
            self._forget()
        return rest

    def head(self) -> bytes:
        head = bytes(self.content[2 : HEADER_BYTES + 2])
        return head[: header_size(head)]

    def release(self) -> None:
        self._house.held -= self._held
        self._held = 0

    def _hold(self, more: int) -> None:
        self._held += more
        self._house.held += more
        if self._house.held > self._house.settings.held_bytes:
            self.is_crowded = True

    def _forget(self) -> None:
        """Keep the headers, and the last bytes in which the end may begin."""
        keep = HEADER_BYTES + 2
        if self.is_complete or len(self.content) <= keep + _CHUNK:
            return
        gone = len(self.content) - keep - len(_END)
        del self.content[keep : keep + gone]
        self._hold(-gone)
