"""Whom an address belongs to, which interaction a message continues, and a conversation as its customer may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, select

from hub.addresses import Address
from hub.events import Event
from hub.ids import ChannelId, CustomerId, EventId, InteractionId, OutboxId
from hub.interactions import Interaction
from hub.store import rows
from hub.store import tables as t
from hub.store.dialect import Dialect
from hub.store.tx import Tx, View, rows_of

SEEN_BY_CUSTOMERS: Final = ("message.received", "message.queued")


class Owner(NamedTuple):
    customer_id: CustomerId
    verified: str | None


@cache
def _owners(dialect: Dialect) -> Select[Any]:
    c = t.addresses.c
    return select(t.addresses).where(dialect.among(c.kind, c.value))


@cache
def _latest(dialect: Dialect) -> Select[Any]:
    c = t.interactions.c
    query = select(c.channel_id, c.address, c.interaction_id).where(dialect.among(c.channel_id, c.address))
    return query.order_by(c.is_open, c.last_at, c.interaction_id)


def owners(view: View, wanted: Collection[Address]) -> dict[Address, Owner]:
    """The customer records that own these addresses."""
    if not wanted:
        return {}
    pairs = sorted({(one.kind, one.value) for one in wanted})
    found = view.connection.execute(_owners(view.dialect), view.dialect.given_rows(pairs))
    return {Address(row.kind, row.value): Owner(CustomerId(row.customer_id), row.verified) for row in found}


def latest(tx: Tx, wanted: Collection[tuple[ChannelId, Address]]) -> dict[tuple[ChannelId, Address], InteractionId]:
    """The interaction that a new message of this address continues, if any: the open one, else the last one.

    The rows themselves are loaded, and locked, through ``tx.interactions``.
    """
    if not wanted:
        return {}
    names = {(channel, str(address)): (channel, address) for channel, address in wanted}
    found = tx.connection.execute(_latest(tx.dialect), tx.dialect.given_rows(sorted(names)))
    return {names[channel, address]: InteractionId(interaction) for channel, address, interaction in found}


def messages_by_outbox(view: View, ids: Collection[OutboxId]) -> dict[OutboxId, EventId]:
    d = t.deliveries.c
    query = select(d.outbox_id, d.event_id).where(view.dialect.among(d.outbox_id))
    found = view.connection.execute(query, view.dialect.given(ids))
    return {OutboxId(row.outbox_id): EventId(row.event_id) for row in found}


def messages_by_external(view: View, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], EventId]:
    """(account, the provider's id of our message) -> our ``message.queued``."""
    if not wanted:
        return {}
    d = t.deliveries.c
    query = select(d.channel_id, d.external_id, d.event_id).where(view.dialect.among(d.channel_id, d.external_id))
    found = view.connection.execute(query, view.dialect.given_rows(sorted(set(wanted))))
    return {(row.channel_id, row.external_id): EventId(row.event_id) for row in found}


class Talk(NamedTuple):
    """The newest interaction of an address on an account, and all messages of that address there."""

    interaction: Interaction | None
    events: list[Event]
    statuses: dict[str, str]
    is_more: bool


def talk(view: View, channel: ChannelId, address: Address, after: int, limit: int) -> Talk:
    """Messages in both directions behind a position, ascending; at most the newest ``limit``."""
    c, i = t.events.c, t.interactions.c
    query = (
        select(t.interactions)
        .where(i.channel_id == channel, i.address == str(address))
        .order_by(i.last_at.desc(), i.interaction_id.desc())
    )
    known = [rows.INTERACTIONS.from_row(row) for row in view.connection.execute(query).mappings()]
    if not known:
        return Talk(None, [], {}, is_more=False)
    said = (
        select(t.events)
        .where(
            c.customer_id.in_(sorted({one.customer_id for one in known})),
            c.interaction_id.in_([one.interaction_id for one in known]),
            c.type.in_(SEEN_BY_CUSTOMERS),
            c.position > after,
        )
        .order_by(c.position.desc())
        .limit(limit + 1)
    )
    found = [rows.event_of(row) for row in view.connection.execute(said).mappings()]
    newest = sorted(found[:limit], key=lambda one: one.position)
    ours = [one.event_id for one in newest if one.type == "message.queued"]
    return Talk(newest_first(known), newest, statuses_of(view, ours), is_more=len(found) > limit)


def newest_first(known: Iterable[Interaction]) -> Interaction:
    return max(known, key=lambda one: (one.is_open, one.last_at))


def statuses_of(view: View, ids: Collection[str]) -> dict[str, str]:
    return {one.event_id: one.delivery.status for one in rows_of(view, rows.DELIVERIES, ids)}
