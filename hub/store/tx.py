"""What a change may do: read rows, append events. Law: rows change only by the fold of the events appended."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Connection, Select, bindparam, select, text

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
from hub.store.cache import Cache
from hub.store.dialect import Dialect

T = TypeVar("T")
_FUTURE: Final = timedelta(minutes=5)
_TAKE: Final = text("UPDATE counter SET position = position + :n WHERE one = 1 RETURNING position")
_BATCH: Final = 500
"""Ids in one IN list: below every database's limit of parameters."""


class View:
    """A transaction that only reads."""

    def __init__(self, connection: Connection, dialect: Dialect) -> None:
        self._connection = connection
        self.dialect = dialect

    @property
    def connection(self) -> Connection:
        return self._connection


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
        self.has_written = False
        """The running change has changed rows by statements of its own."""
        self._is_flushing = False
        self._is_behind = False
        """Kept changes have rows that still wait to be written."""
        self._queued: list[dict[str, Any]] = []
        """Those of the outbox."""
        self._interactions = Cache(rows.INTERACTIONS)
        self._offers = Cache(rows.OFFERS)
        self._agents = Cache(rows.AGENTS)
        self._customers = Cache(rows.CUSTOMERS)
        self._links = Cache(rows.LINKS)
        self._deliveries = Cache(rows.DELIVERIES)
        self._caches: tuple[Cache[Any], ...] = (
            self._customers,
            self._links,
            self._interactions,
            self._offers,
            self._agents,
            self._deliveries,
        )

    @property
    def connection(self) -> Connection:
        """For statements: they find the rows as earlier changes of the group left them."""
        if self._is_behind:
            self.flush()
        return self._connection

    # rows

    def interaction(self, key: InteractionId) -> Interaction | None:
        return self._one(self._interactions, key)

    def interactions(self, keys: Iterable[InteractionId]) -> dict[InteractionId, Interaction]:
        return self._many(self._interactions, keys)

    def offer(self, key: OfferId) -> Offer | None:
        return self._one(self._offers, key)

    def agent(self, key: AgentId) -> AgentNow | None:
        return self._one(self._agents, key)

    def customer(self, key: CustomerId) -> Customer | None:
        return self._one(self._customers, key)

    def customers(self, keys: Iterable[CustomerId]) -> dict[CustomerId, Customer]:
        return self._many(self._customers, keys)

    def message(self, key: EventId) -> OutMessage | None:
        """What became of a ``message.queued``."""
        return self._one(self._deliveries, key)

    def messages(self, keys: Iterable[EventId]) -> dict[EventId, OutMessage]:
        return self._many(self._deliveries, keys)

    def link(self, key: str) -> Link | None:
        return self._one(self._links, key)

    def touched(self) -> Iterable[Interaction]:
        """Interactions the group has in hand, changed or not: queries of the database don't know the changes yet."""
        return self._interactions.touched()

    def new_customer(self) -> CustomerId:
        """An id that nobody has: its row is not looked for."""
        return CustomerId(self._new(self._customers))

    def new_interaction(self) -> InteractionId:
        return InteractionId(self._new(self._interactions))

    def _new(self, cache: Cache[Any]) -> str:
        key = self.ids.new()
        cache.known[key] = None
        return key

    def _many(self, cache: Cache[T], keys: Iterable[str]) -> dict[Any, T]:
        keys = tuple(keys)
        missing = {key for key in keys if key not in cache.known}
        if missing:
            self._load(cache, sorted(missing))
        return {key: now for key in keys if (now := cache.get(key)) is not None}

    def _one(self, cache: Cache[T], key: str) -> T | None:
        if key not in cache.known:
            self._load(cache, [key])
        return cache.get(key)

    def _load(self, cache: Cache[T], keys: list[str]) -> None:
        kind = cache.kind
        if len(keys) == 1:
            found = self._connection.execute(_by_key(kind, self.dialect), {"key": keys[0]}).mappings().all()
        else:
            found = self._connection.execute(_by_keys(kind, self.dialect), self.dialect.given(keys)).mappings().all()
        cache.known.update(dict.fromkeys(keys))
        if cache is self._customers:
            # Only now: a row that had to be waited for may have got addresses meanwhile.
            known = links.addresses_of(self, [row["customer_id"] for row in found])
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
        fresh = self._links.changed
        found = self._held((*fresh.values(), link)) | fresh
        held = [(one.customer_id, one.other) for one in found.values() if one.undone_at is None]
        for record, person in persons(_ends(found.values()), held).items():
            now = self.customer(record)
            if now is not None and now.person_id != person:
                changed = msgspec.structs.replace(now, person_id=person, version=now.version + 1)
                self._customers.put(record, changed)

    def _held(self, seeds: Iterable[Link]) -> dict[str, Link]:
        """All links around these, with their records locked: looked for again until no writer has added one."""
        records = _ends(seeds)
        while True:
            self.customers(records)
            found = {link.link_id: link for link in links.around(self, records)}
            reached = records | _ends(found.values())
            if reached == records:
                return found
            records = reached

    # the writer's side

    def note(self, statement: str) -> None:
        """The writer tells of each statement."""
        if not self._is_flushing and not statement.startswith("SELECT"):
            self.has_written = True

    def hold(self, before: Tx) -> None:
        """Take in order what was taken as it came: two groups that blocked one another can't do so again."""
        for mine, other in zip(self._caches, before._caches, strict=True):
            self._many(mine, other.known)

    def begin(self) -> None:
        """A change begins."""
        self.has_written = False

    def keep(self) -> None:
        """The running change held. Its rows are written when a statement needs them, at the latest when all end."""
        for cache in self._caches:
            if cache.changed:
                cache.keep()
        self._queued += [
            _outbox_row(slot.event, data) for slot in self.appended if isinstance(data := slot.data, ev.MessageQueued)
        ]
        self.pending += self.appended
        self.appended = []
        self._is_behind = True

    def replay(self, event: Event) -> None:
        """Fold an event that the stream has already: the rows follow, nothing is appended or sent.

        Raises Conflict, msgspec.DecodeError for what this version can't fold.
        """
        self._fold(event, event.read())
        self.keep()

    def discard(self) -> None:
        """The running change failed: nothing that it appended stays. Rows it read are held until the commit."""
        for cache in self._caches:
            cache.changed = {}
        self.appended = []

    def finish(self) -> None:
        """Take positions, as the last thing before the commit."""
        if not self.pending:
            return
        self.flush()
        count = len(self.pending)
        last = int(self._connection.execute(_TAKE, {"n": count}).scalar_one())
        for number, slot in enumerate(self.pending, last - count + 1):
            slot.event = msgspec.structs.replace(slot.event, position=number)
        self.dialect.insert(self._connection, t.events, [rows.event_row(slot.event) for slot in self.pending])

    def flush(self) -> None:
        """Write the rows of the changes that were kept."""
        self._is_flushing = True
        try:
            for cache in self._caches:
                if cache.waiting:
                    self._write(cache)
            if self._queued:
                self.dialect.insert(self._connection, t.outbox, self._queued)
                self._queued = []
            self._is_behind = False
        finally:
            self._is_flushing = False

    def _write(self, cache: Cache[T]) -> None:
        table, to_row, known = cache.kind.table, cache.kind.to_row, cache.known
        # A row that another process has made meanwhile clashes here, and the work is done again on what it made.
        made = [to_row(now) for key, now in cache.waiting.items() if known.get(key) is None]
        changed = [to_row(now) for key, now in cache.waiting.items() if known.get(key) is not None]
        if made:
            self.dialect.insert(self._connection, table, made)
        if changed:
            self.dialect.replace(self._connection, table, changed)
        if cache is self._customers:
            self._write_addresses(self._customers)
        cache.written()

    def _write_addresses(self, cache: Cache[Customer]) -> None:
        news = [row for key, now in cache.waiting.items() for row in rows.new_addresses(cache.known.get(key), now)]
        if news:
            self.dialect.replace(self._connection, t.addresses, news)


def rows_of(view: View, kind: rows.Kind[T], keys: Collection[str]) -> list[T]:
    """The rows with these keys, in their order. One statement, none for no keys."""
    if not keys:
        return []
    found = view.connection.execute(_of_keys(kind, view.dialect), view.dialect.given(keys))
    return [kind.from_row(row) for row in found.mappings()]


@functools.cache
def _by_key(kind: rows.Kind[Any], dialect: Dialect) -> Select[Any]:
    return dialect.locked(select(kind.table).where(kind.key == bindparam("key")))


@functools.cache
def _by_keys(kind: rows.Kind[Any], dialect: Dialect) -> Select[Any]:
    """In the order of the keys: two processes that want the same rows then wait for one another in turn."""
    return dialect.locked(_of_keys(kind, dialect))


@functools.cache
def _of_keys(kind: rows.Kind[Any], dialect: Dialect) -> Select[Any]:
    return select(kind.table).where(dialect.among(kind.key)).order_by(kind.key)


def _ends(found: Iterable[Link]) -> set[CustomerId]:
    return {record for link in found for record in (link.customer_id, link.other)}


def _outbox_row(event: Event, data: ev.MessageQueued) -> dict[str, Any]:
    now = rows.micros(event.recorded_at)
    return {
        "outbox_id": data.outbox_id,
        "event_id": event.event_id,
        "channel_id": event.channel_id,
        "interaction_id": event.interaction_id,
        "state": "waiting",
        "attempt": 0,
        "next_try_at": now,
        "lease_until": None,
        "holder": None,
        "written": 0,
        "made_at": now,
    }


def batches(keys: Sequence[str]) -> Iterable[list[str]]:
    for start in range(0, len(keys), _BATCH):
        yield list(keys[start : start + _BATCH])


Change = Callable[[Tx], T]
