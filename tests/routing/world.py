"""A small world around the kernel: the log as the hub would write it, and claims as the hub would judge them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec

from hub import events as ev
from hub import interactions as work
from hub import projection
from hub.addresses import Address
from hub.errors import Conflict
from hub.ids import (
    CUSTOMER,
    SYSTEM,
    Actor,
    AgentId,
    ChannelId,
    CustomerId,
    EventId,
    InteractionId,
    OfferId,
    OutboxId,
    QueueId,
    agent_actor,
)
from hub.interactions import Interaction, Offer
from hub.projection import AgentNow
from routing import decisions as out
from routing.config import QueueRule, RoutingConfig
from routing.events import RoutingEvent, from_stream
from routing.kernel import Kernel
from tests.given import NOON

CHAT, MAIL, PHONE = ChannelId("chat"), ChannelId("mail"), ChannelId("phone")
SUPPORT, BILLING = QueueId("support"), QueueId("billing")
ADDRESS = Address("email", "ada@example.org")


def config(*, members: tuple[AgentId, ...] = (), **more: Any) -> RoutingConfig:
    """Support is for everybody, Billing for the members."""
    queues = (QueueRule(queue_id=SUPPORT, name="Support"), QueueRule(queue_id=BILLING, name="Billing", members=members))
    return RoutingConfig(queues=queues, channels={CHAT: "chat", MAIL: "email", PHONE: "call"}, **more)


class World:
    """``append`` writes to the log; ``pump`` lets the kernel read it; ``claim`` tries a decision of the kernel."""

    def __init__(self, setup: RoutingConfig | None = None, *, lags: bool = False) -> None:
        self.kernel = Kernel(setup or config())
        self.now = NOON
        self.lags = lags
        self.log: list[ev.Event] = []
        self.read = 0
        self.interactions: dict[InteractionId, Interaction] = {}
        self.agents: dict[AgentId, AgentNow] = {}
        self.offers: dict[OfferId, Offer] = {}
        self.routing: list[tuple[RoutingEvent, tuple[out.Decision, ...]]] = []
        self.open: list[out.Decision] = []
        """Decisions whose claim has not been tried."""
        self.watchers: list[Callable[[RoutingEvent], Callable[[tuple[out.Decision, ...]], None]]] = []
        """Called before each event the kernel reads; what they give is called with the decisions."""

    # the log

    def append(self, data: ev.Data, of: str | None = None, by: Actor = SYSTEM) -> ev.Event:
        """Raises Conflict, as the hub does."""
        known = self.interaction(of) if of else None
        event = ev.Event(
            event_id=EventId(f"e{len(self.log) + 1}"),
            position=len(self.log) + 1,
            type=ev.TYPES[type(data)],
            customer_id=CustomerId("ada") if of else None,
            interaction_id=InteractionId(of) if of else None,
            channel_id=known.channel_id if known else None,
            actor=by,
            occurred_at=self.now,
            recorded_at=self.now,
            shown_at=self.now,
            data=ev.encode(data),
        )
        self._fold(event, data)
        return event

    def interaction(self, name: str) -> Interaction:
        """Raises Conflict."""
        found = self.interactions.get(InteractionId(name))
        if found is None:
            raise Conflict(f"there is no {name}")
        return found

    def _fold(self, event: ev.Event, data: ev.Data) -> None:
        if event.interaction_id and event.type in (*work.TRANSITIONS, "message.received", "message.queued"):
            now = self.interactions.get(event.interaction_id)
            self.interactions[event.interaction_id] = work.apply(now, event, data)
        if isinstance(offer_id := getattr(data, "offer_id", None), str):
            offer = work.apply_offer(self.offers.get(OfferId(offer_id)), event, data)
            if offer is not None:
                self.offers[offer.offer_id] = offer
        if isinstance(data, ev.AgentPresenceChanged | ev.AgentCapacityChanged):
            agent = projection.agent(self.agents.get(data.agent_id), event, data)
            assert agent is not None
            self.agents[data.agent_id] = agent
        self.log.append(event)
        if not self.lags:
            self.pump()

    def pump(self, count: int = 1_000_000) -> None:
        """The kernel reads up to so many events."""
        for event in self.log[self.read : self.read + count]:
            self.read += 1
            found = from_stream(event)
            if found is not None:
                self.apply(found)

    def apply(self, event: RoutingEvent) -> tuple[out.Decision, ...]:
        after = [watch(event) for watch in self.watchers]
        made = self.kernel.apply(event)
        self.routing.append((event, made))
        self.open.extend(decision for decision in made if not isinstance(decision, out.Wait))
        for check in after:
            check(made)
        return made

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # people

    def create(self, name: str, channel: ChannelId = CHAT, queue: QueueId | None = SUPPORT) -> None:
        """An interaction that waits nowhere yet."""
        data = ev.InteractionCreated(address=ADDRESS, queue_id=queue)
        event = ev.Event(
            event_id=EventId(f"e{len(self.log) + 1}"),
            position=len(self.log) + 1,
            type="interaction.created",
            customer_id=CustomerId("ada"),
            interaction_id=InteractionId(name),
            channel_id=channel,
            actor=CUSTOMER,
            occurred_at=self.now,
            recorded_at=self.now,
            shown_at=self.now,
            data=ev.encode(data),
        )
        self._fold(event, data)

    def arrive(
        self, name: str, channel: ChannelId = CHAT, queue: QueueId = SUPPORT, preferred: str | None = None
    ) -> None:
        """A customer's first message: created and queued at once, as ingest does."""
        self.create(name, channel, queue)
        self.append(ev.InteractionQueued(queue_id=queue, preferred=AgentId(preferred) if preferred else None), name)
        self.write(name)

    def write(self, name: str, *, automatic: str | None = None) -> None:
        self.append(ev.MessageReceived(text="Hello", sender=ADDRESS, automatic=automatic), name, CUSTOMER)

    def answer(self, name: str) -> None:
        self.append(ev.MessageQueued(outbox_id=OutboxId("o"), to=ADDRESS, text="Good day"), name)

    def presence(self, agent: str, status: ev.Presence = "available", *, by: Actor | None = None, **more: Any) -> None:
        agent_id = AgentId(agent)
        data = ev.AgentPresenceChanged(agent_id=agent_id, status=status, **more)
        self.append(data, by=by or agent_actor(agent_id))

    def capacity(self, agent: str, units: int) -> None:
        self.append(ev.AgentCapacityChanged(agent_id=AgentId(agent), capacity=units))

    def offer_of(self, name: str) -> Offer:
        offer_id = self.interaction(name).offer_id
        if offer_id is None:
            raise Conflict(f"{name} is offered to nobody")
        return self.offers[offer_id]

    def accept(self, name: str) -> None:
        offer = self.offer_of(name)
        self.append(ev.OfferAccepted(offer_id=offer.offer_id, agent_id=offer.agent_id), name)
        self.append(ev.InteractionAccepted(agent_id=offer.agent_id, offer_id=offer.offer_id), name)

    def decline(self, name: str) -> None:
        offer = self.offer_of(name)
        self.append(ev.OfferDeclined(offer_id=offer.offer_id, agent_id=offer.agent_id), name)

    def time_out(self, name: str) -> None:
        offer = self.offer_of(name)
        self.append(ev.OfferTimedOut(offer_id=offer.offer_id, agent_id=offer.agent_id, cause="ignored"), name)

    def rescind(self, name: str) -> None:
        offer = self.offer_of(name)
        self.append(ev.OfferRescinded(offer_id=offer.offer_id, agent_id=offer.agent_id, cause="moved"), name)

    def close(self, name: str) -> None:
        self.append(ev.InteractionClosed(), name)

    # claims

    def claim_all(self) -> None:
        """Every decision that still stands is claimed, also those that follow from it."""
        while self.open:
            self.claim()

    def claim(self) -> None:
        decision = self.open.pop(0)
        if isinstance(decision, out.SetTimer) or not self.kernel.is_pending(decision):
            return
        try:
            self._claim(decision)
        except Conflict as conflict:
            self.append(ev.DecisionVoided(decision_id=decision.decision_id, reason=conflict.words))

    def _claim(self, decision: out.Decision) -> None:
        match decision:
            case out.Offer(interaction_id=name, agent_id=agent):
                self._require_room(agent, decision.weight)
                made = ev.OfferMade(
                    offer_id=OfferId(f"offer-{decision.decision_id}"),
                    agent_id=agent,
                    queue_id=decision.queue_id,
                    deadline=self.now + timedelta(seconds=decision.seconds),
                    weight=decision.weight,
                    why=msgspec.to_builtins(decision.why),
                )
                self.append(made, name)
            case out.Resume(interaction_id=name, agent_id=agent):
                if self.interactions[name].state == "snoozed":
                    self._require_room(agent, decision.weight)
                self.append(ev.InteractionResumed(agent_id=agent, reason=decision.cause), name)
            case out.Requeue(interaction_id=name, queue_id=queue, preferred=agent_or_none):
                self.append(ev.InteractionQueued(queue_id=queue, preferred=agent_or_none), name)
            case out.Return(interaction_id=name, queue_id=queue, preferred=agent_or_none):
                self.append(ev.InteractionReturned(queue_id=queue, preferred=agent_or_none, cause=decision.cause), name)
            case out.TimeOut(interaction_id=name, agent_id=agent):
                if self.interactions[name].offer_id != decision.offer_id:
                    raise Conflict("the offer is over")
                self.append(ev.OfferTimedOut(offer_id=decision.offer_id, agent_id=agent, cause=decision.cause), name)
            case out.MarkMissed(agent_id=agent):
                if self.agents[agent].status != "available":
                    raise Conflict("the agent is not available")
                reachable = self.agents[agent].reachable
                self.presence(agent, "missed", by=SYSTEM, reachable=reachable, cause=decision.cause)
            case _:
                raise AssertionError(f"not a claim: {decision}")

    def _require_room(self, agent_id: AgentId, weight: int) -> None:
        now = self.agents.get(agent_id)
        if now is None or now.status != "available" or now.next or not now.reachable:
            raise Conflict("the agent can't")
        if self.load(agent_id) + weight > now.capacity:
            raise Conflict("the load does not fit")

    def load(self, agent_id: AgentId) -> int:
        setup = self.kernel.config
        return sum(
            setup.weights[setup.channels[one.channel_id]]
            for one in self.interactions.values()
            if (one.offered_to if one.state in ("offered", "accepting") else one.agent_id) == agent_id
            and one.state in work.LOAD_BEARING
        )

    # what came of it

    def offered(self, name: str) -> str | None:
        """Whom the log says it is offered to."""
        return self.interactions[InteractionId(name)].offered_to

    def state(self, name: str) -> str:
        return self.interactions[InteractionId(name)].state

    @property
    def decisions(self) -> list[out.Decision]:
        return [decision for _, made in self.routing for decision in made]


def made(world: World, kind: type[out.Decision] = out.Offer) -> list[tuple[Any, ...]]:
    """(interaction, agent) of all decisions of a kind."""
    return [
        (getattr(one, "interaction_id", None), getattr(one, "agent_id", None))
        for one in world.decisions
        if isinstance(one, kind)
    ]
