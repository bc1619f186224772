"""The e-mail channel: the contract of ports.Channel over SMTP in both directions."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from channels import kit
from channels.email import letters, sending, writing
from channels.email.letters import Envelope, Household
from channels.email.server import MailServer
from channels.email.settings import Settings as MailSettings
from channels.email.tokens import Tokens
from hub.errors import NotFound, Refused, SendError, TooLong
from hub.ports import Abilities, Health, Inbox, Outbound, Parsed, Sent, Tools

SHORTEST_SECRET = 16
_FILES = 25_000_000


class Email:
    """Listens for mail over SMTP and sends through the company's mail server."""

    kind: ClassVar[str] = "email"
    Settings: ClassVar[type] = MailSettings

    def __init__(self, settings: MailSettings, tools: Tools) -> None:
        self.settings = settings
        self.tools = tools
        self.tokens = Tokens(settings)
        self.household = Household(settings.own(), settings.domain, settings.authserv_id)
        self.port = 0
        """Where mail is taken in, once ``listening`` is set."""
        self.listening = asyncio.Event()
        self.abilities = Abilities(
            word="E-mail",
            glyph="mail",
            work="email",
            text_limit=200_000,
            subject=True,
            html=True,
            copies=True,
            media_bytes=_FILES,
            receipts=("sent", "delivered", "failed"),
            rate=settings.rate,
            repeat="echo",
            body_bytes=settings.message_bytes,
            undo_seconds=5,
            emits=("message.received", "delivery.updated", "payload.unreadable"),
        )

    async def send(self, message: Outbound) -> Sent:
        """Raises SendError only."""
        if len(message.message.text) > self.abilities.text_limit:
            raise TooLong(f"The text is longer than {self.abilities.text_limit} characters.")
        files = []
        for file in message.message.attachments:
            try:
                files.append((file, await self.tools.media.read_media(file.media_id)))
            except NotFound:
                raise Refused(f"The file {file.name} is no longer there.") from None
        if sum(len(content) for _, content in files) > _FILES:
            raise TooLong(f"The files are larger than {_FILES // 1_000_000} MB together.")
        moment = self.tools.clock.now()
        letter = await asyncio.to_thread(writing.write, message, self.settings, self.tokens, files, moment)
        await sending.deliver(letter, self.settings)
        return Sent(external_id=letter.message_id)

    async def listen(self, inbox: Inbox) -> None:
        """Take mail in until cancelled; returns at once without a port. Raises OSError when the port can't be had."""
        if self.settings.listen_port is None:
            return
        async with kit.threads(2, "mail") as run:
            server = MailServer(self.settings, self.tokens, self.parse_mail, inbox, run)
            async with server.open() as port:
                self.port = port
                self.listening.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    self.listening.clear()

    def parse_mail(self, raw: bytes, envelope: Envelope) -> Parsed:
        return letters.parse(raw, self.household, envelope)

    async def check(self) -> Health:
        if len(self.settings.secret.reveal()) < SHORTEST_SECRET:
            return Health(
                ok=False, words=f"The secret is shorter than {SHORTEST_SECRET} characters: make a longer one."
            )
        if not self.settings.relay_host:
            return Health(ok=True, words="No relay_host is set: mail comes in, but answers can't be sent.")
        try:
            async with sending.connection(self.settings) as smtp:
                await smtp.noop()
        except SendError as error:
            return Health(ok=False, words=error.words)
        except sending.SMTP_FAULTS:
            return Health(ok=False, words="The mail server hung up.")
        return Health(ok=True)

    @staticmethod
    def parse_file(content: bytes, name: str) -> Parsed:
        """The events of an .eml file, for an account that owns no address."""
        return letters.parse(content, Household(), Envelope())
