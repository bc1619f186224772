"""What a new leader reads: the latest of the log, people's presence, offers that nobody would end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import events as ev
from hub.ids import CUSTOMER, AgentId
from hub.interactions import Interaction
from hub.store import Store, routing
from routing.events import micros
from routing.rebuild import LATEST, item_of, rebuild
from routing.state import Item
from tests import given
from tests.hub.provider import Provider, catalog
from tests.routing.world import config


async def waiting(store: Store) -> Interaction:
    ada = await store.write(given.customer("Ada"))
    return await store.write(given.interaction(ada))


async def item(store: Store, of: Interaction) -> Item:
    """The interaction as a new leader remembers it."""
    (now,) = (await store.write(given.together(lambda tx: tx.interaction(of.interaction_id))))[:1]
    latest = await store.read(lambda view: routing.latest(view, [now], LATEST))
    return item_of(now, config(), latest, store.clock.now())


@pytest.mark.parametrize(
    ("said", "wakes"),
    [
        (ev.MessageReceived(text="And?", sender=given.email()), "customer"),
        (ev.MessageReceived(text="I am away", sender=given.email(), automatic="auto-replied"), ""),
        (ev.MessageReceived(text='He said "automatic": yes', sender=given.email()), "customer"),
        (ev.NoteAdded(text="Call back"), ""),
    ],
    ids=["a message", "an automatic message", "a message about automatic things", "a note"],
)
async def test_what_came_after_the_snooze_wakes_it_on_a_restart(store: Store, said: ev.Data, wakes: str) -> None:
    one = await waiting(store)
    await store.write(given.message(one, "Hello"))
    await store.write(given.happens(one, ev.InteractionAccepted(agent_id=AgentId("mia")), ev.InteractionSnoozed()))
    assert (await item(store, one)).wake == ""
    await store.write(given.happens(one, said, by=CUSTOMER))
    assert (await item(store, one)).wake == wakes


async def test_a_snooze_that_ran_out_while_nobody_led_wakes(store: Store, clock: given.FixedClock) -> None:
    one = await waiting(store)
    until = clock.now() + timedelta(minutes=5)
    snoozed = ev.InteractionSnoozed(reason="until", until=until)
    await store.write(given.happens(one, ev.InteractionAccepted(agent_id=AgentId("mia")), snoozed))
    assert (await item(store, one)).wake == ""
    clock.forward(minutes=5)
    assert (await item(store, one)).wake == "wake"


async def test_the_wait_for_a_preferred_agent_goes_on_where_it_stood(store: Store, clock: given.FixedClock) -> None:
    """Counted from the latest entry into a queue, not from the restart."""
    one = await waiting(store)
    await store.write(given.happens(one, ev.InteractionAccepted(agent_id=AgentId("mia"))))
    clock.forward(seconds=100)
    back = ev.InteractionReturned(cause="agent_lost", queue_id=given.SUPPORT, preferred=AgentId("mia"))
    await store.write(given.happens(one, back))
    before = clock.now()
    clock.forward(seconds=50)
    assert (await item(store, one)).preferred_until == micros(before) + 120_000_000


async def test_only_the_shift_is_read(store: Store, clock: given.FixedClock) -> None:
    """Events of routing since the moment; of a long shift the newest positions."""
    await store.write(given.together(*(given.agent(f"early{number}") for number in range(5))))
    clock.forward(hours=1)
    began = clock.now()
    await store.write(given.together(*(given.agent(f"agent{number}") for number in range(2500))))
    await waiting(store)
    found = await store.read(lambda view: routing.since(view, began, 20_000))
    assert {event.type for event in found} == {
        "agent.presence_changed",
        "interaction.created",
        "interaction.queued",
    }
    assert len(found) == 2502
    assert [event.position for event in found] == sorted(event.position for event in found)
    assert len(await store.read(lambda view: routing.since(view, began, 100))) == 98


@pytest.mark.rows_may_differ(reason="an event was spoilt")
async def test_an_event_that_cannot_be_read_stops_no_leader(
    store: Store, clock: given.FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    one = await waiting(store)
    await store.write(given.agent("mia"))
    await store.write(given.offer(one))
    await store.write(
        lambda tx: tx.connection.exec_driver_sql("UPDATE events SET data = 'null' WHERE type = 'offer.made'")
    )
    accounts = catalog(chat=Provider(work="chat"))
    kernel, _ = await store.read(lambda view: rebuild(view, accounts, clock.now()))
    assert kernel.book.items[one.interaction_id].offered_to == "mia"
    assert "can't be read by the router" in caplog.text


async def test_open_offers_without_a_timer_are_found(store: Store) -> None:
    one = await waiting(store)
    offer = await store.write(given.offer(one))
    assert await store.read(routing.offers_without_timer) == [offer.offer_id]
