"""The protocol between the customer's page and the hub: JSON text frames with a tag ``t``, and their events.

The HTTP fallback uses the same structs as bodies, where the tag may be left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from channels.kit import tame
from channels.webchat.settings import TEXT_LIMIT
from hub.addresses import Address, BadAddressText, address
from hub.errors import HubError, Invalid
from hub.events import Attachment, DeliveryUpdated, MessageReceived, Status
from hub.ids import EventId
from hub.ports import Conversation, Incoming, Said

FRAME_BYTES = 65_536
PAGE = 50
"""Messages in one ``history`` frame."""

F = TypeVar("F", bound="Frame")
ClientKey = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Line80 = Annotated[str, msgspec.Meta(max_length=80)]
Token = Annotated[str, msgspec.Meta(max_length=4096)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", forbid_unknown_fields=True):
    pass


# customer -> hub


class Hello(Frame, frozen=True, kw_only=True, tag="hello"):
    """First frame of a socket. ``after``: the last position seen, None for the whole conversation."""

    token: Token
    after: Count | None = None


class Message(Frame, frozen=True, kw_only=True, tag="message"):
    """What the customer says. ``client_id`` makes a repetition harmless; ``attachments`` are tickets from ``upload``.

    ``contact``: no words, only name and e-mail; shown on the timeline, alerting nobody.
    """

    client_id: ClientKey
    text: str = ""
    attachments: Annotated[tuple[Token, ...], msgspec.Meta(max_length=10)] = ()
    page: Annotated[str, msgspec.Meta(max_length=2048)] | None = None
    name: Line80 = ""
    email: Annotated[str, msgspec.Meta(max_length=320)] = ""
    contact: bool = False


class Marks(Frame, frozen=True, kw_only=True, tag="marks"):
    """Everything of ours up to these positions has reached the page, and has been seen."""

    delivered: Count = 0
    read: Count = 0


class Typing(Frame, frozen=True, kw_only=True, tag="typing"):
    """Both ways. ``name`` is whom the customer sees."""

    on: bool
    name: str = ""


class Ping(Frame, frozen=True, kw_only=True, tag="ping"):
    n: Count = 0


ClientFrame = Hello | Message | Marks | Typing | Ping


# hub -> customer


class Ack(Frame, frozen=True, kw_only=True, tag="ack"):
    """The message is committed at this position. ``duplicate``: it was before."""

    client_id: str
    position: int
    duplicate: bool = False


class Wait(Frame, frozen=True, kw_only=True, tag="wait"):
    """Nothing was stored; send the same message again after so many seconds."""

    client_id: str
    after: float
    code: str


class Refused(Frame, frozen=True, kw_only=True, tag="refused"):
    """This message will never be taken."""

    client_id: str
    code: str
    words: str


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message as the page draws it. ``client_id`` stands on the customer's own."""

    position: int
    event_id: str
    by: str
    text: str
    at: datetime
    name: str = ""
    client_id: str | None = None
    status: str = "sent"
    attachments: tuple[Attachment, ...] = ()


class History(Frame, frozen=True, kw_only=True, tag="history"):
    """Messages after the position asked for, ascending. ``resync``: throw away what you have.

    ``position`` is what to ask after next; ``more``: another frame follows at once.
    """

    messages: tuple[Shown, ...]
    position: int
    resync: bool = False
    more: bool = False


class StatusNow(Frame, frozen=True, kw_only=True, tag="status", omit_defaults=True):
    """``none``, ``waiting``, ``live`` or ``closed``, and who speaks."""

    state: str
    agent: str = ""


class Pong(Frame, frozen=True, kw_only=True, tag="pong"):
    n: int


class Trouble(Frame, frozen=True, kw_only=True, tag="error"):
    """Why the socket is about to close."""

    code: str
    words: str


HubFrame = Ack | Wait | Refused | History | StatusNow | Typing | Pong | Trouble

_client = msgspec.json.Decoder(ClientFrame)
_bodies: dict[type[Frame], msgspec.json.Decoder[Any]] = {
    cls: msgspec.json.Decoder(cls) for cls in (Message, Marks, Typing)
}
encode = msgspec.json.Encoder().encode


class Malformed(HubError):
    """This is not a frame of the protocol."""

    status = 400
    code = "malformed"


def read_frame(content: bytes | str) -> ClientFrame:
    """Raises Malformed."""
    try:
        frame: ClientFrame = _client.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Malformed(f"This is not a frame of the protocol: {str(error)[:200]}") from None
    return frame


def read_body(content: bytes, cls: type[F]) -> F:
    """The same frame as a body of the HTTP fallback. Raises Malformed."""
    try:
        body: F = _bodies[cls].decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Malformed(f"This is not a valid body: {str(error)[:200]}") from None
    return body


def said(frame: Message, sender: Address, verified: str | None, name: str, files: tuple[Attachment, ...]) -> Incoming:
    """The event of a message frame. Raises Invalid with the words the customer sees."""
    typed = typed_email(frame.email)
    name = name or tame(frame.name).strip()
    text = tame(frame.text).strip("\n")
    if frame.contact:
        text = "\n".join(part for part in (name, typed.value if typed else "") if part)
    if not text.strip() and not files:
        raise Invalid("The message is empty.", code="empty")
    if len(text) > TEXT_LIMIT:
        raise Invalid(f"The message is longer than {TEXT_LIMIT} characters.", code="too_long")
    return Incoming(
        data=MessageReceived(
            text=text,
            sender=sender,
            name=name or None,
            attachments=files,
            automatic="contact-details" if frame.contact else None,
            page=tame(frame.page) if frame.page else None,
        ),
        external_id=scoped(sender, frame.client_id),
        sender=sender,
        name=name or None,
        verified=verified,
        claims=(typed,) if typed else (),
    )


def typed_email(text: str) -> Address | None:
    """Raises Invalid."""
    if not text.strip():
        return None
    try:
        return address("email", text)
    except BadAddressText:
        raise Invalid("This is not an e-mail address.", code="bad_email") from None


def scoped(sender: Address, client_id: str) -> str:
    """The key of a message: two visits may make the same client id."""
    return f"{sender.value}:{client_id}"


def marked(messages: Iterable[Said], marks: Marks, moment: datetime) -> tuple[Incoming, ...]:
    """News about our messages up to the marks; ``read`` says delivered too. The same mark gives the same keys."""
    events: list[Incoming] = []
    for item in messages:
        if item.by != "agent" or item.status == "read":
            continue
        status: Status | None = None
        if item.position <= marks.read:
            status = "read"
        elif item.position <= marks.delivered and item.status != "delivered":
            status = "delivered"
        if status is not None:
            events.append(_news(item, status, moment))
    return tuple(events)


def _news(item: Said, status: Status, moment: datetime) -> Incoming:
    return Incoming(
        data=DeliveryUpdated(status=status, message=EventId(item.event_id)),
        external_id=f"{item.event_id}:{status}",
        occurred_at=moment,
    )


def shown(item: Said, visitor: Address) -> Shown:
    prefix = f"{visitor.value}:"
    mine = item.by == "customer"
    key = item.external_id.removeprefix(prefix) if mine and item.external_id else None
    return Shown(
        position=item.position,
        event_id=item.event_id,
        by=item.by,
        text=item.text,
        at=item.at,
        name=item.name,
        client_id=key,
        status=item.status,
        attachments=item.attachments,
    )


def pages(talk: Conversation, visitor: Address) -> list[History]:
    """The conversation as history frames of at most PAGE messages; always at least one."""
    items = [shown(item, visitor) for item in talk.messages]
    chunks = [items[start : start + PAGE] for start in range(0, len(items), PAGE)] or [[]]
    last = len(chunks) - 1
    return [
        History(
            messages=tuple(chunk),
            position=talk.position if number == last else chunk[-1].position,
            resync=talk.resync and number == 0,
            more=number != last,
        )
        for number, chunk in enumerate(chunks)
    ]
