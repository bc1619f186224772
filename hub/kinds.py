"""The table of event types: how long each is kept, who sees it, what it counts as. docs/events.md is made from it."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from hub import events as ev


class Kind(NamedTuple):
    """One row of the table: how long kept, published to whom, counted as what."""

    cls: type[ev.Data]
    keep: Literal["forever", "retention", "90 days"]
    publish: Literal["agents", "agents and webhooks", "supervisors", "nobody"]
    counts: str


KINDS: Final[dict[str, Kind]] = {
    "message.received": Kind(ev.MessageReceived, "retention", "agents and webhooks", "message in"),
    "message.edited": Kind(ev.MessageEdited, "retention", "agents and webhooks", ""),
    "message.deleted": Kind(ev.MessageDeleted, "retention", "agents and webhooks", ""),
    "reaction.added": Kind(ev.ReactionAdded, "retention", "agents and webhooks", ""),
    "delivery.updated": Kind(ev.DeliveryUpdated, "retention", "agents and webhooks", "delivery"),
    "customer.opted_out": Kind(ev.CustomerOptedOut, "forever", "agents and webhooks", "opt-out"),
    "payload.unreadable": Kind(ev.PayloadUnreadable, "retention", "agents", "unreadable"),
    "customer.first_seen": Kind(ev.CustomerFirstSeen, "forever", "agents and webhooks", "customer"),
    "address.linked": Kind(ev.AddressLinked, "forever", "agents and webhooks", ""),
    "customers.merged": Kind(ev.CustomersMerged, "forever", "agents and webhooks", "merge"),
    "customers.unmerged": Kind(ev.CustomersUnmerged, "forever", "agents and webhooks", ""),
    "customer.updated": Kind(ev.CustomerUpdated, "forever", "agents and webhooks", ""),
    "interaction.created": Kind(ev.InteractionCreated, "forever", "agents and webhooks", "interaction"),
    "interaction.queued": Kind(ev.InteractionQueued, "forever", "agents and webhooks", "offered (queue)"),
    "interaction.scheduled": Kind(ev.InteractionScheduled, "forever", "agents and webhooks", ""),
    "interaction.moved": Kind(ev.InteractionMoved, "forever", "agents and webhooks", "flowed-out"),
    "interaction.accepted": Kind(ev.InteractionAccepted, "forever", "agents and webhooks", "answered"),
    "interaction.held": Kind(ev.InteractionHeld, "forever", "agents and webhooks", ""),
    "interaction.resumed": Kind(ev.InteractionResumed, "forever", "agents and webhooks", ""),
    "interaction.snoozed": Kind(ev.InteractionSnoozed, "forever", "agents and webhooks", ""),
    "interaction.transferred": Kind(ev.InteractionTransferred, "forever", "agents and webhooks", "transfer"),
    "interaction.returned": Kind(ev.InteractionReturned, "forever", "agents and webhooks", ""),
    "interaction.wrapped": Kind(ev.InteractionWrapped, "forever", "agents and webhooks", ""),
    "interaction.closed": Kind(ev.InteractionClosed, "forever", "agents and webhooks", "closed"),
    "interaction.reopened": Kind(ev.InteractionReopened, "forever", "agents and webhooks", "offered (queue)"),
    "interaction.abandoned": Kind(ev.InteractionAbandoned, "forever", "agents and webhooks", "abandoned"),
    "interaction.flowed_out": Kind(ev.InteractionFlowedOut, "forever", "agents and webhooks", "flowed-out"),
    "interaction.expired": Kind(ev.InteractionExpired, "forever", "agents and webhooks", ""),
    "interaction.canceled": Kind(ev.InteractionCanceled, "forever", "agents and webhooks", ""),
    "offer.made": Kind(ev.OfferMade, "forever", "agents", "offer"),
    "offer.accepted": Kind(ev.OfferAccepted, "forever", "agents", "accepted"),
    "offer.declined": Kind(ev.OfferDeclined, "forever", "agents", "declined"),
    "offer.timed_out": Kind(ev.OfferTimedOut, "forever", "agents", "missed"),
    "offer.rescinded": Kind(ev.OfferRescinded, "forever", "agents", ""),
    "decision.voided": Kind(ev.DecisionVoided, "forever", "supervisors", ""),
    "timer.due": Kind(ev.TimerDue, "90 days", "nobody", ""),
    "message.queued": Kind(ev.MessageQueued, "retention", "agents and webhooks", "message out"),
    "note.added": Kind(ev.NoteAdded, "retention", "agents", "note"),
    "label.added": Kind(ev.LabelAdded, "forever", "agents and webhooks", ""),
    "disposition.set": Kind(ev.DispositionSet, "forever", "agents and webhooks", ""),
    "agent.presence_changed": Kind(ev.AgentPresenceChanged, "forever", "agents", "state interval"),
    "agent.capacity_changed": Kind(ev.AgentCapacityChanged, "forever", "agents", ""),
}
