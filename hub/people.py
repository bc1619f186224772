"""What the screens read: agents, customers, rows, pages. Plain data; the store fills it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hub.addresses import AddressKind
from hub.events import Attachment, Event, MissCause, Moment, Presence, Status
from hub.ids import AgentId, ChannelId, CustomerId, InteractionId, QueueId
from hub.interactions import Interaction, Offer

Role = Literal["agent", "supervisor", "admin"]


class AgentState(msgspec.Struct, frozen=True, kw_only=True):
    """An agent as routing and screens see them. ``load`` and ``items`` are derived from interactions and offers."""

    agent_id: AgentId
    name: str
    email: str
    roles: tuple[Role, ...] = ("agent",)
    active: bool = True
    status: Presence = "offline"
    reason: str = ""
    next: str | None = None
    next_reason: str = ""
    reachable: bool = False
    cause: MissCause | None = None
    since: Moment | None = None
    """When this status began."""
    available_since: Moment | None = None
    """When ``available`` was last chosen."""
    capacity: int = 10
    load: int = 0
    queues: tuple[QueueId, ...] = ()
    version: int = 0


class KnownAddress(msgspec.Struct, frozen=True, kw_only=True):
    kind: AddressKind
    value: str
    verified: str | None = None


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """One customer record. ``person_id`` is equal in all records that are linked into one person."""

    customer_id: CustomerId
    person_id: CustomerId
    name: str = ""
    fields: dict[str, str] = {}
    addresses: tuple[KnownAddress, ...] = ()
    version: int = 1


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message of ours; ``event_id`` is its ``message.queued``."""

    event_id: str
    status: Status
    words: str = ""
    at: Moment | None = None
    retry_at: Moment | None = None
    attempt: int = 0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the desk list."""

    interaction: Interaction
    customer_name: str
    person_id: CustomerId


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is writing. Its own object, never part of the interaction; ``version`` rises with each save."""

    interaction_id: InteractionId
    kind: Literal["reply", "note"]
    agent_id: AgentId
    text: str = ""
    html: str | None = None
    attachments: tuple[Attachment, ...] = ()
    version: int = 0
    saved_at: Moment | None = None


class BriefLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the continue brief, with the events that prove it."""

    kind: Literal["wants", "promised", "open", "last"]
    text: str
    events: tuple[str, ...] = ()
    at: Moment | None = None


class TimelinePage(msgspec.Struct, frozen=True, kw_only=True):
    """One request: the newest events of a person (ascending by shown time), brief, deliveries, open work, position."""

    customer: Customer
    events: tuple[Event, ...]
    deliveries: tuple[Delivery, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    """The person's latest interactions, newest first (at most 20)."""
    brief: tuple[BriefLine, ...] = ()
    drafts: tuple[Draft, ...] = ()
    """Of all agents, for these interactions: 'Marta has a draft'."""
    before: str | None = None
    """Cursor of the next older page; None at the beginning."""
    position: int


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    queue_id: QueueId
    name: str
    waiting: int = 0
    offered: int = 0
    live: int = 0
    longest_since: Moment | None = None
    """``age`` of the longest waiting interaction; None when nothing waits."""
    answered_today: int = 0
    members: tuple[AgentId, ...] = ()


class ChannelState(msgspec.Struct, frozen=True, kw_only=True):
    channel_id: ChannelId
    kind: str
    name: str
    abilities: dict[str, Any]
    state: Literal["connected", "degraded", "broken"] = "connected"
    words: str = ""
    last_in: Moment | None = None
    last_out: Moment | None = None
    unreadable: int = 0
    waiting_out: int = 0
    uncertain: int = 0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that a desk shows besides the open timeline, at one position."""

    position: int
    rows: tuple[Row, ...] = ()
    """Every open interaction, and those closed in the last hour by me."""
    offers: tuple[Offer, ...] = ()
    """Open offers."""
    agents: tuple[AgentState, ...] = ()


class Patch(msgspec.Struct, frozen=True, kw_only=True):
    """What brings an older snapshot up to ``position``: events, and the rows they touched as they are now.

    Rows carry a version that only rises: take a row when its version is not lower than yours.
    """

    after: int
    position: int
    events: tuple[Event, ...] = ()
    rows: tuple[Row, ...] = ()
    offers: tuple[Offer, ...] = ()
    """Offers touched; final ones leave the list."""
    agents: tuple[AgentState, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    customers: tuple[Customer, ...] = ()
