"""Customers with a mail program: real SMTP to the hub, and a small SMTP server of their own that gets the answers."""

from __future__ import annotations

import asyncio
import email
import email.policy
import re
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.utils import format_datetime, formataddr

from channels.kit import stop_listening
from channels.simulator.contacts import Ears, Lost, RefusedMessage
from channels.simulator.settings import SimulatorSettings
from channels.simulator.statistics import Acknowledged, Kind, Statistics
from channels.simulator.stories import Person
from hub.ports import Clock

_AGAIN = 0.5
_LARGEST = 20_000_000
_LINE = 4096


class Sink:
    """The customers' mail server. Every mail goes to the one it is for; others are kept in ``letters``."""

    def __init__(self) -> None:
        self.port = 0
        self.letters: list[tuple[str, tuple[str, ...], bytes]] = []
        """Return path, recipients, content: everything that came, in order."""
        self.arrived = asyncio.Event()
        self._boxes: dict[str, asyncio.Queue[bytes]] = {}
        self._open: set[asyncio.Task[None]] = set()

    def box(self, address: str) -> asyncio.Queue[bytes]:
        return self._boxes.setdefault(address.lower(), asyncio.Queue())

    @asynccontextmanager
    async def open(self, port: int) -> AsyncIterator[Sink]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port, limit=_LARGEST)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            await stop_listening(server)
            for task in self._open:
                task.cancel()
            if self._open:
                await asyncio.wait(self._open)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # whoever hangs up, or is hung up on when the run ends
        finally:
            self._open.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients = "", list[str]()
        writer.write(b"220 customers.example\r\n")
        while line := await reader.readline():
            verb, argument = line[:4].upper(), line[4:_LINE].decode("utf-8", "replace")
            match verb:
                case b"EHLO":
                    answer = b"250-customers.example\r\n250 8BITMIME\r\n"
                case b"MAIL":
                    sender, recipients, answer = _path(argument), [], b"250 OK\r\n"
                case b"RCPT":
                    recipients.append(_path(argument))
                    answer = b"250 OK\r\n"
                case b"DATA":
                    writer.write(b"354 go on\r\n")
                    content = await reader.readuntil(b"\r\n.\r\n")
                    self._deliver(sender, recipients, content[:-3].replace(b"\r\n..", b"\r\n."))
                    answer = b"250 thanks\r\n"
                case b"QUIT":
                    writer.write(b"221 bye\r\n")
                    return
                case _:
                    answer = b"250 OK\r\n"
            writer.write(answer)
            await writer.drain()

    def _deliver(self, sender: str, recipients: list[str], content: bytes) -> None:
        self.letters.append((sender, tuple(recipients), content))
        for recipient in recipients:
            self.box(recipient).put_nowait(content)
        self.arrived.set()


def _path(argument: str) -> str:
    found = re.search(r"<([^<>]*)>", argument)
    return found.group(1) if found else ""


class Mailing:
    kind: Kind = "email"

    def __init__(
        self, *, settings: SimulatorSettings, person: Person, key: str, seen: Statistics, sink: Sink, clock: Clock
    ) -> None:
        self._settings = settings
        self._person = person
        self._key = key
        self._seen = seen
        self._ears = Ears(seen)
        self._clock = clock
        self._count = 0
        self._address = f"{key}@{settings.mail_domain}"
        self._box = sink.box(self._address)
        self._to = settings.mail_to
        self._references: list[str] = []

    async def stay(self) -> None:
        while True:
            self._read(await self._box.get())

    async def say(self, text: str) -> None:
        self._count += 1
        message_id = f"<{self._key}.{self._count}@{self._settings.mail_domain}>"
        mail = self._mail(message_id, text)
        content = mail.as_bytes(policy=email.policy.SMTP)
        self._references.append(message_id)
        tries = 0
        try:
            async with asyncio.timeout(self._settings.retry_seconds):
                while not await asyncio.to_thread(self._hand_over, content):
                    tries += 1
                    await asyncio.sleep(_AGAIN)
        except TimeoutError:
            raise Lost(message_id) from None
        finally:
            self._seen.repeated += tries
        self._seen.acknowledged.append(Acknowledged(kind="email", key=message_id, text=text))

    async def hear(self) -> str:
        return await self._ears.next()

    def _mail(self, message_id: str, text: str) -> EmailMessage:
        person = self._person
        mail = EmailMessage()
        mail["From"] = formataddr((person.name, self._address))
        mail["To"] = self._to
        mail["Subject"] = person.story.subject if self._count == 1 else f"Re: {person.story.subject}"
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = message_id
        if self._references:
            mail["In-Reply-To"] = self._references[-1]
            mail["References"] = " ".join(self._references[-8:])
        mail.set_content(f"{text}\n\n-- \n{person.name}\n")
        return mail

    def _hand_over(self, content: bytes) -> bool:
        """Whether the hub took it. Raises RefusedMessage for a final no."""
        try:
            with smtplib.SMTP(self._settings.smtp_host, self._settings.smtp_port or 0, timeout=30) as smtp:
                smtp.sendmail(self._address, [self._to], content)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code >= 500:
                raise RefusedMessage(str(error)) from None
            return False
        except smtplib.SMTPRecipientsRefused as error:
            if any(code >= 500 for code, _ in error.recipients.values()):
                raise RefusedMessage(str(error)) from None
            return False
        except (smtplib.SMTPException, OSError):
            return False
        return True

    def _read(self, content: bytes) -> None:
        mail = email.message_from_bytes(content, policy=email.policy.default)
        message_id = str(mail["message-id"] or "").strip()
        body = mail.get_body(("plain", "html"))
        text = str(body.get_content()) if body is not None else ""
        if self._ears.take(message_id or text, text):
            self._references.append(message_id)
            self._to = str(mail["reply-to"] or mail["from"]).strip()
