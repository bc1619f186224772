"""Every normalized event. One law: a type is ``noun.past_verb``, its class NounPastVerb, no channel's name inside.

hub/kinds.py says per type how long it is kept, who sees it and what it counts as.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from hub.addresses import Address
from hub.ids import Actor, AgentId, ChannelId, CustomerId, EventId, InteractionId, MediaId, OfferId, OutboxId, QueueId

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""UTC, aware."""

Status = Literal["queued", "sending", "uncertain", "sent", "failed", "delivered", "read"]
Presence = Literal["offline", "available", "away", "missed"]
MissCause = Literal["ignored", "tab_asleep", "no_microphone", "socket_down", "device_lost"]


class Data(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an event says. Unknown fields stay in the stored bytes and are ignored here: old code reads new events."""


class Attachment(Data, frozen=True, kw_only=True):
    """A file of a message. ``size`` in bytes; ``content_id`` names an inline image of a mail (without brackets)."""

    media_id: MediaId
    name: str
    type: str
    size: int
    inline: bool = False
    content_id: str | None = None


class Span(msgspec.Struct, frozen=True, array_like=True):
    """Characters ``start`` up to but without ``end`` of a text."""

    start: int
    end: int


# from channels


class MessageReceived(Data, frozen=True, kw_only=True):
    """A customer said something. ``quoted`` and ``signature`` are folded on screen; the text stays whole."""

    text: str
    sender: Address
    name: str | None = None
    html: str | None = None
    """Sanitised; inline images point to ``/api/media/<media_id>``; remote ones are ``data-src``."""
    subject: str | None = None
    attachments: tuple[Attachment, ...] = ()
    quoted: tuple[Span, ...] = ()
    signature: Span | None = None
    reply_to: str | None = None
    """The provider's id of the message answered."""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    automatic: str | None = None
    """Why no person wrote this (RFC 3834), in a word: ``auto-replied``, ``list`` ... Re-opens and alerts nothing."""
    unverified: bool = False
    """The sender is not proven to be who the address says."""
    duplicate_of: str | None = None
    """Same provider id, other bytes: both are kept and this one is marked."""
    raw: MediaId | None = None
    """The message as it came."""
    thread: dict[str, Any] | None = None
    """Opaque to all but the channel; given back in Outbound."""
    page: str | None = None
    """Web page on which it was written."""


class MessageEdited(Data, frozen=True, kw_only=True):
    message: str
    """The provider's id of the message edited."""
    text: str


class MessageDeleted(Data, frozen=True, kw_only=True):
    message: str


class ReactionAdded(Data, frozen=True, kw_only=True):
    message: str
    emoji: str | None = None
    """None takes the reaction back."""


class DeliveryUpdated(Data, frozen=True, kw_only=True):
    """News of a message of ours. A channel fills ``external`` or ``outbox_id``; ingest fills ``message``."""

    status: Status
    message: EventId | None = None
    """The ``message.queued`` event."""
    outbox_id: OutboxId | None = None
    external: str | None = None
    """The provider's id of our message."""
    code: str | None = None
    words: str | None = None
    """The provider's own words."""
    recipient: str | None = None
    attempt: int = 0
    retry_at: Moment | None = None


class PayloadUnreadable(Data, frozen=True, kw_only=True):
    """A payload that could not be read. The raw bytes are kept and can be parsed again."""

    reason: str
    raw: MediaId | None = None
    size: int = 0
    """Bytes as they came; may exceed what was kept."""
    subject: str | None = None


class CustomerOptedOut(Data, frozen=True, kw_only=True):
    sender: Address
    text: str = ""


# customers


class CustomerFirstSeen(Data, frozen=True, kw_only=True):
    name: str = ""
    address: Address | None = None


class AddressLinked(Data, frozen=True, kw_only=True):
    address: Address
    verified: str | None = None
    """How it was proven, or None."""


class CustomersMerged(Data, frozen=True, kw_only=True):
    """Reversible link: the record ``other`` joins this customer's person."""

    link_id: str
    other: CustomerId
    reason: str
    evidence: dict[str, Any] = {}


class CustomersUnmerged(Data, frozen=True, kw_only=True):
    link_id: str
    other: CustomerId
    reason: str = ""


class CustomerUpdated(Data, frozen=True, kw_only=True):
    name: str | None = None
    fields: dict[str, str] = {}


# interactions


class InteractionCreated(Data, frozen=True, kw_only=True):
    address: Address
    queue_id: QueueId | None = None
    subject: str = ""
    priority: str = "normal"


class InteractionQueued(Data, frozen=True, kw_only=True):
    queue_id: QueueId
    preferred: AgentId | None = None
    reason: str = ""


class InteractionScheduled(Data, frozen=True, kw_only=True):
    not_before: Moment | None = None


class InteractionMoved(Data, frozen=True, kw_only=True):
    queue_id: QueueId
    reason: str = ""


class InteractionAccepted(Data, frozen=True, kw_only=True):
    agent_id: AgentId
    offer_id: OfferId | None = None
    """None: a person took it by hand."""
    before: AgentId | None = None
    """Who held it last, where that was somebody else."""


class InteractionHeld(Data, frozen=True, kw_only=True):
    facet: str = "hold"


class InteractionResumed(Data, frozen=True, kw_only=True):
    agent_id: AgentId
    reason: str = ""
    before: AgentId | None = None
    """Who held it last, where that was somebody else."""


class InteractionSnoozed(Data, frozen=True, kw_only=True):
    reason: Literal["waiting_customer", "until", "paused"] = "waiting_customer"
    until: Moment | None = None


class InteractionTransferred(Data, frozen=True, kw_only=True):
    queue_id: QueueId
    to: AgentId | None = None
    reason: str = ""


class InteractionReturned(Data, frozen=True, kw_only=True):
    cause: str
    queue_id: QueueId
    preferred: AgentId | None = None


class InteractionWrapped(Data, frozen=True, kw_only=True):
    until: Moment | None = None


class InteractionClosed(Data, frozen=True, kw_only=True):
    outcome: str = "completed"


class InteractionReopened(Data, frozen=True, kw_only=True):
    queue_id: QueueId
    preferred: AgentId | None = None


class InteractionAbandoned(Data, frozen=True, kw_only=True):
    cause: str = "left"


class InteractionFlowedOut(Data, frozen=True, kw_only=True):
    reason: str


class InteractionExpired(Data, frozen=True, kw_only=True):
    pass


class InteractionCanceled(Data, frozen=True, kw_only=True):
    reason: str = ""


# offers and routing


class OfferMade(Data, frozen=True, kw_only=True):
    """The decision record stands in ``why``: routing.md section 10, kernel part."""

    offer_id: OfferId
    agent_id: AgentId
    queue_id: QueueId
    deadline: Moment
    weight: int
    why: dict[str, Any] = {}


class OfferAccepted(Data, frozen=True, kw_only=True):
    offer_id: OfferId
    agent_id: AgentId


class OfferDeclined(Data, frozen=True, kw_only=True):
    offer_id: OfferId
    agent_id: AgentId
    reason: str = ""


class OfferTimedOut(Data, frozen=True, kw_only=True):
    offer_id: OfferId
    agent_id: AgentId
    cause: MissCause


class OfferRescinded(Data, frozen=True, kw_only=True):
    offer_id: OfferId
    agent_id: AgentId
    cause: Literal["taken", "customer_left", "moved", "canceled", "status_set"]


class DecisionVoided(Data, frozen=True, kw_only=True):
    decision_id: str
    reason: str


class TimerDue(Data, frozen=True, kw_only=True):
    timer_id: str
    kind: str


# agents' work


class MessageQueued(Data, frozen=True, kw_only=True):
    """Ours, on its way. Committed together with its outbox row."""

    outbox_id: OutboxId
    to: Address
    text: str
    html: str | None = None
    subject: str | None = None
    attachments: tuple[Attachment, ...] = ()
    cc: tuple[str, ...] = ()
    reply_to: str | None = None
    client_id: str | None = None
    resend_of: EventId | None = None


class NoteAdded(Data, frozen=True, kw_only=True):
    """Only the team."""

    text: str
    mentions: tuple[AgentId, ...] = ()
    attachments: tuple[Attachment, ...] = ()


class LabelAdded(Data, frozen=True, kw_only=True):
    label: str


class DispositionSet(Data, frozen=True, kw_only=True):
    code: str
    summary: str = ""


# agents


class AgentPresenceChanged(Data, frozen=True, kw_only=True):
    """The whole presence after the change. Customer and interaction are empty; the agent is ``agent_id``."""

    agent_id: AgentId
    status: Presence
    reason: str = ""
    next: str | None = None
    """Status chosen while busy: ``away`` or ``offline``, with ``next_reason``."""
    next_reason: str = ""
    reachable: bool = True
    cause: MissCause | None = None


class AgentCapacityChanged(Data, frozen=True, kw_only=True):
    agent_id: AgentId
    capacity: int


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The envelope. ``position`` is 0 until the event is recorded; then one gapless ascending number.

    ``occurred_at`` is the provider's clock, ``recorded_at`` ours, ``shown_at`` where it stands on the timeline
    (``occurred_at``, clamped when it lies in the future). ``data`` is the JSON of the class in ``KINDS``.
    """

    event_id: EventId
    position: int = 0
    type: str
    v: int = 1
    customer_id: CustomerId | None = None
    interaction_id: InteractionId | None = None
    channel_id: ChannelId | None = None
    external_id: str | None = None
    actor: Actor
    occurred_at: Moment
    recorded_at: Moment
    shown_at: Moment
    cause: str | None = None
    data: msgspec.Raw

    def read(self) -> Data:
        """The typed data. Raises KeyError for a type this version does not know, msgspec.DecodeError for bad data."""
        data: Data = DECODERS[self.type].decode(self.data)
        return data


def name_of(cls: type[Data]) -> str:
    """``MessageReceived`` is ``message.received``: the noun, then the verb."""
    noun, *verb = (part.lower() for part in re.findall("[A-Z][a-z]+", cls.__name__))
    return f"{noun}.{'_'.join(verb)}"


TYPES: dict[type[Data], str] = {cls: name_of(cls) for cls in Data.__subclasses__() if cls is not Attachment}
DECODERS: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(cls) for cls, name in TYPES.items()}
_encode = msgspec.json.Encoder().encode


def encode(data: Data) -> msgspec.Raw:
    """The stored form of an event's data."""
    return msgspec.Raw(_encode(data))
