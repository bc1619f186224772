"""The interaction state machine as a table (glossary.md section 3). Pure; a transition not listed is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from hub import events as ev
from hub.addresses import Address
from hub.errors import Conflict
from hub.ids import AgentId, ChannelId, CustomerId, InteractionId, OfferId, QueueId
from hub.own_words import own_words

State = Literal["created", "scheduled", "queued", "offered", "accepting", "live", "snoozed", "wrap_up", "closed"]

_IN_QUEUE: tuple[State, ...] = ("queued", "offered", "accepting")
TRANSITIONS: dict[str, tuple[tuple[State | None, ...], State]] = {
    "interaction.created": ((None,), "created"),
    "interaction.queued": (("created", "scheduled", "snoozed"), "queued"),
    "interaction.scheduled": (("created", "queued"), "scheduled"),
    "offer.made": (("queued",), "offered"),
    "offer.accepted": (("offered",), "accepting"),
    "interaction.accepted": (("accepting", "queued"), "live"),
    "offer.declined": (("offered", "accepting"), "queued"),
    "offer.timed_out": (("offered", "accepting"), "queued"),
    "offer.rescinded": (("offered", "accepting"), "queued"),
    "interaction.moved": (("queued",), "queued"),
    "interaction.abandoned": (_IN_QUEUE, "closed"),
    "interaction.flowed_out": (("created", "queued"), "closed"),
    "interaction.held": (("live",), "live"),
    "interaction.resumed": (("live", "snoozed", "wrap_up"), "live"),
    "interaction.snoozed": (("live",), "snoozed"),
    "interaction.transferred": (("live", "snoozed"), "queued"),
    "interaction.returned": (("live",), "queued"),
    "interaction.wrapped": (("live",), "wrap_up"),
    "interaction.closed": (("created", "live", "snoozed", "wrap_up"), "closed"),
    "interaction.expired": (("snoozed",), "closed"),
    "interaction.canceled": (("created", "scheduled", "queued", "offered"), "closed"),
    "interaction.reopened": (("closed",), "queued"),
}
"""Event -> (states it may come from, state it leads to). A hand-taken interaction goes queued -> live (ADR 0002)."""

LOAD_BEARING: frozenset[State] = frozenset({"offered", "accepting", "live", "wrap_up"})
OPEN: frozenset[State] = frozenset(
    {"created", "scheduled", "queued", "offered", "accepting", "live", "snoozed", "wrap_up"}
)
PREVIEW = 140


class Miss(msgspec.Struct, frozen=True):
    agent_id: AgentId
    at: datetime


class Interaction(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of work with one customer on one channel: the fold of its events, nothing else."""

    interaction_id: InteractionId
    customer_id: CustomerId
    channel_id: ChannelId
    address: Address
    """The customer's address on this channel; where an answer goes."""
    state: State = "created"
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    """Who holds it, or held it last."""
    offer_id: OfferId | None = None
    offered_to: AgentId | None = None
    preferred: AgentId | None = None
    excluded: tuple[AgentId, ...] = ()
    """Declined this; for good."""
    missed: tuple[Miss, ...] = ()
    """Let an offer of this run out; excluded until they next choose ``available``."""
    priority: str = "normal"
    outcome: str = ""
    reason: str = ""
    subject: str = ""
    preview: str = ""
    """First characters of the last message or note."""
    preview_by: str = ""
    """``customer``, ``agent`` or empty."""
    created_at: datetime
    age_start: datetime | None = None
    """When it first waited, shifted so that time in an agent's hands does not age it."""
    left_queue_at: datetime | None = None
    waiting_since: datetime | None = None
    """Oldest customer message without an answer; None: the customer has the last word of ours."""
    wake_at: datetime | None = None
    closed_at: datetime | None = None
    last_at: datetime
    last_external_id: str | None = None
    """The provider's id of the customer's last message: what an answer refers to."""
    unanswered: int = 0
    messages: int = 0
    version: int = 1

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


def start(event: ev.Event, data: ev.InteractionCreated) -> Interaction:
    """The interaction that ``interaction.created`` opens. Raises Conflict when the envelope lacks an id."""
    if event.interaction_id is None or event.customer_id is None or event.channel_id is None:
        raise Conflict("interaction.created needs interaction, customer and channel")
    return Interaction(
        interaction_id=event.interaction_id,
        customer_id=event.customer_id,
        channel_id=event.channel_id,
        address=data.address,
        queue_id=data.queue_id,
        subject=data.subject,
        priority=data.priority,
        created_at=event.recorded_at,
        last_at=event.recorded_at,
    )


def apply(now: Interaction | None, event: ev.Event, data: ev.Data | None = None) -> Interaction:
    """The interaction after the event. Raises Conflict for a transition that the table does not list."""
    data = data if data is not None else event.read()
    if now is None:
        if isinstance(data, ev.InteractionCreated):
            return start(event, data)
        raise Conflict(f"{event.type} before interaction.created")
    changes = _changes(now, event, data)
    if event.type in TRANSITIONS:
        allowed, target = TRANSITIONS[event.type]
        if now.state not in allowed:
            raise Conflict(f"{event.type} is not possible while {now.state}", state=now.state)
        changes["state"] = target
        changes |= _queue_clock(now, target, event.recorded_at)
    if not changes:
        return now
    return msgspec.structs.replace(now, **{"last_at": event.recorded_at, **changes, "version": now.version + 1})


def _queue_clock(now: Interaction, target: State, at: datetime) -> dict[str, Any]:
    """``age_start`` moves on by the time spent outside the queue."""
    was, is_ = now.state in _IN_QUEUE, target in _IN_QUEUE
    if was and not is_:
        return {"left_queue_at": at}
    if is_ and not was:
        if now.age_start is None or now.left_queue_at is None:
            return {"age_start": now.age_start or at}
        return {"age_start": now.age_start + (at - now.left_queue_at), "left_queue_at": None}
    return {}


def _changes(now: Interaction, event: ev.Event, data: ev.Data) -> dict[str, Any]:  # noqa: C901 - one table, one match
    match data:
        case ev.MessageReceived():
            return _received(now, event, data)
        case ev.MessageQueued(text=text):
            return {
                "preview": text[:PREVIEW],
                "preview_by": "agent",
                "unanswered": 0,
                "waiting_since": None,
                "messages": now.messages + 1,
            }
        case ev.InteractionQueued(queue_id=queue, preferred=preferred):
            return {"queue_id": queue, "preferred": preferred or now.preferred, "wake_at": None, "reason": ""}
        case ev.InteractionReopened(queue_id=queue, preferred=preferred):
            return {
                "queue_id": queue,
                "preferred": preferred or now.preferred,
                "outcome": "",
                "excluded": (),
                "missed": (),
                "closed_at": None,
                "wake_at": None,
                "reason": "",
            }
        case ev.InteractionReturned(queue_id=queue, preferred=preferred):
            return {"queue_id": queue, "preferred": preferred, "reason": data.cause}
        case ev.InteractionTransferred(queue_id=queue, to=to, reason=reason):
            return {
                "queue_id": queue,
                "preferred": to,
                "reason": reason,
                "excluded": (now.agent_id,) if now.agent_id and to is None else (),
                "wake_at": None,
            }
        case ev.InteractionMoved(queue_id=queue):
            return {"queue_id": queue}
        case ev.OfferMade(offer_id=offer, agent_id=agent):
            return {"offer_id": offer, "offered_to": agent}
        case ev.OfferDeclined(agent_id=agent):
            excluded = now.excluded if agent in now.excluded else (*now.excluded, agent)
            return {"offer_id": None, "offered_to": None, "excluded": excluded}
        case ev.OfferTimedOut(agent_id=agent):
            others = tuple(miss for miss in now.missed if miss.agent_id != agent)
            return {"offer_id": None, "offered_to": None, "missed": (*others, Miss(agent, event.recorded_at))}
        case ev.OfferRescinded():
            return {"offer_id": None, "offered_to": None}
        case ev.InteractionAccepted(agent_id=agent):
            return {"agent_id": agent, "offer_id": None, "offered_to": None, "preferred": None, "missed": ()}
        case ev.InteractionResumed(agent_id=agent):
            return {"agent_id": agent, "wake_at": None, "reason": ""}
        case ev.InteractionSnoozed(reason=reason, until=until):
            return {"reason": reason, "wake_at": until}
        case ev.InteractionClosed(outcome=outcome):
            return {"outcome": outcome, "closed_at": event.recorded_at, "wake_at": None, "waiting_since": None}
        case ev.InteractionAbandoned():
            return {"outcome": "abandoned", "closed_at": event.recorded_at, "offer_id": None, "offered_to": None}
        case ev.InteractionFlowedOut():
            return {"outcome": "flowed_out", "closed_at": event.recorded_at}
        case ev.InteractionExpired():
            return {"outcome": "expired", "closed_at": event.recorded_at, "wake_at": None}
        case ev.InteractionCanceled():
            return {"outcome": "canceled", "closed_at": event.recorded_at, "offer_id": None, "offered_to": None}
        case _:
            return {}


def _received(now: Interaction, event: ev.Event, data: ev.MessageReceived) -> dict[str, Any]:
    changes: dict[str, Any] = {
        "preview": own_words(data)[:PREVIEW],
        "preview_by": "customer",
        "messages": now.messages + 1,
        "last_external_id": event.external_id,
        "subject": now.subject or data.subject or "",
    }
    if data.automatic is None:
        changes["unanswered"] = now.unanswered + 1
        changes["waiting_since"] = now.waiting_since or event.recorded_at
    return changes


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A lease that gives one agent the right to accept one interaction until ``deadline``."""

    offer_id: OfferId
    interaction_id: InteractionId
    agent_id: AgentId
    queue_id: QueueId
    state: Literal["made", "accepting", "accepted", "declined", "timed_out", "rescinded"] = "made"
    weight: int
    made_at: datetime
    deadline: datetime
    ended_at: datetime | None = None
    cause: str = ""
    why: dict[str, Any] = {}


def apply_offer(now: Offer | None, event: ev.Event, data: ev.Data) -> Offer | None:
    """The offer after the event; the event's own id where it makes one. Final states never change."""
    match data:
        case ev.OfferMade() if now is None and event.interaction_id is not None:
            return Offer(
                offer_id=data.offer_id,
                interaction_id=event.interaction_id,
                agent_id=data.agent_id,
                queue_id=data.queue_id,
                weight=data.weight,
                made_at=event.recorded_at,
                deadline=data.deadline,
                why=data.why,
            )
        case ev.OfferAccepted() if now is not None:
            return msgspec.structs.replace(now, state="accepted", ended_at=event.recorded_at)
        case ev.OfferDeclined() if now is not None:
            return msgspec.structs.replace(now, state="declined", ended_at=event.recorded_at, cause=data.reason)
        case ev.OfferTimedOut() if now is not None:
            return msgspec.structs.replace(now, state="timed_out", ended_at=event.recorded_at, cause=data.cause)
        case ev.OfferRescinded() if now is not None:
            return msgspec.structs.replace(now, state="rescinded", ended_at=event.recorded_at, cause=data.cause)
        case _:
            return now
