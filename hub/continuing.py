"""Which interaction an incoming event continues, and what it does to it (glossary.md section 3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from hub import events as ev
from hub.addresses import Address
from hub.catalog import Catalog, Queue
from hub.ids import CUSTOMER, SYSTEM, CustomerId, InteractionId
from hub.interactions import Interaction
from hub.people import Customer
from hub.placing import Item, Placing
from hub.store import New, Slot, Tx

_STRONG: Final = frozenset({"site", "dmarc", "code"})


class Continuing:
    """Appends the events of a group in order; every look-up was made before by ``Placing``."""

    def __init__(self, tx: Tx, catalog: Catalog, placing: Placing) -> None:
        self._tx = tx
        self._catalog = catalog
        self._placing = placing

    def append(self, item: Item) -> Slot:
        match item.incoming.data:
            case ev.MessageReceived() as data:
                return self._message(item, data)
            case ev.DeliveryUpdated() as data:
                return self._delivery(item, data)
            case ev.MessageEdited(message=about) | ev.MessageDeleted(message=about) | ev.ReactionAdded(message=about):
                return self._about(item, about)
            case _:
                return self._plain(item)

    # messages

    def _message(self, item: Item, data: ev.MessageReceived) -> Slot:
        incoming = item.incoming
        assert incoming.sender is not None, "a message has a sender"
        sender = self._learn(self._placing.customer(incoming.sender), item)
        interaction = self._continue(item, data, sender.customer_id)
        owner = self._tx.customer(interaction.customer_id)
        if owner is not None and owner.person_id != sender.person_id:
            data = msgspec.structs.replace(data, unverified=True)
        # A guest, or another record of the same person, speaks where the conversation stands.
        return self._put(item, data, interaction.customer_id, interaction.interaction_id)

    def _thread(self, item: Item) -> Interaction | None:
        """The interaction that a token of ours or the provider's thread names; only on the same account."""
        refs = [self._placing.by_external.get((item.channel_id, ref)) for ref in item.incoming.refs]
        for interaction_id in (item.incoming.interaction_id, *refs):
            found = self._tx.interaction(interaction_id) if interaction_id else None
            if found is not None and found.channel_id == item.channel_id:
                return found
        return None

    def _continue(self, item: Item, data: ev.MessageReceived, customer_id: CustomerId) -> Interaction:
        latest = self._placing.latest.get((item.channel_id, data.sender))
        for found in (self._thread(item), self._tx.interaction(latest) if latest else None):
            if found is None:
                continue
            if found.is_open or data.automatic is not None:
                return found
            known = self._catalog.queues.get(found.queue_id) if found.queue_id else None
            queue = known or self._catalog.queue_of(found.channel_id)
            if self._is_recent(found, queue):
                return self._of(found, ev.InteractionReopened(queue_id=queue.queue_id, preferred=found.agent_id))
        return self._open(item, data, customer_id)

    def _is_recent(self, closed: Interaction, queue: Queue) -> bool:
        return closed.closed_at is not None and self._tx.now - closed.closed_at <= timedelta(hours=queue.reopen_hours)

    def _open(self, item: Item, data: ev.MessageReceived, customer_id: CustomerId) -> Interaction:
        """A new interaction. What no person wrote is kept on the timeline and waits for nobody."""
        interaction_id = self._tx.new_interaction()
        queue_id = self._catalog.accounts[item.channel_id].queue_id
        created = ev.InteractionCreated(address=data.sender, queue_id=queue_id, subject=data.subject or "")
        self._tx.append(
            New(
                data=created,
                actor=CUSTOMER,
                customer_id=customer_id,
                interaction_id=interaction_id,
                channel_id=item.channel_id,
            )
        )
        self._placing.latest[item.channel_id, data.sender] = interaction_id
        now = self._tx.interaction(interaction_id)
        assert now is not None
        is_work = data.automatic is None
        return self._of(now, ev.InteractionQueued(queue_id=queue_id) if is_work else ev.InteractionClosed())

    def _learn(self, known: Customer, item: Item) -> Customer:
        """A name, a proof of an address, other addresses that nobody has."""
        incoming, customer_id = item.incoming, known.customer_id
        news: list[ev.Data] = []
        if incoming.name and not known.name:
            news.append(ev.CustomerUpdated(name=incoming.name))
        if incoming.verified in _STRONG and incoming.sender is not None and not is_proven(known, incoming.sender):
            news.append(ev.AddressLinked(address=incoming.sender, verified=incoming.verified))
        for address in incoming.claims:
            if self._placing.claimed.get(address) == customer_id:
                del self._placing.claimed[address]
                news.append(ev.AddressLinked(address=address))
        self._tx.append(*(New(data=data, actor=CUSTOMER, customer_id=customer_id) for data in news))
        return known

    # the rest

    def _delivery(self, item: Item, data: ev.DeliveryUpdated) -> Slot:
        message = self._placing.message_of(item)
        if message is None:
            return self._put(item, msgspec.structs.replace(data, message=None), None, None)
        place = self._placing.places[message]
        data = msgspec.structs.replace(data, message=message)
        return self._put(item, data, place.customer_id, place.interaction_id)

    def _about(self, item: Item, message: str) -> Slot:
        """An edit, a deletion or a reaction stands where its message stands."""
        found = self._placing.by_external.get((item.channel_id, message))
        interaction = self._tx.interaction(found) if found else None
        if interaction is None:
            return self._plain(item)
        return self._put(item, item.incoming.data, interaction.customer_id, interaction.interaction_id)

    def _plain(self, item: Item) -> Slot:
        sender = item.incoming.sender
        if sender is None:
            return self._put(item, item.incoming.data, None, None)
        last = self._placing.latest.get((item.channel_id, sender))
        return self._put(item, item.incoming.data, self._placing.owners[sender], last)

    def _put(
        self, item: Item, data: ev.Data, customer_id: CustomerId | None, interaction_id: InteractionId | None
    ) -> Slot:
        new = New(
            data=data,
            actor=SYSTEM if item.incoming.sender is None else CUSTOMER,
            customer_id=customer_id,
            interaction_id=interaction_id,
            channel_id=item.channel_id,
            external_id=item.incoming.external_id,
            occurred_at=item.incoming.occurred_at,
            event_id=item.event_id,
        )
        return self._tx.append(new)[0]

    def _of(self, interaction: Interaction, data: ev.Data) -> Interaction:
        """The interaction after what the message does to it."""
        key = interaction.interaction_id
        self._tx.append(
            New(
                data=data,
                actor=SYSTEM,
                customer_id=interaction.customer_id,
                interaction_id=key,
                channel_id=interaction.channel_id,
            )
        )
        return self._tx.interaction(key) or interaction


def is_proven(known: Customer, address: Address) -> bool:
    return any((a.kind, a.value) == (address.kind, address.value) and a.verified for a in known.addresses)
