"""What a change may do: read rows, append events. Law: rows change only by the fold of the events appended."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Generic, TypeVar

import msgspec
from sqlalchemy import Connection, select, text

from hub import events as ev
from hub import projection
from hub.events import Event
from hub.identity import persons
from hub.ids import Actor, AgentId, ChannelId, CustomerId, EventId, Ids, InteractionId, OfferId
from hub.interactions import Interaction, Offer
from hub.people import Customer
from hub.projection import AgentNow, Link, OutMessage
from hub.store import links, rows
from hub.store import tables as t
from hub.store.dialect import Dialect

T = TypeVar("T")
_FUTURE: Final = timedelta(minutes=5)
_TAKE: Final = text("UPDATE counter SET position = position + :n WHERE one = 1 RETURNING position")
_BATCH: Final = 500
"""Ids in one IN list: below every database's limit of parameters."""


class View:
    """A transaction that only reads."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self.connection = connection
        self.dialect = dialect


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """An event to append. ``occurred_at`` is the provider's clock, ours when None."""

    data: ev.Data
    actor: Actor
    customer_id: CustomerId | None = None
    interaction_id: InteractionId | None = None
    channel_id: ChannelId | None = None
    external_id: str | None = None
    occurred_at: datetime | None = None
    cause: str | None = None
    event_id: EventId | None = None


class Slot:
    """An appended event. Its position is 0 until the commit: read ``event`` after ``await store.write``."""

    __slots__ = ("data", "event")

    def __init__(self, event: Event, data: ev.Data) -> None:
        self.event = event
        self.data = data

    @property
    def event_id(self) -> EventId:
        return self.event.event_id


class Cache(Generic[T]):
    """Rows of one kind as the group knows them, and over those what the running change has made of them."""

    def __init__(self, kind: rows.Kind[T]) -> None:
        self.kind = kind
        self.known: dict[str, T | None] = {}
        self.changed: dict[str, T] = {}

    def get(self, key: str) -> T | None:
        return self.changed[key] if key in self.changed else self.known.get(key)

    def missing(self, keys: Iterable[str]) -> list[str]:
        return sorted({key for key in keys if key not in self.changed and key not in self.known})

    def put(self, key: str, now: T | None) -> None:
        if now is not None and now is not self.get(key):
            self.changed[key] = now

    def keep(self) -> None:
        self.known.update(self.changed)
        self.changed.clear()


class Tx(View):
    """One group of changes in one transaction. A change sees what earlier ones of the group did."""

    def __init__(self, connection: Connection, dialect: Dialect, now: datetime, ids: Ids) -> None:
        super().__init__(connection, dialect)
        self.now = now
        self.ids = ids
        self.pending: list[Slot] = []
        """Events of the changes that held; they get their positions when the group ends."""
        self.appended: list[Slot] = []
        """Events of the running change."""
        self._interactions = Cache(rows.INTERACTIONS)
        self._offers = Cache(rows.OFFERS)
        self._agents = Cache(rows.AGENTS)
        self._customers = Cache(rows.CUSTOMERS)
        self._links = Cache(rows.LINKS)
        self._deliveries = Cache(rows.DELIVERIES)
        self._caches: tuple[Cache[Any], ...] = (
            self._interactions,
            self._offers,
            self._agents,
            self._customers,
            self._links,
            self._deliveries,
        )

    # rows

    def interaction(self, key: InteractionId) -> Interaction | None:
        return self.interactions((key,)).get(key)

    def interactions(self, keys: Iterable[InteractionId]) -> dict[InteractionId, Interaction]:
        return self._many(self._interactions, keys)

    def offer(self, key: OfferId) -> Offer | None:
        return self._many(self._offers, (key,)).get(key)

    def agent(self, key: AgentId) -> AgentNow | None:
        return self._many(self._agents, (key,)).get(key)

    def customer(self, key: CustomerId) -> Customer | None:
        return self.customers((key,)).get(key)

    def customers(self, keys: Iterable[CustomerId]) -> dict[CustomerId, Customer]:
        return self._many(self._customers, keys)

    def message(self, key: EventId) -> OutMessage | None:
        """What became of a ``message.queued``."""
        return self._many(self._deliveries, (key,)).get(key)

    def link(self, key: str) -> Link | None:
        return self._many(self._links, (key,)).get(key)

    def touched(self) -> Iterable[Interaction]:
        """Interactions the group has in hand, changed or not: queries of the database don't know the changes yet."""
        cache = self._interactions
        keys = cache.known.keys() | cache.changed.keys()
        return (now for key in sorted(keys) if (now := cache.get(key)) is not None)

    def _many(self, cache: Cache[T], keys: Iterable[str]) -> dict[Any, T]:
        keys = tuple(keys)
        for part in batches(cache.missing(keys)):
            self._load(cache, part)
        return {key: now for key in keys if (now := cache.get(key)) is not None}

    def _load(self, cache: Cache[T], keys: list[str]) -> None:
        kind = cache.kind
        query = self.dialect.locked(select(kind.table).where(kind.key.in_(keys)).order_by(kind.key))
        found = self.connection.execute(query).mappings().all()
        cache.known.update(dict.fromkeys(keys))
        if cache is self._customers:
            known = links.addresses_of(self, keys)
            for row in found:
                self._customers.known[row["customer_id"]] = rows.customer(row, known.get(row["customer_id"], ()))
            return
        for row in found:
            cache.known[row[kind.key.name]] = kind.from_row(row)

    # events

    def append(self, *new: New) -> tuple[Slot, ...]:
        """Fold the events into their rows. Raises Conflict when a transition is not allowed; then the change fails."""
        return tuple([self._append(one) for one in new])

    def _append(self, new: New) -> Slot:
        occurred = new.occurred_at or self.now
        event = Event(
            event_id=new.event_id or EventId(self.ids.new()),
            type=ev.TYPES[type(new.data)],
            customer_id=new.customer_id,
            interaction_id=new.interaction_id,
            channel_id=new.channel_id,
            external_id=new.external_id,
            actor=new.actor,
            occurred_at=occurred,
            recorded_at=self.now,
            shown_at=self.now if occurred > self.now + _FUTURE else occurred,
            cause=new.cause,
            data=ev.encode(new.data),
        )
        self._fold(event, new.data)
        slot = Slot(event, new.data)
        self.appended.append(slot)
        return slot

    def _fold(self, event: Event, data: ev.Data) -> None:
        touched = projection.touches(event, data)
        if (key := touched.interaction) is not None:
            self._interactions.put(key, projection.interaction(self.interaction(key), event, data))
        if (offer_id := touched.offer) is not None:
            self._offers.put(offer_id, projection.offer(self.offer(offer_id), event, data))
        if (agent_id := touched.agent) is not None:
            self._agents.put(agent_id, projection.agent(self.agent(agent_id), event, data))
        if (customer_id := touched.customer) is not None:
            self._customers.put(customer_id, projection.customer(self.customer(customer_id), event, data))
        if (message := touched.message) is not None:
            self._deliveries.put(message, projection.delivery(self.message(message), event, data))
        if (link_id := touched.link) is not None:
            self._links.put(link_id, projection.link(self.link(link_id), event, data))
            self._join(link_id)

    def _join(self, link_id: str) -> None:
        """Find out anew who is one person, around a link that came or went."""
        link = self.link(link_id)
        if link is None:
            return
        found = {row.link_id: row for row in links.around(self, (link.customer_id, link.other))}
        found |= {key: now for key, now in self._links.known.items() if now is not None and key in found}
        found |= self._links.changed
        held = [(one.customer_id, one.other) for one in found.values() if one.undone_at is None]
        records = {record for one in found.values() for record in (one.customer_id, one.other)}
        for record, person in persons(records, held).items():
            now = self.customer(record)
            if now is not None and now.person_id != person:
                changed = msgspec.structs.replace(now, person_id=person, version=now.version + 1)
                self._customers.put(record, changed)

    # the writer's side

    def keep(self) -> None:
        """The running change held: write its rows, and let the next change of the group see them."""
        for cache in self._caches:
            if cache.changed:
                self._put(cache)
                cache.keep()
        self._queue_outbox()
        self.pending.extend(self.appended)
        self.appended = []

    def discard(self) -> None:
        """The running change failed: nothing of it stays, and what it loaded may be stale."""
        for cache in self._caches:
            cache.changed.clear()
        self.appended = []

    def finish(self) -> int:
        """Take positions, as the last thing before the commit. Returns the position of the last event, 0 for none."""
        if not self.pending:
            return 0
        count = len(self.pending)
        last = int(self.connection.execute(_TAKE, {"n": count}).scalar_one())
        for number, slot in enumerate(self.pending, last - count + 1):
            slot.event = msgspec.structs.replace(slot.event, position=number)
        self.connection.execute(t.events.insert(), [rows.event_row(slot.event) for slot in self.pending])
        return last

    def _put(self, cache: Cache[T]) -> None:
        changed = list(cache.changed.values())
        self.connection.execute(self.dialect.put(cache.kind.table), [cache.kind.to_row(now) for now in changed])
        if cache is self._customers:
            known = [row for now in self._customers.changed.values() for row in rows.address_rows(now)]
            if known:
                self.connection.execute(self.dialect.put(t.addresses), known)

    def _queue_outbox(self) -> None:
        queued = [
            {
                "outbox_id": slot.data.outbox_id,
                "event_id": slot.event.event_id,
                "channel_id": slot.event.channel_id,
                "interaction_id": slot.event.interaction_id,
                "state": "waiting",
                "attempt": 0,
                "next_try_at": rows.micros(self.now),
                "written": 0,
                "made_at": rows.micros(self.now),
            }
            for slot in self.appended
            if isinstance(slot.data, ev.MessageQueued)
        ]
        if queued:
            self.connection.execute(t.outbox.insert(), queued)


def batches(keys: Sequence[str]) -> Iterable[list[str]]:
    for start in range(0, len(keys), _BATCH):
        yield list(keys[start : start + _BATCH])


Change = Callable[[Tx], T]
