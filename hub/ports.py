"""What the hub asks of the outside: Channel and its optional powers, Bus, Clock, Blobs.

A channel has four required things; every other power is a protocol asked by ``isinstance`` once at start.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple, Protocol, runtime_checkable

import aiohttp
import msgspec
from aiohttp import web

from hub.addresses import Address
from hub.events import Attachment, Data, MessageQueued, MessageReceived
from hub.ids import ChannelId, CustomerId, InteractionId, MediaId, OutboxId, Position


class Clock(Protocol):
    def now(self) -> datetime:
        """UTC, aware."""
        ...


class Secret:
    """A text that never shows itself: not in ``repr``, ``str``, JSON, logs or errors. ``reveal()`` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)


# what a channel can do, as data


class Abilities(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel can do. The composer enforces the limits, the outbox the rate."""

    word: str
    """What people call it: ``Chat``, ``E-mail``."""
    glyph: Literal["chat", "mail", "sms", "call", "whatsapp", "telegram", "system"] = "chat"
    work: Literal["call", "chat", "async", "email"] = "async"
    """Kind of work: its offer limit and its weight (call 10, chat 3, async 2, email 1)."""
    text_limit: int = 8000
    text_unit: Literal["characters", "bytes", "utf16"] = "characters"
    splits: bool = False
    """A longer text is sent in parts; else it is refused with TooLong."""
    subject: bool = False
    html: bool = False
    copies: bool = False
    """cc and bcc."""
    media_types: tuple[str, ...] = ("*/*",)
    media_bytes: int = 20_000_000
    receipts: tuple[Literal["sent", "delivered", "read", "failed"], ...] = ()
    typing: bool = False
    edits: bool = False
    answers: bool = False
    """The provider wants content in the answer to its webhook."""
    window_hours: int | None = None
    rate: float = 10.0
    """Messages per second and account."""
    redelivery_hours: float = 0.0
    """How long the provider repeats a webhook that was not answered with 2xx."""
    repeat: Literal["key", "echo", "none"] = "none"
    """What makes a repeated send safe: an idempotency key, an echo that can be matched, or nothing."""
    body_bytes: int = 1_048_576
    undo_seconds: int = 0
    emits: tuple[str, ...] = ("message.received",)
    """Event types this channel may emit."""


# in


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came. ``headers`` has lower-case names; ``url`` is the configured public one, never from Host."""

    method: str
    action: str = ""
    url: str = ""
    headers: Mapping[str, str] = {}
    query: Mapping[str, str] = {}
    body: bytes = b""
    received_at: datetime


class Blob(msgspec.Struct, frozen=True):
    """Content that the ingest stores before the commit. ``media_id`` is its SHA-256."""

    media_id: MediaId
    content: bytes


class Incoming(msgspec.Struct, frozen=True, kw_only=True):
    """One normalized event as a channel gives it, before identity, interaction and position are known.

    ``external_id`` with channel and type is the key that drops duplicates: mandatory, from the provider or from stable
    fields. ``refs`` are the provider's ids of earlier messages of the thread, best first; ``interaction_id`` comes from
    a token that we signed. ``verified`` says how the sender's address was proven, None if it was not.
    """

    data: Data
    external_id: str
    occurred_at: datetime | None = None
    sender: Address | None = None
    name: str | None = None
    verified: str | None = None
    interaction_id: InteractionId | None = None
    refs: tuple[str, ...] = ()
    also: str | None = None
    """Another id by which later messages may refer to this one, where ``external_id`` is more than that."""
    claims: tuple[Address, ...] = ()
    """Other addresses the customer typed: kept as unverified, merging nothing."""


class Ignored(msgspec.Struct, frozen=True):
    """A part of a payload that is known and needs no event."""

    reason: str


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """What a payload says. Blobs are stored, fsynced, before the events that name them are committed."""

    events: tuple[Incoming, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    blobs: tuple[Blob, ...] = ()


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one Incoming. ``event_id`` is that of the first delivery when ``duplicate``."""

    event_id: str
    position: int
    external_id: str
    duplicate: bool = False
    customer_id: CustomerId | None = None
    interaction_id: InteractionId | None = None


class Ingested(msgspec.Struct, frozen=True, kw_only=True):
    accepted: tuple[Accepted, ...] = ()

    @property
    def duplicate(self) -> bool:
        return bool(self.accepted) and all(item.duplicate for item in self.accepted)


class WebhookAnswer(msgspec.Struct, frozen=True, kw_only=True):
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


class Inbox(Protocol):
    """The one entry of everything that comes in, bound to one channel account."""

    channel_id: ChannelId

    async def accept(self, parsed: Parsed) -> Ingested:
        """Returns after the commit. Raises Unavailable when it was not stored; the sender must repeat it."""
        ...


class Line(Inbox, Protocol):
    """What a channel with its own sockets needs besides: the durable conversation of one address, and hints."""

    async def history(self, address: Address, after: Position, limit: int = 200) -> Conversation:
        """Messages in both directions with this address on this account, ascending, after a position."""
        ...

    def watch(self, address: Address) -> AbstractAsyncContextManager[AsyncIterator[Hint]]:
        """Hints about this address: ``changed`` (read the history again) or a passing signal such as typing."""
        ...

    async def signal(self, address: Address, kind: str, on: bool) -> None:
        """Tell agents something that is not stored (``typing``)."""
        ...

    async def store_media(self, content: AsyncIterator[bytes], name: str, declared_type: str) -> Attachment:
        """Store an upload within the limits of the account. Raises TooLarge or Invalid."""
        ...

    async def open_media(self, media_id: MediaId) -> AsyncIterator[bytes]:
        """The bytes of a stored file. Raises NotFound."""
        ...


class Hint(msgspec.Struct, frozen=True):
    kind: str
    """``changed``, ``typing``."""
    on: bool = True
    name: str = ""
    """Whom the customer sees, for typing."""


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a conversation, as its customer may see it: no note, no routing, no team word."""

    position: int
    event_id: str
    by: Literal["customer", "agent"]
    name: str = ""
    text: str
    at: datetime
    external_id: str | None = None
    """The customer's own client id where the customer said it."""
    status: str = "sent"
    attachments: tuple[Attachment, ...] = ()


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    messages: tuple[Said, ...] = ()
    position: int = 0
    """Head of the stream when read: ask again after this."""
    state: str = "none"
    """``none``, ``waiting``, ``live`` or ``closed``."""
    agent: str = ""
    resync: bool = False
    """The gap was too large; the messages are the newest ones."""


# out


class Outbound(msgspec.Struct, frozen=True, kw_only=True):
    """A message to send. ``outbox_id`` is the idempotency key, constant over retries."""

    outbox_id: OutboxId
    channel_id: ChannelId
    interaction_id: InteractionId
    to: Address
    message: MessageQueued
    from_name: str = ""
    reply_to: str | None = None
    """The provider's id of the customer's message this answers."""
    thread: Mapping[str, Any] = {}
    """What the channel put into ``message.received.thread`` of the latest message."""
    history: tuple[MessageReceived, ...] = ()
    """The customer's latest messages, newest first: for quoting."""
    attempt: int = 1


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """The provider took it."""

    external_id: str
    status: Literal["sent", "delivered"] = "sent"
    address: Address | None = None
    """A new address of the customer, where the provider told one."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    ok: bool
    words: str = ""
    """What is wrong and how to mend it, in a sentence."""


class Tools(NamedTuple):
    """What every channel gets. ``http`` traces, redacts, limits size and time."""

    channel_id: ChannelId
    public_url: str
    """Base of this account's webhooks and sockets: ``https://host/c/<kind>/<channel_id>``."""
    http: aiohttp.ClientSession
    clock: Clock
    media: MediaReader


class MediaReader(Protocol):
    async def read_media(self, media_id: MediaId) -> bytes:
        """The whole content. Raises NotFound."""
        ...


class Channel(Protocol):
    """Required of every channel. The constructor takes ``(settings, tools)``; no globals.

    A channel never writes to the database, finds customers, opens interactions, retries, sleeps, logs secrets or
    starts tasks outside ``listen``.
    """

    kind: ClassVar[str]
    """Equals the module's name."""
    Settings: ClassVar[type]
    """Frozen msgspec struct; secrets typed Secret; every field with a description."""
    abilities: Abilities

    async def send(self, message: Outbound) -> Sent:
        """Hand the message to the provider. Raises SendError only."""
        ...


@runtime_checkable
class ReceivesWebhooks(Protocol):
    def verify(self, request: Webhook) -> None:
        """Pure, constant time. Raises Rejected (Missing where there is no signature)."""
        ...

    def parse(self, request: Webhook) -> Parsed:
        """Pure: no I/O, no clock, no database. Never raises: what it can't read is ``payload.unreadable``."""
        ...


@runtime_checkable
class Answers(Protocol):
    def answer(self, request: Webhook, result: Ingested) -> WebhookAnswer:
        """The body that the provider wants back."""
        ...


@runtime_checkable
class Listens(Protocol):
    async def listen(self, inbox: Inbox) -> None:
        """Run until cancelled: mailbox, SMTP server, polling."""
        ...


@runtime_checkable
class Serves(Protocol):
    async def serve(self, request: web.Request, line: Line) -> web.StreamResponse:
        """Answer ``/c/<kind>/<channel_id>/<action>`` by itself: sockets, uploads, customer pages."""
        ...


@runtime_checkable
class Embeds(Protocol):
    @property
    def embedders(self) -> tuple[str, ...]:
        """Origins of the sites that may show the customer's page in a frame; ``*`` is every site."""
        ...


@runtime_checkable
class Checks(Protocol):
    async def check(self) -> Health:
        """Try the settings before they are used."""
        ...


@runtime_checkable
class SignalsTyping(Protocol):
    async def typing(self, to: Address, on: bool) -> None: ...


# the bus: hints only


class Bus(Protocol):
    """Carries hints. Losing one costs delay, never data; readers also look by themselves every few seconds."""

    async def publish(self, topic: str, payload: bytes) -> None:
        """Never raises: a bus that is down drops the hint and counts it."""
        ...

    def subscribe(self, topic: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Payloads published after the subscription; ``topic`` may end with ``*``. Slow readers lose the oldest."""
        ...


class Blobs(Protocol):
    """Content-addressed files."""

    def put(self, content: bytes) -> MediaId:
        """Store and fsync; the same content twice is one file. Blocking: call it on a thread."""
        ...

    def path(self, media_id: MediaId) -> str:
        """Where the file stands. Raises NotFound."""
        ...
