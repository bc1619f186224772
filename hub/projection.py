"""The one fold: what each event does to the rows beside the stream. Pure; live writing and rebuild share it."""

from __future__ import annotations

from typing import Any

import msgspec

from hub import events as ev
from hub import interactions as work
from hub.events import Event
from hub.ids import AgentId, CustomerId, EventId, InteractionId, OfferId, OutboxId
from hub.interactions import Interaction, Offer
from hub.people import Customer, Delivery, KnownAddress
from hub.ranks import RANKS


class AgentNow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Presence and capacity of an agent as the stream says. Name and rights stand in the user's record."""

    agent_id: AgentId
    status: ev.Presence = "offline"
    reason: str = ""
    next: str | None = None
    next_reason: str = ""
    reachable: bool = False
    cause: ev.MissCause | None = None
    since: ev.Moment | None = None
    available_since: ev.Moment | None = None
    by: str = ""
    """Actor of the last choice."""
    capacity: int = 10
    version: int = 0


class OutMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message of ours and what became of it."""

    event_id: EventId
    channel_id: str
    outbox_id: OutboxId
    external_id: str | None = None
    delivery: Delivery
    version: int = 1


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A reversible bond between two customer records."""

    link_id: str
    customer_id: CustomerId
    other: CustomerId
    reason: str
    evidence: dict[str, Any]
    actor: str
    made_at: ev.Moment
    undone_at: ev.Moment | None = None


def interaction(now: Interaction | None, event: Event, data: ev.Data) -> Interaction:
    """Raises Conflict for a transition that the table does not list."""
    return work.apply(now, event, data)


def offer(now: Offer | None, event: Event, data: ev.Data) -> Offer | None:
    return work.apply_offer(now, event, data)


def agent(now: AgentNow | None, event: Event, data: ev.Data) -> AgentNow | None:
    match data:
        case ev.AgentPresenceChanged():
            before = now or AgentNow(agent_id=data.agent_id)
            return _present(before, event, data)
        case ev.AgentCapacityChanged(agent_id=agent_id, capacity=capacity):
            before = now or AgentNow(agent_id=agent_id)
            return msgspec.structs.replace(before, capacity=capacity, version=before.version + 1)
        case _:
            return now


def _present(now: AgentNow, event: Event, data: ev.AgentPresenceChanged) -> AgentNow:
    began = data.status != now.status or data.reason != now.reason
    chose = data.status == "available" and event.actor != "system" and data.next is None
    return msgspec.structs.replace(
        now,
        status=data.status,
        reason=data.reason,
        next=data.next,
        next_reason=data.next_reason,
        reachable=data.reachable,
        cause=data.cause,
        since=event.recorded_at if began else now.since,
        available_since=event.recorded_at if chose or (began and data.status == "available") else now.available_since,
        by=str(event.actor) if began else now.by,
        version=now.version + 1,
    )


def customer(now: Customer | None, event: Event, data: ev.Data) -> Customer | None:
    """Name, fields and addresses. Which records make one person follows from the links (hub/identity.py)."""
    if event.customer_id is None:
        return now
    match data:
        case ev.CustomerFirstSeen(name=name):
            if now is not None:
                return now
            return Customer(customer_id=event.customer_id, person_id=event.customer_id, name=name)
        case ev.AddressLinked(address=address, verified=verified) if now is not None:
            others = tuple(a for a in now.addresses if (a.kind, a.value) != (address.kind, address.value))
            known = KnownAddress(kind=address.kind, value=address.value, verified=verified)
            return _changed(now, addresses=tuple(sorted((*others, known), key=lambda a: (a.kind, a.value))))
        case ev.CustomerUpdated(name=name, fields=fields) if now is not None:
            return _changed(now, name=now.name if name is None else name, fields={**now.fields, **fields})
        case _:
            return now


def _changed(now: Customer, **changes: Any) -> Customer:
    return msgspec.structs.replace(now, version=now.version + 1, **changes)


def link(now: Link | None, event: Event, data: ev.Data) -> Link | None:
    match data:
        case ev.CustomersMerged() if now is None and event.customer_id is not None:
            return Link(
                link_id=data.link_id,
                customer_id=event.customer_id,
                other=data.other,
                reason=data.reason,
                evidence=data.evidence,
                actor=str(event.actor),
                made_at=event.recorded_at,
            )
        case ev.CustomersUnmerged() if now is not None and now.undone_at is None:
            return msgspec.structs.replace(now, undone_at=event.recorded_at)
        case _:
            return now


def delivery(now: OutMessage | None, event: Event, data: ev.Data) -> OutMessage | None:
    """Statuses apply forward only, by rank; news of the same rank may bring other words, such as a delay."""
    match data:
        case ev.MessageQueued() if now is None and event.channel_id is not None:
            return OutMessage(
                event_id=event.event_id,
                channel_id=event.channel_id,
                outbox_id=data.outbox_id,
                delivery=Delivery(event_id=event.event_id, status="queued", at=event.recorded_at),
            )
        case ev.DeliveryUpdated() if now is not None:
            return _delivered(now, event, data)
        case _:
            return now


def _delivered(now: OutMessage, event: Event, data: ev.DeliveryUpdated) -> OutMessage:
    was = RANKS[now.delivery.status]
    rank = RANKS[data.status]
    is_again = data.status == "queued" and now.delivery.status in ("queued", "sending")
    is_news = rank == was and bool(data.words) and data.words != now.delivery.words
    if rank <= was and not is_again and not is_news:
        # A status that comes late may still be the one that carries the provider's id.
        is_named = now.external_id is not None or data.external is None
        return now if is_named else msgspec.structs.replace(now, external_id=data.external, version=now.version + 1)
    return msgspec.structs.replace(
        now,
        external_id=data.external or now.external_id,
        delivery=Delivery(
            event_id=now.event_id,
            status=data.status,
            words=data.words or "",
            at=event.recorded_at,
            retry_at=data.retry_at,
            attempt=data.attempt or now.delivery.attempt,
        ),
        version=now.version + 1,
    )


def touches(event: Event, data: ev.Data) -> Touched:
    """Which rows an event may change, by id."""
    offer_id = getattr(data, "offer_id", None) if event.type.startswith("offer.") else None
    agent_id = getattr(data, "agent_id", None) if event.type.startswith("agent.") else None
    link_id = data.link_id if isinstance(data, ev.CustomersMerged | ev.CustomersUnmerged) else None
    message: EventId | None = None
    if isinstance(data, ev.MessageQueued):
        message = event.event_id
    elif isinstance(data, ev.DeliveryUpdated):
        message = data.message
    return Touched(
        interaction=event.interaction_id if _moves(event.type) else None,
        offer=offer_id,
        agent=agent_id,
        customer=event.customer_id if event.type in _CUSTOMER_TYPES else None,
        link=link_id,
        message=message,
    )


class Touched(msgspec.Struct, frozen=True):
    interaction: InteractionId | None
    offer: OfferId | None
    agent: AgentId | None
    customer: CustomerId | None
    link: str | None
    message: EventId | None


_CUSTOMER_TYPES = frozenset({"customer.first_seen", "address.linked", "customer.updated"})


def _moves(kind: str) -> bool:
    return kind in work.TRANSITIONS or kind in ("message.received", "message.queued")
