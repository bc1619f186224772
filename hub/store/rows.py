"""How each projection stands in its table: struct to row and back. One entry per kind of row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import Column, RowMapping, Table

from hub.events import Event
from hub.ids import CustomerId
from hub.interactions import Interaction, Offer
from hub.people import Customer, Delivery, KnownAddress
from hub.projection import AgentNow, Link, OutMessage
from hub.ranks import RANKS
from hub.store import tables as t

T = TypeVar("T")
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_encoder: Final = msgspec.json.Encoder()
FINAL_OFFERS: Final = frozenset({"accepted", "declined", "timed_out", "rescinded"})


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def moment(number: int) -> datetime:
    return EPOCH + timedelta(microseconds=number)


def moment_or_none(number: int | None) -> datetime | None:
    return None if number is None else moment(number)


def text(value: Any) -> str:
    """The JSON of a struct as text."""
    return _encoder.encode(value).decode()


class Kind(NamedTuple, Generic[T]):
    """A table whose rows are one struct each."""

    table: Table
    key: Column[str]
    to_row: Callable[[T], dict[str, Any]]
    from_row: Callable[[RowMapping], T]


def _body(cls: type[T]) -> Callable[[RowMapping], T]:
    decoder = msgspec.json.Decoder(cls)
    return lambda row: decoder.decode(row["body"])


def _interaction_row(now: Interaction) -> dict[str, Any]:
    return {
        "interaction_id": now.interaction_id,
        "customer_id": now.customer_id,
        "channel_id": now.channel_id,
        "address": str(now.address),
        "state": now.state,
        "is_open": int(now.is_open),
        "queue_id": now.queue_id,
        "agent_id": now.agent_id,
        "offered_to": now.offered_to,
        "age_start": None if now.age_start is None else micros(now.age_start),
        "last_at": micros(now.last_at),
        "version": now.version,
        "body": text(now),
    }


def _offer_row(now: Offer) -> dict[str, Any]:
    return {
        "offer_id": now.offer_id,
        "interaction_id": now.interaction_id,
        "agent_id": now.agent_id,
        "is_open": int(now.state not in FINAL_OFFERS),
        "body": text(now),
    }


def _agent_row(now: AgentNow) -> dict[str, Any]:
    return {"agent_id": now.agent_id, "capacity": now.capacity, "version": now.version, "body": text(now)}


def _delivery_row(now: OutMessage) -> dict[str, Any]:
    return {
        "event_id": now.event_id,
        "channel_id": now.channel_id,
        "outbox_id": now.outbox_id,
        "external_id": now.external_id,
        "rank": RANKS[now.delivery.status],
        "version": now.version,
        "body": text(now.delivery),
    }


def _delivery(row: RowMapping) -> OutMessage:
    return OutMessage(
        event_id=row["event_id"],
        channel_id=row["channel_id"],
        outbox_id=row["outbox_id"],
        external_id=row["external_id"],
        delivery=_delivery_body.decode(row["body"]),
        version=row["version"],
    )


_delivery_body: Final = msgspec.json.Decoder(Delivery)


def _link_row(now: Link) -> dict[str, Any]:
    return {
        "link_id": now.link_id,
        "customer_id": now.customer_id,
        "other": now.other,
        "reason": now.reason,
        "evidence": text(now.evidence),
        "actor": now.actor,
        "made_at": micros(now.made_at),
        "undone_at": None if now.undone_at is None else micros(now.undone_at),
    }


def _link(row: RowMapping) -> Link:
    return Link(
        link_id=row["link_id"],
        customer_id=row["customer_id"],
        other=row["other"],
        reason=row["reason"],
        evidence=msgspec.json.decode(row["evidence"]),
        actor=row["actor"],
        made_at=moment(row["made_at"]),
        undone_at=moment_or_none(row["undone_at"]),
    )


def _customer_row(now: Customer) -> dict[str, Any]:
    return {
        "customer_id": now.customer_id,
        "person_id": now.person_id,
        "name": now.name,
        "fields": text(now.fields),
        "version": now.version,
    }


def customer(row: RowMapping, addresses: Iterable[RowMapping]) -> Customer:
    known = (KnownAddress(kind=a["kind"], value=a["value"], verified=a["verified"]) for a in addresses)
    return Customer(
        customer_id=row["customer_id"],
        person_id=row["person_id"],
        name=row["name"],
        fields=msgspec.json.decode(row["fields"]),
        addresses=tuple(sorted(known, key=lambda a: (a.kind, a.value))),
        version=row["version"],
    )


def new_addresses(before: Customer | None, now: Customer) -> list[dict[str, Any]]:
    """Rows of the addresses that came or changed: the others may belong to somebody else by now."""
    known = () if before is None else before.addresses
    return [
        {"kind": a.kind, "value": a.value, "customer_id": now.customer_id, "verified": a.verified}
        for a in now.addresses
        if a not in known
    ]


INTERACTIONS: Final = Kind(t.interactions, t.interactions.c.interaction_id, _interaction_row, _body(Interaction))
OFFERS: Final = Kind(t.offers, t.offers.c.offer_id, _offer_row, _body(Offer))
AGENTS: Final = Kind(t.agents, t.agents.c.agent_id, _agent_row, _body(AgentNow))
DELIVERIES: Final = Kind(t.deliveries, t.deliveries.c.event_id, _delivery_row, _delivery)
LINKS: Final = Kind(t.links, t.links.c.link_id, _link_row, _link)
CUSTOMERS: Final = Kind(t.customers, t.customers.c.customer_id, _customer_row, lambda row: customer(row, ()))


def event_row(event: Event) -> dict[str, Any]:
    return {
        "customer_id": event.customer_id or "",
        "shown_at": micros(event.shown_at),
        "position": event.position,
        "event_id": event.event_id,
        "type": event.type,
        "v": event.v,
        "interaction_id": event.interaction_id,
        "channel_id": event.channel_id,
        "external_id": event.external_id,
        "actor": event.actor,
        "occurred_at": micros(event.occurred_at),
        "recorded_at": micros(event.recorded_at),
        "cause": event.cause,
        "data": bytes(event.data).decode(),
    }


def event_of(row: Mapping[str, Any] | RowMapping) -> Event:
    return Event(
        event_id=row["event_id"],
        position=row["position"],
        type=row["type"],
        v=row["v"],
        customer_id=CustomerId(row["customer_id"]) if row["customer_id"] else None,
        interaction_id=row["interaction_id"],
        channel_id=row["channel_id"],
        external_id=row["external_id"],
        actor=row["actor"],
        occurred_at=moment(row["occurred_at"]),
        recorded_at=moment(row["recorded_at"]),
        shown_at=moment(row["shown_at"]),
        cause=row["cause"],
        data=msgspec.Raw(row["data"].encode()),
    )
