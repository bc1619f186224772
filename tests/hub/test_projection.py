"""The fold, event by event: no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pytest

from hub import events as ev
from hub import projection
from hub.addresses import Address
from hub.ids import CUSTOMER, SYSTEM, Actor, AgentId, ChannelId, CustomerId, EventId, OutboxId, agent_actor
from hub.people import Customer, KnownAddress
from hub.projection import AgentNow, OutMessage
from tests.given import NOON

ADA = CustomerId("ada")
MIA = AgentId("mia")


def event(data: ev.Data, *, number: int = 0, by: Actor = SYSTEM) -> ev.Event:
    """The data in its envelope, a second later for each number."""
    at = NOON + timedelta(seconds=number)
    return ev.Event(
        event_id=EventId(f"e{number}"),
        type=ev.TYPES[type(data)],
        customer_id=ADA,
        channel_id=ChannelId("chat"),
        actor=by,
        occurred_at=at,
        recorded_at=at,
        shown_at=at,
        data=ev.encode(data),
    )


def message(news: Iterable[ev.DeliveryUpdated]) -> OutMessage:
    """A message of ours after this news."""
    queued = ev.MessageQueued(outbox_id=OutboxId("o"), to=Address("email", "a@b.de"), text="Hello")
    now = projection.delivery(None, event(queued), queued)
    for number, data in enumerate(news, 1):
        now = projection.delivery(now, event(data, number=number), data)
    assert now is not None
    return now


@pytest.mark.parametrize(
    ("statuses", "last"),
    [
        pytest.param(("sending", "sent", "delivered", "read"), "read", id="in order"),
        pytest.param(("read", "sent", "delivered"), "read", id="receipts overtake one another"),
        pytest.param(("failed", "delivered"), "delivered", id="it arrived although it had failed"),
        pytest.param(("delivered", "failed"), "delivered", id="a failure after it arrived"),
        pytest.param(("uncertain", "sent"), "sent", id="the provider's word settles what was uncertain"),
        pytest.param(("sending", "queued"), "queued", id="it goes back to wait for another try"),
        pytest.param(("sent", "queued"), "sent", id="what was sent does not wait again"),
    ],
)
def test_a_status_only_rises(statuses: Sequence[ev.Status], last: ev.Status) -> None:
    assert message(ev.DeliveryUpdated(status=status) for status in statuses).delivery.status == last


def test_the_providers_id_is_kept_although_its_status_comes_late() -> None:
    """``delivered`` overtakes ``sent``, which alone carries the provider's id: later receipts need that id."""
    now = message([ev.DeliveryUpdated(status="delivered"), ev.DeliveryUpdated(status="sent", external="x1")])
    assert (now.delivery.status, now.external_id, now.version) == ("delivered", "x1", 3)


def test_words_of_a_retry_are_shown() -> None:
    """A try failed for now: the words, the number of the try and when the next one comes."""
    later = NOON + timedelta(minutes=1)
    now = message(
        [
            ev.DeliveryUpdated(status="sending"),
            ev.DeliveryUpdated(status="queued", words="busy", attempt=1, retry_at=later),
        ]
    ).delivery
    assert (now.status, now.words, now.attempt, now.retry_at) == ("queued", "busy", 1, later)


def presence(*changes: tuple[ev.Presence, Actor]) -> AgentNow:
    now: AgentNow | None = None
    for number, (status, by) in enumerate(changes):
        data = ev.AgentPresenceChanged(agent_id=MIA, status=status)
        now = projection.agent(now, event(data, number=number, by=by), data)
    assert now is not None
    return now


def test_a_status_that_is_said_again_began_earlier() -> None:
    """Available, then available again by the agent: the status began at first, the choice was made now."""
    mia = agent_actor(MIA)
    now = presence(("available", mia), ("available", mia))
    assert (now.since, now.available_since, now.version) == (NOON, NOON + timedelta(seconds=1), 2)


def test_the_system_chooses_nothing() -> None:
    """A lost connection that came back says ``available`` again: no choice of the agent, misses still count."""
    now = presence(("available", agent_actor(MIA)), ("available", SYSTEM))
    assert now.available_since == NOON


def customer(*data: ev.Data) -> Customer | None:
    now: Customer | None = None
    for number, one in enumerate(data):
        now = projection.customer(now, event(one, number=number, by=CUSTOMER), one)
    return now


def test_an_address_that_is_proven_later_stands_once() -> None:
    """Linked unproven, then proven: one address, with its proof; a name does not take it away."""
    mail = Address("email", "a@b.de")
    now = customer(
        ev.CustomerFirstSeen(name="Ada", address=mail),
        ev.AddressLinked(address=mail),
        ev.AddressLinked(address=mail, verified="dmarc"),
        ev.CustomerUpdated(fields={"city": "Turin"}),
        ev.CustomerUpdated(name="Ada L.", fields={"zip": "1"}),
    )
    assert now == Customer(
        customer_id=ADA,
        person_id=ADA,
        name="Ada L.",
        fields={"city": "Turin", "zip": "1"},
        addresses=(KnownAddress(kind="email", value="a@b.de", verified="dmarc"),),
        version=5,
    )


def test_nothing_is_known_of_a_customer_never_seen() -> None:
    """News of a record that has no beginning makes none."""
    assert customer(ev.CustomerUpdated(name="Ghost"), ev.AddressLinked(address=Address("email", "a@b.de"))) is None


def test_a_link_is_undone_once() -> None:
    """Undone twice: the first time stays; made again under the same id: nothing changes."""
    made = ev.CustomersMerged(link_id="l", other=CustomerId("eve"), reason="same phone")
    undone = ev.CustomersUnmerged(link_id="l", other=CustomerId("eve"))
    now = None
    for number, data in enumerate((made, undone, undone, made)):
        now = projection.link(now, event(data, number=number), data)
    assert now is not None
    assert (now.made_at, now.undone_at) == (NOON, NOON + timedelta(seconds=1))
