"""THE inbound transaction. Law: the same provider message is one event, however often and wherever it arrives.

A group of payloads costs a constant number of statements: keys, addresses, customers, interactions, events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from hub import events as ev
from hub.catalog import Catalog
from hub.continuing import Continuing
from hub.ids import ChannelId, CustomerId, EventId, InteractionId
from hub.placing import Item, Placing
from hub.ports import Accepted, Incoming, Ingested, Parsed
from hub.store import Slot, Tx
from hub.store import events as stream
from hub.store.events import ALSO, Key


class Batch(NamedTuple):
    """What one request, mail or frame of one account said."""

    channel_id: ChannelId
    parsed: Parsed


class Earlier(NamedTuple):
    """An event that was committed before."""

    event_id: EventId
    position: int
    customer_id: CustomerId | None
    interaction_id: InteractionId | None


class Taken:
    """What became of one Incoming; ask ``accepted()`` after the commit, when its position is known."""

    __slots__ = ("earlier", "external_id", "is_duplicate", "key", "slot")

    def __init__(self, key: Key, external_id: str) -> None:
        self.key = key
        self.external_id = external_id
        self.is_duplicate = False
        self.slot: Slot | None = None
        self.earlier: Earlier | None = None

    def accepted(self) -> Accepted:
        if self.slot is not None:
            event = self.slot.event
            found = Earlier(event.event_id, event.position, event.customer_id, event.interaction_id)
        else:
            assert self.earlier is not None
            found = self.earlier
        return Accepted(
            event_id=found.event_id,
            position=found.position,
            external_id=self.external_id,
            duplicate=self.is_duplicate,
            customer_id=found.customer_id,
            interaction_id=found.interaction_id,
        )


def ingested(taken: Sequence[Taken]) -> Ingested:
    return Ingested(accepted=tuple(one.accepted() for one in taken))


class Ingest:
    """``accept`` is for ``store.write_together``: all batches of a group at once."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def accept(self, tx: Tx, batches: Sequence[Batch]) -> list[list[Taken]]:
        claims = Claims(tx)
        answers = [[claims.take(batch.channel_id, item) for item in batch.parsed.events] for batch in batches]
        items = claims.new()
        placing = Placing(tx, items)
        continuing = Continuing(tx, self.catalog, placing)
        for item in items:
            claims.by_key[item.key].slot = continuing.append(item)
        claims.settle()
        return answers


class Claims:
    """Which of the group's events are new."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.by_key: dict[Key, Taken] = {}
        self._items: list[Item] = []
        self._again: list[Taken] = []

    def take(self, channel_id: ChannelId, incoming: Incoming) -> Taken:
        kind = ev.TYPES[type(incoming.data)]
        taken = Taken(Key(channel_id, incoming.external_id, kind), incoming.external_id)
        if taken.key in self.by_key:
            self._again.append(taken)
        else:
            self.by_key[taken.key] = taken
            self._items.append(Item(taken.key, EventId(self.tx.ids.new()), channel_id, incoming))
        return taken

    def new(self) -> list[Item]:
        """Claim the keys; what somebody else holds is a duplicate."""
        won = stream.add_keys(self.tx, {item.key: item.event_id for item in self._items})
        lost = [item.key for item in self._items if item.key not in won]
        if lost:
            self._find(stream.first_of(self.tx, lost))
        return self._named([item for item in self._items if item.key in won])

    def _named(self, items: list[Item]) -> list[Item]:
        """Keep the other ids. One that is taken already marks the message: same id, other content."""
        names = {Key(item.channel_id, also, ALSO): item.event_id for item in items if (also := item.incoming.also)}
        if not names:
            return items
        won = stream.add_keys(self.tx, names)
        first = {names[key] for key in won}
        return [item if item.incoming.also is None or item.event_id in first else twin(item) for item in items]

    def settle(self) -> None:
        """What came twice in one group shares the first one's place."""
        for taken in self._again:
            first = self.by_key[taken.key]
            taken.slot, taken.earlier, taken.is_duplicate = first.slot, first.earlier, True

    def _find(self, held: dict[Key, EventId]) -> None:
        fresh = {slot.event_id: slot for slot in self.tx.pending}
        places = stream.places(self.tx, set(held.values()) - fresh.keys())
        for key, event_id in held.items():
            taken = self.by_key[key]
            taken.is_duplicate = True
            if event_id in fresh:
                taken.slot = fresh[event_id]
            else:
                row = places[event_id]
                taken.earlier = Earlier(event_id, row.position, CustomerId(row.customer_id) or None, row.interaction_id)


def twin(item: Item) -> Item:
    """A message whose id another one has, with other bytes: both are kept, this one is marked."""
    data = item.incoming.data
    if not isinstance(data, ev.MessageReceived):
        return item
    marked = msgspec.structs.replace(data, duplicate_of=item.incoming.also)
    return item._replace(incoming=msgspec.structs.replace(item.incoming, data=marked))
