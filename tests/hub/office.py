"""A hub's meaning without its delivery: store, ingest, commands, claims and reads, with two agents."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from datetime import timedelta
from itertools import count
from typing import Any, ClassVar, TypeVar

import pytest

from hub import events as ev
from hub.addresses import Address
from hub.catalog import Account, Catalog, Queue
from hub.claims import LEASE, Claims
from hub.commands import Command, SetPresence
from hub.events import Event
from hub.ids import AgentId, ChannelId, InteractionId, QueueId, agent_actor
from hub.ingest import Batch, Ingest, ingested
from hub.interactions import Interaction, Offer
from hub.people import Role
from hub.ports import Abilities, Accepted, Incoming, Outbound, Parsed, Sent
from hub.service import Result, Service
from hub.store import New, Store, Tx, users
from hub.store import events as stream
from hub.store.leases import take_lease
from hub.store.users import User
from hub.timeline import Desk
from tests import given

T = TypeVar("T")
CHAT, MAIL = ChannelId("chat"), ChannelId("mail")
SUPPORT, SALES = QueueId("support"), QueueId("sales")
MIA, TOM, EVA = AgentId("mia"), AgentId("tom"), AgentId("eva")
ROLES: dict[str, tuple[Role, ...]] = {MIA: ("agent",), TOM: ("agent",), EVA: ("supervisor", "agent")}
_numbers = count(1)


class Wire:
    """A channel that takes everything: what a test of commands needs of one."""

    kind: ClassVar[str] = "wire"
    Settings: ClassVar[type] = object

    def __init__(self, abilities: Abilities) -> None:
        self.abilities = abilities

    async def send(self, message: Outbound) -> Sent:
        return Sent(external_id=str(message.outbox_id))


def account(key: ChannelId, queue: QueueId, **abilities: Any) -> Account:
    return Account(channel_id=key, kind="wire", name=str(key), queue_id=queue, channel=Wire(Abilities(**abilities)))


CATALOG = Catalog(
    queues={key: Queue(queue_id=key, name=str(key).title()) for key in (SUPPORT, SALES)},
    accounts={
        CHAT: account(
            CHAT, SUPPORT, word="Chat", work="chat", text_limit=100, media_types=("image/*",), media_bytes=1000
        ),
        MAIL: account(MAIL, SALES, word="E-mail", work="email", subject=True, copies=True, html=True),
    },
)


class Office:
    def __init__(self, store: Store, clock: given.FixedClock) -> None:
        self.store = store
        self.clock = clock
        self.service = Service(store, CATALOG)
        self.claims = Claims(store, CATALOG)
        self.desk = Desk(store, CATALOG)
        self.ingest = Ingest(CATALOG)
        self.epoch = 0

    async def hire(self) -> None:
        def change(tx: Tx) -> None:
            for name, roles in ROLES.items():
                users.put_user(
                    tx, User(agent_id=AgentId(name), email=f"{name}@x.example", name=name.title(), roles=roles)
                )

        await self.store.write(change)
        epoch = await self.store.write(lambda tx: take_lease(tx, LEASE, "test", 600))
        assert epoch is not None
        self.epoch = epoch

    # what comes in

    async def take(self, *incoming: Incoming, channel: ChannelId = CHAT) -> tuple[Accepted, ...]:
        batch = Batch(channel, Parsed(events=incoming))
        return ingested(await self.store.write_together(self.ingest.accept, batch)).accepted

    async def writes(self, sender: Address, text: str = "Hello", *, channel: ChannelId = CHAT, **more: Any) -> Accepted:
        return (await self.take(given.incoming(text, sender=sender, **more), channel=channel))[0]

    async def asks(self, text: str = "Hello", *, channel: ChannelId = CHAT) -> Interaction:
        """A new customer writes; gives the interaction that waits."""
        taken = await self.writes(given.email(), text, channel=channel)
        assert taken.interaction_id is not None
        return await self.interaction(taken.interaction_id)

    # what people do

    async def does(self, agent: AgentId, command: Command) -> Result:
        return await self.service.do(command, agent, ROLES[agent])

    async def available(self, *agents: AgentId) -> None:
        for agent in agents:
            await self.store.write(lambda tx, agent=agent: reachable(tx, agent))  # type: ignore[misc]  # bound now
            await self.does(agent, SetPresence(client_id=new_id(), status="available"))

    async def offers(self, to: AgentId, interaction: Interaction, *, seconds: float = 30, weight: int = 3) -> bool:
        return await self.claims.offer(
            self.epoch,
            f"d{next(_numbers)}",
            interaction_id=interaction.interaction_id,
            version=interaction.version,
            agent_id=to,
            queue_id=interaction.queue_id or SUPPORT,
            weight=weight,
            seconds=seconds,
            why={},
        )

    # what is there

    async def interaction(self, interaction_id: InteractionId) -> Interaction:
        return await self.read(lambda tx: given.found(tx.interaction(interaction_id)))

    async def offer_of(self, interaction: Interaction) -> Offer:
        now = await self.interaction(interaction.interaction_id)
        assert now.offer_id is not None, f"no offer: {now.state}"
        offer_id = now.offer_id
        return await self.read(lambda tx: given.found(tx.offer(offer_id)))

    async def read(self, query: Callable[[Tx], T]) -> T:
        return await self.store.write(query)

    async def events(self, after: int = 0, types: Collection[str] = ()) -> list[Event]:
        found = await self.store.read(lambda view: stream.events_after(view, after, 10_000))
        return [one for one in found if not types or one.type in types]

    async def types(self, after: int = 0) -> list[str]:
        return [one.type for one in await self.events(after)]

    def later(self, **span: float) -> None:
        self.clock.at += timedelta(**span)


def reachable(tx: Tx, agent: AgentId) -> None:
    now = tx.agent(agent)
    status = now.status if now else "offline"
    tx.append(
        New(data=ev.AgentPresenceChanged(agent_id=agent, status=status, reachable=True), actor=agent_actor(agent))
    )


def new_id() -> str:
    return f"command-{next(_numbers)}"


@pytest.fixture
async def office(store: Store, clock: given.FixedClock) -> AsyncIterator[Office]:
    """On each kind of store."""
    made = Office(store, clock)
    await made.hire()
    yield made
