"""What people and rules ask for. Every command has a ``client_id``: the same one again gives the same result."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

from hub.events import Attachment, MissCause, Moment, Presence
from hub.ids import AgentId, ChannelId, CustomerId, InteractionId, OfferId, QueueId


class Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    client_id: Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
    """Made by the sender, unique per command: a UUID."""


class SendMessage(Command, frozen=True, kw_only=True):
    """Answer the customer. ``last_seen`` is the last position on the agent's screen (compare-and-send).

    Errors: Changed when another agent sent something since ``last_seen`` and ``anyway`` is not set; NotFound;
    Invalid when text and attachments are both empty, or the channel can't carry them.
    """

    interaction_id: InteractionId
    text: Annotated[str, msgspec.Meta(max_length=100_000)]
    last_seen: int
    anyway: bool = False
    html: Annotated[str, msgspec.Meta(max_length=400_000)] | None = None
    subject: Annotated[str, msgspec.Meta(max_length=998)] | None = None
    cc: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    then: Literal["keep", "close"] = "keep"
    """``close``: send and resolve in one transaction."""


class AddNote(Command, frozen=True, kw_only=True):
    """Tell only the team."""

    customer_id: CustomerId
    interaction_id: InteractionId | None = None
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=100_000)]
    mentions: tuple[AgentId, ...] = ()


class Resend(Command, frozen=True, kw_only=True):
    """Settle an uncertain or failed message: send it again as a new one, or mark it sent or failed."""

    event_id: str
    how: Literal["resend", "mark_sent", "mark_failed"]


class Accept(Command, frozen=True, kw_only=True):
    """Take an offer. Errors: Gone(cause) when it is over; NotFound."""

    offer_id: OfferId


class Decline(Command, frozen=True, kw_only=True):
    offer_id: OfferId
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Take(Command, frozen=True, kw_only=True):
    """Take a waiting interaction by hand; without an id the next one of my queues. Errors: Conflict, NotFound."""

    interaction_id: InteractionId | None = None


class Close(Command, frozen=True, kw_only=True):
    interaction_id: InteractionId


class Snooze(Command, frozen=True, kw_only=True):
    interaction_id: InteractionId
    reason: Literal["waiting_customer", "until", "paused"] = "waiting_customer"
    until: Moment | None = None


class Wake(Command, frozen=True, kw_only=True):
    interaction_id: InteractionId


class Reopen(Command, frozen=True, kw_only=True):
    interaction_id: InteractionId


class Transfer(Command, frozen=True, kw_only=True):
    interaction_id: InteractionId
    queue_id: QueueId
    to: AgentId | None = None
    reason: Annotated[str, msgspec.Meta(max_length=2000)] = ""


class SetPresence(Command, frozen=True, kw_only=True):
    """Choose a status. With work in hand, ``away`` and ``offline`` wait as the next status (glossary.md section 2).

    ``agent_id`` of another agent: only for supervisors; the agent sees by whom and why.
    """

    status: Presence
    reason: Annotated[str, msgspec.Meta(max_length=200)] = ""
    agent_id: AgentId | None = None
    cancel_next: bool = False


class UpdateCustomer(Command, frozen=True, kw_only=True):
    customer_id: CustomerId
    name: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """An offer ran out: from the server's timer, never from a client."""

    offer_id: OfferId
    cause: MissCause
    at: datetime


class Open(Command, frozen=True, kw_only=True):
    """Write first: open an interaction with a customer's address on a channel, in the agent's hand."""

    customer_id: CustomerId
    channel_id: ChannelId
    address: str
