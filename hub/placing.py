"""Where incoming events belong, looked up for a whole group: customers of addresses, interactions, our own messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from hub import events as ev
from hub.addresses import Address
from hub.ids import CUSTOMER, ChannelId, CustomerId, EventId, InteractionId
from hub.people import Customer
from hub.ports import Incoming
from hub.store import New, Tx, people, talk
from hub.store import events as stream
from hub.store.events import Key

_ABOUT_MESSAGES: Final = (ev.MessageEdited, ev.MessageDeleted, ev.ReactionAdded)


class Item(NamedTuple):
    """A new event of the group."""

    key: Key
    event_id: EventId
    channel_id: ChannelId
    incoming: Incoming


class Placing:
    """All look-ups of a group, each one statement. Rows of customers are held until the commit."""

    def __init__(self, tx: Tx, items: Sequence[Item]) -> None:
        self._tx = tx
        senders = [item.incoming.sender for item in items if item.incoming.sender is not None]
        claims = [address for item in items for address in item.incoming.claims]
        self.owners = {address: owner.customer_id for address, owner in self._owners([*senders, *claims]).items()}
        self._meet(items)
        tx.customers({self.owners[sender] for sender in senders})
        self.claimed = self._claim(items)
        self.latest = self._latest(items)
        self.by_external = self._by_external(items)
        found = tx.interactions({*self.latest.values(), *self.by_external.values(), *_tokens(items)})
        tx.customers({now.customer_id for now in found.values()})
        self.messages = self._messages(items)
        self.places = stream.places(tx, set(self.messages.values())) if self.messages else {}
        tx.messages(set(self.messages.values()))

    def customer(self, address: Address) -> Customer:
        found = self._tx.customer(self.owners[address])
        assert found is not None
        return found

    def message_of(self, item: Item) -> EventId | None:
        """The ``message.queued`` that a delivery speaks of."""
        data = item.incoming.data
        assert isinstance(data, ev.DeliveryUpdated)
        for name in (data.message, data.outbox_id, (item.channel_id, data.external)):
            found = self.messages.get(name)
            if found in self.places and self.places[found].channel_id == item.channel_id:
                return found
        return None

    def _owners(self, wanted: Sequence[Address]) -> dict[Address, talk.Owner]:
        return talk.owners(self._tx, wanted) if wanted else {}

    def _meet(self, items: Sequence[Item]) -> None:
        """Addresses seen for the first time become customers. Whoever claims the address first makes the record."""
        met: dict[Address, Incoming] = {}
        for item in items:
            sender = item.incoming.sender
            if sender is not None and sender not in self.owners:
                met.setdefault(sender, item.incoming)
        if not met:
            return
        made = {address: self._tx.new_customer() for address in met}
        won = people.claim_addresses(self._tx, made)
        for address, incoming in met.items():
            if address in won:
                self._first_seen(made[address], address, incoming)
                self.owners[address] = made[address]
        if lost := [address for address in met if address not in won]:
            self.owners |= {address: owner.customer_id for address, owner in self._owners(lost).items()}

    def _first_seen(self, customer_id: CustomerId, address: Address, incoming: Incoming) -> None:
        self._tx.append(
            New(
                data=ev.CustomerFirstSeen(name=incoming.name or "", address=address),
                actor=CUSTOMER,
                customer_id=customer_id,
            ),
            New(
                data=ev.AddressLinked(address=address, verified=incoming.verified),
                actor=CUSTOMER,
                customer_id=customer_id,
            ),
        )

    def _claim(self, items: Sequence[Item]) -> dict[Address, CustomerId]:
        """Addresses that customers typed and nobody had, with the record that has them now."""
        free: dict[Address, CustomerId] = {}
        for item in items:
            sender = item.incoming.sender
            if sender is not None:
                free |= {a: self.owners[sender] for a in item.incoming.claims if a not in self.owners and a not in free}
        won = people.claim_addresses(self._tx, free) if free else set()
        claimed = {address: free[address] for address in won}
        self.owners |= claimed
        return claimed

    def _latest(self, items: Sequence[Item]) -> dict[tuple[ChannelId, Address], InteractionId]:
        wanted = {(item.channel_id, sender) for item in items if (sender := item.incoming.sender) is not None}
        return talk.latest(self._tx, wanted) if wanted else {}

    def _by_external(self, items: Sequence[Item]) -> dict[tuple[str, str], InteractionId]:
        wanted = [(item.channel_id, ref) for item in items for ref in item.incoming.refs]
        wanted += [
            (i.channel_id, i.incoming.data.message) for i in items if isinstance(i.incoming.data, _ABOUT_MESSAGES)
        ]
        return stream.by_external(self._tx, wanted) if wanted else {}

    def _messages(self, items: Sequence[Item]) -> dict[object, EventId]:
        news = [(i.channel_id, i.incoming.data) for i in items if isinstance(i.incoming.data, ev.DeliveryUpdated)]
        found: dict[object, EventId] = {data.message: data.message for _, data in news if data.message}
        if outbox := {data.outbox_id for _, data in news if data.outbox_id}:
            found.update(talk.messages_by_outbox(self._tx, outbox).items())
        if external := {(channel, data.external) for channel, data in news if data.external}:
            found.update(talk.messages_by_external(self._tx, external).items())
        return found


def _tokens(items: Iterable[Item]) -> set[InteractionId]:
    return {item.incoming.interaction_id for item in items if item.incoming.interaction_id}
