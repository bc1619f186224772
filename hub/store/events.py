"""The stream: read by position, by customer, by id; keys that prove "once"; commands that were done before."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Row, bindparam, select, tuple_

from hub.events import Event
from hub.ids import ChannelId, CustomerId, EventId, InteractionId
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View

_AFTER: Final = select(t.events).order_by(t.events.c.position)
_NEXT: Final = _AFTER.where(t.events.c.position > bindparam("after")).limit(bindparam("count"))


class Cursor(NamedTuple):
    """Where a timeline page ended: everything older stands before it."""

    shown_at: int
    position: int

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises ValueError."""
        shown, _, position = text.partition(".")
        return cls(int(shown), int(position))

    def __str__(self) -> str:
        return f"{self.shown_at}.{self.position}"


def cursor_of(event: Event) -> Cursor:
    return Cursor(rows.micros(event.shown_at), event.position)


def events_after(view: View, position: int, limit: int) -> list[Event]:
    """The next events of the stream, ascending."""
    found = view.connection.execute(_NEXT, {"after": position, "count": limit})
    return [rows.event_of(row) for row in found.mappings()]


def event(view: View, event_id: str) -> Event | None:
    row = view.connection.execute(select(t.events).where(t.events.c.event_id == event_id)).mappings().first()
    return None if row is None else rows.event_of(row)


def events_by_id(view: View, ids: Collection[str]) -> list[Event]:
    """In the order of the stream."""
    query = _AFTER.where(view.dialect.among(t.events.c.event_id))
    return [rows.event_of(row) for row in view.connection.execute(query, view.dialect.given(ids)).mappings()]


def timeline(
    view: View,
    records: Sequence[CustomerId],
    before: Cursor | None,
    limit: int,
    types: Collection[str] | None = None,
) -> list[Event]:
    """The newest events of a person's records before the cursor, newest first: one range of the table per record."""
    pages = [_page(view, record, before, limit, types) for record in records]
    merged = heapq.merge(*pages, key=cursor_of, reverse=True)
    return [one for one, _ in zip(merged, range(limit), strict=False)]


def _page(
    view: View, record: CustomerId, before: Cursor | None, limit: int, types: Collection[str] | None
) -> list[Event]:
    c = t.events.c
    query = select(t.events).where(c.customer_id == record)
    if before is not None:
        query = query.where(tuple_(c.shown_at, c.position) < tuple_(before.shown_at, before.position))
    if types is not None:
        query = query.where(c.type.in_(sorted(types)))
    query = query.order_by(c.shown_at.desc(), c.position.desc()).limit(limit)
    return [rows.event_of(row) for row in view.connection.execute(query).mappings()]


# keys


ALSO: Final = "also"
"""In place of a type: another id of a message (ports.Incoming.also)."""


class Key(NamedTuple):
    channel_id: str
    external_id: str
    type: str


def add_keys(tx: Tx, keys: dict[Key, EventId]) -> set[Key]:
    """Claim the keys. Returns those that nobody had: the others are duplicates. One statement."""
    # In order, so that two processes that claim the same keys wait for one another instead of deadlocking.
    new = [{**key._asdict(), "event_id": event_id} for key, event_id in sorted(keys.items())]
    return {Key._make(row) for row in tx.dialect.claim(tx.connection, t.keys, new)} if new else set()


def first_of(view: View, keys: Collection[Key]) -> dict[Key, EventId]:
    """The events that hold these keys."""
    c = t.keys.c
    if not keys:
        return {}
    query = select(t.keys).where(view.dialect.among(c.channel_id, c.external_id, c.type))
    found = view.connection.execute(query, view.dialect.given_rows(sorted(set(keys))))
    return {Key(row.channel_id, row.external_id, row.type): EventId(row.event_id) for row in found}


def places(view: View, ids: Collection[str]) -> dict[str, Row[Any, Any, Any, Any, Any]]:
    """Position, customer, interaction and account of events that are committed."""
    c = t.events.c
    query = select(c.event_id, c.position, c.customer_id, c.interaction_id, c.channel_id)
    found = view.connection.execute(query.where(view.dialect.among(c.event_id)), view.dialect.given(ids))
    return {row.event_id: row for row in found}


def by_external(view: View, wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], InteractionId]:
    """(account, provider's id) -> the interaction it belongs to: messages of customers and of ours."""
    c, d, k = t.events.c, t.deliveries.c, t.keys.c
    pairs = sorted(set(wanted))
    if not pairs:
        return {}
    theirs = (
        select(k.channel_id, k.external_id, c.interaction_id)
        .join(t.events, c.event_id == k.event_id)
        .where(view.dialect.among(k.channel_id, k.external_id), k.type.in_(("message.received", ALSO)))
    )
    ours = (
        select(d.channel_id, d.external_id, c.interaction_id)
        .join(t.events, c.event_id == d.event_id)
        .where(view.dialect.among(d.channel_id, d.external_id))
    )
    return {
        (channel, external): InteractionId(interaction)
        for query in (theirs, ours)
        for channel, external, interaction in view.connection.execute(query, view.dialect.given_rows(pairs))
        if interaction is not None
    }


# commands


class Done(NamedTuple):
    event_ids: tuple[EventId, ...]
    interaction_id: InteractionId | None


def done_before(view: View, agent_id: str, client_id: str) -> Done | None:
    """What a command with this client id led to."""
    c = t.commands.c
    query = select(c.event_ids, c.interaction_id).where(c.agent_id == agent_id, c.client_id == client_id)
    row = view.connection.execute(query).first()
    if row is None:
        return None
    return Done(msgspec.json.decode(row.event_ids, type=tuple[EventId, ...]), row.interaction_id)


def remember(tx: Tx, agent_id: str, client_id: str, interaction_id: InteractionId | None) -> None:
    """Note what the running change appended as the outcome of the command."""
    row = {
        "agent_id": agent_id,
        "client_id": client_id,
        "event_ids": rows.text([slot.event_id for slot in tx.appended]),
        "interaction_id": interaction_id,
        "recorded_at": rows.micros(tx.now),
    }
    tx.connection.execute(t.commands.insert(), row)


def answers_since(tx: Tx, records: Sequence[CustomerId], after: int) -> list[Event]:
    """Messages of ours to this person behind a position, those of the running group too."""
    c = t.events.c
    query = _AFTER.where(c.customer_id.in_(records), c.position > after, c.type == "message.queued")
    kept = [rows.event_of(row) for row in tx.connection.execute(query).mappings()]
    fresh = [
        slot.event
        for slot in (*tx.pending, *tx.appended)
        if slot.event.type == "message.queued" and slot.event.customer_id in records
    ]
    return [*kept, *fresh]


def last_received(view: View, interaction_id: InteractionId, customer_id: CustomerId, limit: int) -> list[Event]:
    """The customer's latest messages of an interaction, newest first."""
    c = t.events.c
    query = (
        select(t.events)
        .where(c.customer_id == customer_id, c.interaction_id == interaction_id, c.type == "message.received")
        .order_by(c.shown_at.desc(), c.position.desc())
        .limit(limit)
    )
    return [rows.event_of(row) for row in view.connection.execute(query).mappings()]


def unreadable(view: View, channel_ids: Collection[ChannelId], limit: int) -> list[Event]:
    """Payloads that could not be read, newest first."""
    c = t.events.c
    query = (
        select(t.events)
        .where(c.customer_id == "", c.type == "payload.unreadable", c.channel_id.in_(sorted(channel_ids)))
        .order_by(c.shown_at.desc(), c.position.desc())
        .limit(limit)
    )
    return [rows.event_of(row) for row in view.connection.execute(query).mappings()]
