"""Accounts in the outbox: rate, rest, a provider that is down; none holds another."""

from __future__ import annotations

import asyncio

import pytest

from hub import errors
from hub import events as ev
from hub.addresses import address
from hub.errors import Throttled
from hub.ports import Sent
from hub.store import Store
from hub.store import outbox as box
from hub.store.channels import doing
from hub.store.events import events_after
from hub.store.outbox import Room
from tests import given
from tests.hub.provider import Held, Provider, Watch, catalog, never
from tests.hub.sending import CHAT, OTHER, lapse, news, queue, settled, states, talk, working


async def test_a_provider_that_hangs_holds_no_other_account(sqlite_store: Store) -> None:
    """A hundred messages into the void; those of another account pass."""
    store = sqlite_store
    dead, well = Provider(), Provider()
    dead.always = never
    for _ in range(30):
        await queue(store, await talk(store), "into the void")
    await queue(store, await talk(store, OTHER), "hello")
    async with working(store, catalog(chat=dead, other=well), drain=0):
        await well.calls(1)
        await dead.calls(16)
        for number in range(2, 6):
            await queue(store, await talk(store, OTHER), "hello")
            await well.calls(number)
        assert len(dead.taken) == 16


async def test_the_rate_of_an_account_is_kept(store: Store, clock: given.FixedClock) -> None:
    """Five a second: the sixth goes out in the next second."""
    provider = Provider(rate=5.0)
    to = [await talk(store) for _ in range(12)]
    for one in to:
        await queue(store, one, "Hello")
    async with working(store, catalog(chat=provider)) as outbox:
        for sent in (5, 10, 12):
            watch = Watch(store)
            await watch.until(states, lambda found, sent=sent: found.count("done") == sent)  # type: ignore[misc]  # bound now
            outbox.kick()
            assert len(provider.taken) == sent
            clock.forward(seconds=1.01)
            outbox.kick()


async def test_a_slow_rate_counts_over_the_time_one_message_takes(store: Store, clock: given.FixedClock) -> None:
    """One in four seconds."""
    rooms = {CHAT: Room(100, 0.25)}
    for _ in range(3):
        await queue(store, await talk(store), "Hello")
    claims = []
    for _ in range(9):
        claims.append(len(await store.write(lambda tx: box.claim(tx, "w", 60, rooms))))
        clock.forward(seconds=1)
    assert claims == [1, 0, 0, 0, 1, 0, 0, 0, 1]


async def test_a_throttled_account_rests_as_long_as_the_provider_asked(sqlite_store: Store) -> None:
    """The messages behind it are not tried meanwhile; those of other accounts are."""
    store = sqlite_store
    slow, well = Provider(), Provider()
    slow.always = Throttled("429", after=3600)
    held = Held()
    slow.answers = [held]
    first = await talk(store)
    await queue(store, first, "1")
    async with working(store, catalog(chat=slow, other=well)) as outbox:
        await slow.calls(1)
        outbox.breakers[CHAT].throttled(3600)
        for _ in range(3):
            await queue(store, await talk(store), "waits")
        await queue(store, await talk(store, OTHER), "passes")
        await well.calls(1)
        held.go.set()
        await settled(store, "done", "waiting", "waiting", "waiting", "done")
    assert len(slow.taken) == 1


async def test_a_provider_that_is_down_is_tried_with_one_message(
    sqlite_store: Store, clock: given.FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five failures in a row: the account rests and says so. One message tries; its success lets the others go."""
    store = sqlite_store
    monkeypatch.setattr("hub.rate.REST_SECONDS", (0.05,))
    provider = Provider()
    provider.always = errors.Unreachable("connection refused")
    for _ in range(10):
        await queue(store, await talk(store), "Hello")
    watch = Watch(store)
    async with working(store, catalog(chat=provider)) as outbox:
        await watch.until(news, lambda found: len(found) >= 10)
        said = (await watch.until(lambda view: doing(view, [CHAT]), lambda found: found[CHAT].said.words != ""))[CHAT]
        assert said.said == ("degraded", "Waiting for the provider: connection refused")
        before, held = len(provider.taken), Held()
        provider.always = held
        clock.forward(minutes=20)
        outbox.kick()
        await provider.calls(before + 1)
        await asyncio.sleep(0.1)
        assert len(provider.taken) == before + 1
        held.go.set()
        await settled(store, *["done"] * 10)
        now = (await store.read(lambda view: doing(view, [CHAT])))[CHAT]
        assert now.said == ("connected", "")


async def test_wrong_credentials_show_on_the_account(sqlite_store: Store) -> None:
    provider = Provider()
    provider.always = errors.BadSettings("Error validating access token")
    await queue(sqlite_store, await talk(sqlite_store), "Hello")
    async with working(sqlite_store, catalog(chat=provider)):
        await settled(sqlite_store, "failed")
    found = await sqlite_store.read(lambda view: doing(view, [CHAT]))
    assert found[CHAT].said == ("broken", "Error validating access token")


async def test_what_an_account_may_have_sent_before_it_went_is_uncertain(sqlite_store: Store) -> None:
    """Killed while sending, and the account taken out: "certainly not sent" would be a lie."""
    await queue(sqlite_store, await talk(sqlite_store), "Hello")
    [row] = await sqlite_store.write(lambda tx: box.claim(tx, "dead", 60, {CHAT: Room(10, 100)}))
    assert await sqlite_store.write(lambda tx: box.mark_written(tx, row.outbox_id, "dead"))
    await lapse(sqlite_store)
    async with working(sqlite_store, catalog(other=Provider())):
        await settled(sqlite_store, "uncertain")


async def test_an_account_that_is_gone_fails_its_messages(sqlite_store: Store) -> None:
    """Taken out of the settings while messages waited."""
    await queue(sqlite_store, await talk(sqlite_store), "Hello")
    async with working(sqlite_store, catalog(other=Provider())):
        await settled(sqlite_store, "failed")
    [said] = await sqlite_store.read(news)
    assert said.words == "This channel is not connected any more."


async def test_a_customer_who_opted_out_is_kept_as_such(sqlite_store: Store) -> None:
    provider = Provider()
    provider.always = errors.OptedOut("21610")
    to = await talk(sqlite_store)
    await queue(sqlite_store, to, "Hello")
    async with working(sqlite_store, catalog(chat=provider)):
        await settled(sqlite_store, "failed")
    found = await sqlite_store.read(lambda view: events_after(view, 0, 100))
    assert [event.read() for event in found if event.type == "customer.opted_out"] == [
        ev.CustomerOptedOut(sender=to.address, text="21610")
    ]


async def test_a_new_address_that_the_provider_tells_joins_the_customer(sqlite_store: Store) -> None:
    """Unless somebody else has it already."""
    fresh, taken = address("external", "chat:-200"), given.email()
    await sqlite_store.write(given.customer("Bob", taken))
    provider = Provider()

    async def moved(message: object) -> Sent:
        return Sent(external_id="x", address=fresh)

    async def stolen(message: object) -> Sent:
        return Sent(external_id="y", address=taken)

    provider.answers = [moved, stolen]
    to = await talk(sqlite_store)
    await queue(sqlite_store, to, "1", "2")
    async with working(sqlite_store, catalog(chat=provider)):
        await settled(sqlite_store, "done", "done")
    ada = await sqlite_store.write(lambda tx: tx.customer(to.customer_id))
    assert ada is not None
    assert {(one.kind, one.value) for one in ada.addresses} == {
        (to.address.kind, to.address.value),
        ("external", "chat:-200"),
    }
