"""What the kernel reads: a small event for each event of the stream that routing cares about. Pure and total."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from hub import events as ev
from hub.ids import SYSTEM, AgentId, ChannelId, InteractionId, OfferId, QueueId

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Enter = Literal["queued", "reopened", "returned", "transferred", "moved"]
End = Literal["accepted", "declined", "timed_out", "rescinded"]
Out = Literal["scheduled", "snoozed", "wrap_up", "closed"]


def micros(moment: datetime) -> int:
    return (moment - EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


class RoutingEvent(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """``position`` of the stream event behind it; ``at`` is the only clock of the kernel."""

    position: int
    at: int


class OfInteraction(RoutingEvent, frozen=True, kw_only=True):
    interaction_id: InteractionId


class Created(OfInteraction, frozen=True, kw_only=True):
    channel_id: ChannelId
    queue_id: QueueId | None = None
    priority: str = "normal"


class Entered(OfInteraction, frozen=True, kw_only=True):
    """The interaction waits in a queue from now on.

    The kernel forgets what is closed; age and priority of one that comes back are what the reader of the log knows.
    """

    how: Enter
    queue_id: QueueId
    preferred: AgentId | None = None
    channel_id: ChannelId | None = None
    age_start: int = 0
    priority: str = "normal"


class Offered(OfInteraction, frozen=True, kw_only=True):
    offer_id: OfferId
    agent_id: AgentId


class OfferEnded(OfInteraction, frozen=True, kw_only=True):
    how: End
    agent_id: AgentId
    cause: ev.MissCause = "ignored"


class Answered(OfInteraction, frozen=True, kw_only=True):
    """In the agent's hands: accepted, taken by hand, or resumed."""

    agent_id: AgentId
    resumed: bool = False


class Stopped(OfInteraction, frozen=True, kw_only=True):
    """Neither waits nor is live any more."""

    to: Out


class CustomerWrote(OfInteraction, frozen=True, kw_only=True):
    automatic: bool = False


class Touched(OfInteraction, frozen=True, kw_only=True):
    """Changed in a way that moves only its version."""


class Woken(OfInteraction, frozen=True, kw_only=True):
    """``timer.due``: a snoozed interaction comes back, or the wait for a preferred agent is over."""

    kind: str


class PresenceChanged(RoutingEvent, frozen=True, kw_only=True):
    agent_id: AgentId
    status: ev.Presence
    next: str | None = None
    reachable: bool = True
    chosen: bool = True
    """A person or rule set it; False when only the connection came or went."""


class CapacityChanged(RoutingEvent, frozen=True, kw_only=True):
    agent_id: AgentId
    capacity: int


class Voided(RoutingEvent, frozen=True, kw_only=True):
    """The claim of a decision did not hold."""

    decision_id: str
    reason: str


class Started(RoutingEvent, frozen=True, kw_only=True):
    """A leader read its state from the store: everything open is looked at once."""


_STOPS: dict[str, Out] = {
    "interaction.scheduled": "scheduled",
    "interaction.snoozed": "snoozed",
    "interaction.wrapped": "wrap_up",
    "interaction.closed": "closed",
    "interaction.abandoned": "closed",
    "interaction.flowed_out": "closed",
    "interaction.expired": "closed",
    "interaction.canceled": "closed",
}
_TOUCHES = frozenset({"message.queued", "interaction.held"})
_Reader = Callable[[ev.Event, int, InteractionId], RoutingEvent | None]


def from_stream(event: ev.Event) -> RoutingEvent | None:
    """The routing event behind a stream event; None where routing has no interest. Raises DecodeError for bad data."""
    at = micros(event.recorded_at)
    if event.interaction_id is None:
        return _of_agents(event, at)
    if event.type in _STOPS:
        return Stopped(position=event.position, at=at, interaction_id=event.interaction_id, to=_STOPS[event.type])
    if event.type in _TOUCHES:
        return Touched(position=event.position, at=at, interaction_id=event.interaction_id)
    reader = _READERS.get(event.type)
    return reader(event, at, event.interaction_id) if reader else _of_agents(event, at)


def _of_agents(event: ev.Event, at: int) -> RoutingEvent | None:
    if event.type not in ("agent.presence_changed", "agent.capacity_changed", "decision.voided"):
        return None
    match event.read():
        case ev.AgentPresenceChanged() as data:
            return PresenceChanged(
                position=event.position,
                at=at,
                agent_id=data.agent_id,
                status=data.status,
                next=data.next,
                reachable=data.reachable,
                chosen=event.actor != SYSTEM,
            )
        case ev.AgentCapacityChanged() as data:
            return CapacityChanged(position=event.position, at=at, agent_id=data.agent_id, capacity=data.capacity)
        case ev.DecisionVoided() as data:
            return Voided(position=event.position, at=at, decision_id=data.decision_id, reason=data.reason)
        case _:
            return None


def _created(event: ev.Event, at: int, interaction: InteractionId) -> RoutingEvent | None:
    data = event.read()
    if not isinstance(data, ev.InteractionCreated) or event.channel_id is None:
        return None
    return Created(
        position=event.position,
        at=at,
        interaction_id=interaction,
        channel_id=event.channel_id,
        queue_id=data.queue_id,
        priority=data.priority,
    )


def _entered(event: ev.Event, at: int, interaction: InteractionId) -> RoutingEvent | None:
    preferred: AgentId | None = None
    how: Enter
    match event.read():
        case ev.InteractionQueued(queue_id=queue, preferred=agent):
            how, preferred = "queued", agent
        case ev.InteractionReopened(queue_id=queue, preferred=agent):
            how, preferred = "reopened", agent
        case ev.InteractionReturned(queue_id=queue, preferred=agent):
            how, preferred = "returned", agent
        case ev.InteractionTransferred(queue_id=queue, to=agent):
            how, preferred = "transferred", agent
        case ev.InteractionMoved(queue_id=queue):
            how = "moved"
        case _:
            return None
    return Entered(
        position=event.position,
        at=at,
        interaction_id=interaction,
        how=how,
        queue_id=queue,
        preferred=preferred,
        channel_id=event.channel_id,
    )


def _offer(event: ev.Event, at: int, interaction: InteractionId) -> RoutingEvent | None:
    cause: ev.MissCause = "ignored"
    how: End
    match event.read():
        case ev.OfferMade(offer_id=offer, agent_id=agent):
            return Offered(position=event.position, at=at, interaction_id=interaction, offer_id=offer, agent_id=agent)
        case ev.OfferAccepted(agent_id=agent):
            how = "accepted"
        case ev.OfferDeclined(agent_id=agent):
            how = "declined"
        case ev.OfferTimedOut(agent_id=agent, cause=missed):
            how, cause = "timed_out", missed
        case ev.OfferRescinded(agent_id=agent):
            how = "rescinded"
        case _:
            return None
    return OfferEnded(position=event.position, at=at, interaction_id=interaction, how=how, agent_id=agent, cause=cause)


def _answered(event: ev.Event, at: int, interaction: InteractionId) -> RoutingEvent | None:
    match event.read():
        case ev.InteractionAccepted(agent_id=agent):
            return Answered(position=event.position, at=at, interaction_id=interaction, agent_id=agent)
        case ev.InteractionResumed(agent_id=agent):
            return Answered(position=event.position, at=at, interaction_id=interaction, agent_id=agent, resumed=True)
        case _:
            return None


def _wrote(event: ev.Event, at: int, interaction: InteractionId) -> RoutingEvent | None:
    data = event.read()
    automatic = isinstance(data, ev.MessageReceived) and data.automatic is not None
    return CustomerWrote(position=event.position, at=at, interaction_id=interaction, automatic=automatic)


def _due(event: ev.Event, at: int, interaction: InteractionId) -> RoutingEvent | None:
    data = event.read()
    kind = data.kind if isinstance(data, ev.TimerDue) else ""
    return Woken(position=event.position, at=at, interaction_id=interaction, kind=kind)


_READERS: dict[str, _Reader] = {
    "interaction.created": _created,
    "interaction.queued": _entered,
    "interaction.reopened": _entered,
    "interaction.returned": _entered,
    "interaction.transferred": _entered,
    "interaction.moved": _entered,
    "interaction.accepted": _answered,
    "interaction.resumed": _answered,
    "offer.made": _offer,
    "offer.accepted": _offer,
    "offer.declined": _offer,
    "offer.timed_out": _offer,
    "offer.rescinded": _offer,
    "message.received": _wrote,
    "timer.due": _due,
}
