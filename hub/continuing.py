"""Which interaction an incoming event continues, and what it does to it (glossary.md section 3)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from hub import events as ev
from hub.addresses import Address
from hub.catalog import Catalog
from hub.ids import CUSTOMER, SYSTEM, CustomerId, InteractionId
from hub.interactions import Interaction
from hub.people import Customer
from hub.placing import Item, Placing
from hub.store import New, Slot, Tx, people

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
        known = self._learn(self._placing.customer(incoming.sender), item)
        thread = self._thread(item)
        is_guest = thread is not None and thread.customer_id != known.customer_id
        if is_guest and thread is not None:
            data = msgspec.structs.replace(data, unverified=True)
            known = self._tx.customer(thread.customer_id) or known
        interaction = self._continue(item, data, known.customer_id, thread)
        return self._put(item, data, known.customer_id, interaction)

    def _thread(self, item: Item) -> Interaction | None:
        """The interaction that a token of ours or the provider's thread names; only on the same account."""
        refs = [self._placing.by_external.get((item.channel_id, ref)) for ref in item.incoming.refs]
        for interaction_id in (item.incoming.interaction_id, *refs):
            found = self._tx.interaction(interaction_id) if interaction_id else None
            if found is not None and found.channel_id == item.channel_id:
                return found
        return None

    def _continue(
        self, item: Item, data: ev.MessageReceived, customer_id: CustomerId, thread: Interaction | None
    ) -> InteractionId:
        latest = self._placing.latest.get((item.channel_id, data.sender))
        for candidate in (thread, self._tx.interaction(latest) if latest else None):
            if candidate is None:
                continue
            if candidate.is_open or data.automatic is not None:
                return candidate.interaction_id
            if self._may_reopen(candidate):
                self._reopen(candidate)
                return candidate.interaction_id
        return self._open(item, data, customer_id)

    def _may_reopen(self, closed: Interaction) -> bool:
        hours = self._catalog.queue_of(closed.channel_id).reopen_hours
        return closed.closed_at is not None and self._tx.now - closed.closed_at <= timedelta(hours=hours)

    def _reopen(self, closed: Interaction) -> None:
        queue_id = closed.queue_id or self._catalog.accounts[closed.channel_id].queue_id
        self._of(closed.interaction_id, ev.InteractionReopened(queue_id=queue_id, preferred=closed.agent_id))

    def _open(self, item: Item, data: ev.MessageReceived, customer_id: CustomerId) -> InteractionId:
        """A new interaction. What no person wrote is kept on the timeline and waits for nobody."""
        interaction_id = InteractionId(self._tx.ids.new())
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
        if data.automatic is None:
            self._of(interaction_id, ev.InteractionQueued(queue_id=queue_id))
        else:
            self._of(interaction_id, ev.InteractionClosed(outcome="completed"))
        self._placing.latest[item.channel_id, data.sender] = interaction_id
        return interaction_id

    def _learn(self, known: Customer, item: Item) -> Customer:
        """A name, a proof of an address, other addresses that nobody has."""
        incoming, customer_id = item.incoming, known.customer_id
        news: list[ev.Data] = []
        if incoming.name and not known.name:
            news.append(ev.CustomerUpdated(name=incoming.name))
        if incoming.verified in _STRONG and incoming.sender is not None and not is_proven(known, incoming.sender):
            news.append(ev.AddressLinked(address=incoming.sender, verified=incoming.verified))
        free = {address: customer_id for address in incoming.claims if address not in self._placing.owners}
        for address in sorted(people.claim_addresses(self._tx, free)) if free else ():
            self._placing.owners[address] = customer_id
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

    def _of(self, interaction_id: InteractionId, data: ev.Data) -> None:
        now = self._tx.interaction(interaction_id)
        assert now is not None
        self._tx.append(
            New(
                data=data,
                actor=SYSTEM,
                customer_id=now.customer_id,
                interaction_id=interaction_id,
                channel_id=now.channel_id,
            )
        )


def is_proven(known: Customer, address: Address) -> bool:
    return any((a.kind, a.value) == (address.kind, address.value) and a.verified for a in known.addresses)
