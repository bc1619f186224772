"""A customer's mail server: a real SMTP server on this machine that keeps what it gets, in order."""

import asyncio
import email
import email.policy
import email.utils
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Letter:
    """One mail as it was handed over."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        read = email.message_from_bytes(self.content, policy=email.policy.default)
        assert isinstance(read, EmailMessage)
        return read


@dataclass
class MailServer:
    port: int = 0
    letters: list[Letter] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = asyncio.Condition()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        async with self._changed:
            self.letters.append(Letter(envelope.mail_from or "", list(envelope.rcpt_tos), content))
            self._changed.notify_all()
        return "250 OK"

    async def until(self, count: int) -> list[Letter]:
        """Wait until so many mails have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.letters) >= count)
        return self.letters

    @asynccontextmanager
    async def open(self) -> AsyncIterator["MailServer"]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(self, hostname="mail.customers.example", enable_SMTPUTF8=True), "127.0.0.1", 0
        )
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with MailServer().open() as opened:
        yield opened


def send(port: int, message: EmailMessage) -> None:
    """Hand a mail to the hub as a mail program does. Blocking."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.send_message(message)


def letter(
    text: str, *, subject: str = "Where is my order?", sender: str = "Ana Lima <ana@customers.example>"
) -> EmailMessage:
    message = EmailMessage()
    message["From"] = sender
    message["To"] = "support@shop.example"
    message["Subject"] = subject
    message["Message-ID"] = email.utils.make_msgid(domain="customers.example")
    message.set_content(text)
    return message
