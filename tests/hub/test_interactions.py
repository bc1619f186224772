"""The state table is closed: what it lists happens, everything else is refused."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from hub import events as ev
from hub.addresses import Address
from hub.errors import Conflict
from hub.events import Event
from hub.ids import SYSTEM, AgentId, ChannelId, CustomerId, EventId, InteractionId, OfferId, QueueId
from hub.interactions import LOAD_BEARING, OPEN, TRANSITIONS, Interaction, apply
from tests.given import NOON

ADA = Address("email", "ada@example.org")
DATA: dict[str, ev.Data] = {
    "interaction.queued": ev.InteractionQueued(queue_id=QueueId("q")),
    "interaction.scheduled": ev.InteractionScheduled(),
    "offer.made": ev.OfferMade(
        offer_id=OfferId("o"), agent_id=AgentId("mia"), queue_id=QueueId("q"), deadline=NOON, weight=3
    ),
    "offer.accepted": ev.OfferAccepted(offer_id=OfferId("o"), agent_id=AgentId("mia")),
    "interaction.accepted": ev.InteractionAccepted(agent_id=AgentId("mia")),
    "offer.declined": ev.OfferDeclined(offer_id=OfferId("o"), agent_id=AgentId("mia")),
    "offer.timed_out": ev.OfferTimedOut(offer_id=OfferId("o"), agent_id=AgentId("mia"), cause="ignored"),
    "offer.rescinded": ev.OfferRescinded(offer_id=OfferId("o"), agent_id=AgentId("mia"), cause="taken"),
    "interaction.moved": ev.InteractionMoved(queue_id=QueueId("p")),
    "interaction.abandoned": ev.InteractionAbandoned(),
    "interaction.flowed_out": ev.InteractionFlowedOut(reason="voicemail"),
    "interaction.held": ev.InteractionHeld(),
    "interaction.resumed": ev.InteractionResumed(agent_id=AgentId("mia")),
    "interaction.snoozed": ev.InteractionSnoozed(),
    "interaction.transferred": ev.InteractionTransferred(queue_id=QueueId("q")),
    "interaction.returned": ev.InteractionReturned(cause="lost", queue_id=QueueId("q")),
    "interaction.wrapped": ev.InteractionWrapped(),
    "interaction.closed": ev.InteractionClosed(),
    "interaction.expired": ev.InteractionExpired(),
    "interaction.canceled": ev.InteractionCanceled(),
    "interaction.reopened": ev.InteractionReopened(queue_id=QueueId("q")),
    "message.received": ev.MessageReceived(text="Hello", sender=ADA),
}


def event(kind: str, data: ev.Data, seconds: int = 0) -> Event:
    at = NOON + timedelta(seconds=seconds)
    return Event(
        event_id=EventId(f"e{seconds}"),
        type=kind,
        customer_id=CustomerId("ada"),
        interaction_id=InteractionId("i"),
        channel_id=ChannelId("chat"),
        actor=SYSTEM,
        occurred_at=at,
        recorded_at=at,
        shown_at=at,
        data=ev.encode(data),
    )


def begun() -> Interaction:
    return apply(None, event("interaction.created", ev.InteractionCreated(address=ADA, queue_id=QueueId("q"))))


def test_every_transition_of_the_table_has_a_case() -> None:
    assert TRANSITIONS.keys() - DATA.keys() == {"interaction.created"}


@pytest.mark.parametrize("kind", sorted(DATA.keys() & TRANSITIONS.keys()))
def test_only_listed_states_may_change_so(kind: str) -> None:
    """Reordered: from every state, the event leads where the table says, or is refused and changes nothing."""
    allowed, target = TRANSITIONS[kind]
    for state in OPEN | {"closed"}:
        before = msgspec.structs.replace(begun(), state=state)
        if state in allowed:
            assert apply(before, event(kind, DATA[kind])).state == target
        else:
            with pytest.raises(Conflict):
                apply(before, event(kind, DATA[kind]))


def test_nothing_happens_before_it_is_created() -> None:
    with pytest.raises(Conflict):
        apply(None, event("interaction.queued", DATA["interaction.queued"]))


@every(st.lists(st.sampled_from(sorted(DATA)), max_size=40))
def test_any_history_keeps_the_promises(kinds: list[str]) -> None:
    """Random histories: the age never goes backwards while it waits, versions rise, load has a holder."""
    now = begun()
    for seconds, kind in enumerate(kinds, 1):
        before = now
        try:
            now = apply(now, event(kind, DATA[kind], seconds))
        except Conflict:
            continue
        assert now.version >= before.version
        if now.state in LOAD_BEARING:
            assert now.agent_id or now.offered_to
        if before.state == now.state == "queued":
            assert now.age_start == before.age_start
        assert now.age_start is None or now.age_start <= NOON + timedelta(seconds=seconds)
