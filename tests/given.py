"""What a test starts from. Builders of changes: ``ada = await store.write(given.customer("Ada"))``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final, TypeVar

from hub import events as ev
from hub.addresses import Address, address
from hub.ids import (
    CUSTOMER,
    SYSTEM,
    Actor,
    AgentId,
    ChannelId,
    CustomerId,
    Ids,
    InteractionId,
    OfferId,
    OutboxId,
    QueueId,
    agent_actor,
)
from hub.interactions import Interaction, Offer
from hub.people import Customer, Draft
from hub.ports import Incoming
from hub.projection import AgentNow
from hub.store import New, Slot, Tx

T = TypeVar("T")
NOON: Final = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
CHAT: Final = ChannelId("chat")
SUPPORT: Final = QueueId("support")
_numbers: Final = count(1)


class FixedClock:
    """Stands still until the test moves it."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> datetime:
        """``clock.forward(minutes=5)``."""
        self.at += timedelta(**span)
        return self.at


def ids(seed: int = 0) -> Ids:
    """The same ids in every run; two seeds never give the same."""
    moment = int(NOON.timestamp() * 1000)
    return Ids(milliseconds=lambda: moment, random=lambda size: seed.to_bytes(size, "big"))


def email(text: str = "") -> Address:
    """A mail address; one that nobody has yet where none is named."""
    return address("email", text or f"customer{next(_numbers)}@example.org")


def customer(name: str = "Ada", *addresses: Address, verified: str | None = None) -> Callable[[Tx], Customer]:
    """A customer record with these addresses, or one of its own."""
    known = addresses or (email(),)

    def change(tx: Tx) -> Customer:
        customer_id = CustomerId(tx.ids.new())
        data: list[ev.Data] = [ev.CustomerFirstSeen(name=name, address=known[0])]
        data += [ev.AddressLinked(address=one, verified=verified) for one in known]
        tx.append(*(New(data=one, actor=CUSTOMER, customer_id=customer_id) for one in data))
        return found(tx.customer(customer_id))

    return change


def interaction(
    of: Customer,
    *,
    channel: ChannelId = CHAT,
    queue: QueueId = SUPPORT,
    subject: str = "",
    is_queued: bool = True,
) -> Callable[[Tx], Interaction]:
    """A new interaction of the customer, waiting in the queue."""

    def change(tx: Tx) -> Interaction:
        interaction_id = InteractionId(tx.ids.new())
        known = of.addresses[0]
        opened: list[ev.Data] = [
            ev.InteractionCreated(address=Address(known.kind, known.value), queue_id=queue, subject=subject)
        ]
        if is_queued:
            opened.append(ev.InteractionQueued(queue_id=queue))
        for data in opened:
            tx.append(
                New(
                    data=data,
                    actor=SYSTEM,
                    customer_id=of.customer_id,
                    interaction_id=interaction_id,
                    channel_id=channel,
                )
            )
        return found(tx.interaction(interaction_id))

    return change


def happens(to: Interaction, *data: ev.Data, by: Actor = SYSTEM) -> Callable[[Tx], Interaction]:
    """Events of the interaction, in order; gives it as it is then."""

    def change(tx: Tx) -> Interaction:
        tx.append(*(_of(to, one, by) for one in data))
        return found(tx.interaction(to.interaction_id))

    return change


def message(
    to: Interaction, text: str = "Hello", *, external_id: str | None = None, occurred_at: datetime | None = None
) -> Callable[[Tx], Slot]:
    """The customer writes."""
    return lambda tx: tx.append(
        _of(
            to,
            ev.MessageReceived(text=text, sender=to.address),
            CUSTOMER,
            external_id=external_id or f"m{next(_numbers)}",
            occurred_at=occurred_at,
        )
    )[0]


def answer(to: Interaction, text: str = "Good day", *, by: str = "mia") -> Callable[[Tx], Slot]:
    """The agent's message, on its way: with its outbox row."""
    return lambda tx: tx.append(
        _of(
            to,
            ev.MessageQueued(outbox_id=OutboxId(tx.ids.new()), to=to.address, text=text),
            agent_actor(AgentId(by)),
        )
    )[0]


def delivered(message: Slot, status: ev.Status = "delivered", *, external: str | None = None) -> Callable[[Tx], Slot]:
    """News of a message of ours."""
    event = message.event
    return lambda tx: tx.append(
        New(
            data=ev.DeliveryUpdated(status=status, message=event.event_id, external=external),
            actor=SYSTEM,
            customer_id=event.customer_id,
            interaction_id=event.interaction_id,
            channel_id=event.channel_id,
        )
    )[0]


def note(to: Interaction, text: str = "Calls back at noon", *, by: str = "mia") -> Callable[[Tx], Slot]:
    return lambda tx: tx.append(_of(to, ev.NoteAdded(text=text), agent_actor(AgentId(by))))[0]


def agent(
    name: str = "mia", status: ev.Presence = "available", *, capacity: int = 10, reachable: bool = True
) -> Callable[[Tx], AgentNow]:
    """An agent's presence; the record that lets them sign in is another thing."""
    agent_id = AgentId(name)

    def change(tx: Tx) -> AgentNow:
        tx.append(
            New(
                data=ev.AgentPresenceChanged(agent_id=agent_id, status=status, reachable=reachable),
                actor=agent_actor(agent_id),
            )
        )
        if capacity != 10:
            tx.append(New(data=ev.AgentCapacityChanged(agent_id=agent_id, capacity=capacity), actor=SYSTEM))
        return found(tx.agent(agent_id))

    return change


def offer(to: Interaction, agent_name: str = "mia", *, seconds: float = 30, weight: int = 3) -> Callable[[Tx], Offer]:
    """The interaction is offered to the agent."""

    def change(tx: Tx) -> Offer:
        data = ev.OfferMade(
            offer_id=OfferId(tx.ids.new()),
            agent_id=AgentId(agent_name),
            queue_id=to.queue_id or SUPPORT,
            deadline=tx.now + timedelta(seconds=seconds),
            weight=weight,
        )
        tx.append(_of(to, data, SYSTEM))
        return found(tx.offer(data.offer_id))

    return change


def draft(interaction_id: str, text: str = "Dear", *, by: str = "mia") -> Draft:
    return Draft(interaction_id=InteractionId(interaction_id), kind="reply", agent_id=AgentId(by), text=text)


def merged(one: Customer, other: Customer, *, reason: str = "same phone") -> Callable[[Tx], str]:
    """Two records become one person; gives the id of the link."""

    def change(tx: Tx) -> str:
        link_id = tx.ids.new()
        data = ev.CustomersMerged(link_id=link_id, other=other.customer_id, reason=reason)
        tx.append(New(data=data, actor=SYSTEM, customer_id=one.customer_id))
        return link_id

    return change


def unmerged(one: Customer, other: Customer, link_id: str) -> Callable[[Tx], Slot]:
    data = ev.CustomersUnmerged(link_id=link_id, other=other.customer_id)
    return lambda tx: tx.append(New(data=data, actor=SYSTEM, customer_id=one.customer_id))[0]


def incoming(text: str = "Hello", *, sender: Address | None = None, **more: Any) -> Incoming:
    """A message as a channel's ``parse`` gives it."""
    sender = sender or email()
    more.setdefault("external_id", f"m{next(_numbers)}")
    return Incoming(data=ev.MessageReceived(text=text, sender=sender), sender=sender, **more)


def together(*changes: Callable[[Tx], Any]) -> Callable[[Tx], Sequence[Any]]:
    """Several changes as one."""
    return lambda tx: [change(tx) for change in changes]


def found(row: T | None) -> T:
    assert row is not None, "the fold made no row"
    return row


def _of(
    to: Interaction,
    data: ev.Data,
    by: Actor,
    *,
    external_id: str | None = None,
    occurred_at: datetime | None = None,
) -> New:
    return New(
        data=data,
        actor=by,
        customer_id=to.customer_id,
        interaction_id=to.interaction_id,
        channel_id=to.channel_id,
        external_id=external_id,
        occurred_at=occurred_at,
    )
