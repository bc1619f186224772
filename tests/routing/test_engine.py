"""The router on a real store: messages in, offers out, whatever happens to agents, offers and processes."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from hub import events as ev
from hub.errors import NotFound, Unavailable
from hub.events import DecisionVoided, OfferMade
from hub.ids import SYSTEM, AgentId, InteractionId, QueueId
from hub.runtime import running
from hub.store import New, Tx
from hub.store.routing import offers_without_timer
from hub.store.timers import drop_timer
from hub.store.users import User, put_user
from routing.invariants import unserved
from routing.rebuild import rebuild
from routing.state import State
from tests import given
from tests.peers.postgres import PostgresServer
from tests.routing.centre import Centre, centre_on, hub_on


@pytest.fixture
async def centre(migrated_url: str, clock: given.FixedClock, tmp_path: Path) -> AsyncIterator[Centre]:
    async with centre_on(migrated_url, clock, tmp_path) as one:
        yield one


async def test_a_message_becomes_an_offer_to_whoever_is_idle_for_longest(
    centre: Centre, clock: given.FixedClock
) -> None:
    """With its record: why, by which configuration, from which position."""
    await centre.present("mia")
    clock.forward(seconds=5)
    await centre.present("bo")
    name = await centre.arrive()
    one = await centre.offered(name, "mia")
    (made,) = [event for event in await centre.log() if event.type == "offer.made"]
    data = made.read()
    assert isinstance(data, OfferMade)
    assert data.why["rule"] == "longest_idle"
    assert data.why["decision"] == made.cause
    assert one.version == 4
    assert await centre.store.read(offers_without_timer) == []


async def test_a_declined_offer_goes_to_another_agent_with_the_age_it_had(centre: Centre) -> None:
    await centre.present("mia", "bo")
    name = await centre.arrive()
    before = await centre.offered(name, "bo")
    await centre.decline(name)
    after = await centre.offered(name, "mia")
    assert after.age_start == before.age_start
    await centre.decline(name)
    await centre.until(name, lambda one: one.state == "queued")
    await centre.present("zoe")
    await centre.offered(name, "zoe")
    assert await centre.offers(name) == ["bo", "mia", "zoe"]


async def test_an_offer_that_runs_out_goes_to_another_agent_with_the_age_it_had(
    centre: Centre, clock: given.FixedClock
) -> None:
    """By the server's timer; the agent who missed it gets it no more."""
    await centre.present("mia", "bo")
    name = await centre.arrive()
    before = await centre.offered(name, "bo")
    clock.forward(seconds=31)
    after = await centre.offered(name, "mia")
    assert after.age_start == before.age_start
    assert [miss.agent_id for miss in after.missed] == ["bo"]


async def test_nobody_free_means_waiting_until_an_agent_is_freed(centre: Centre) -> None:
    """One who is full is offered nothing; the chat that ends brings the next one at once."""
    await centre.present("mia", capacity=3)
    first, second = await centre.arrive(), await centre.arrive()
    await centre.accept(first)
    assert (await centre.until(second, lambda one: True)).state == "queued"
    await centre.happens(first, ev.InteractionClosed())
    await centre.offered(second, "mia")


async def test_work_of_a_lost_agent_goes_to_another(centre: Centre) -> None:
    await centre.present("mia")
    name = await centre.arrive()
    await centre.accept(name)
    await centre.present("bo")
    lost = ev.AgentPresenceChanged(agent_id=AgentId("mia"), status="offline", reason="lost", reachable=False)
    await centre.store.write(lambda tx: tx.append(New(data=lost, actor=SYSTEM)))
    one = await centre.offered(name, "bo")
    assert one.preferred == "mia"


async def test_a_customer_who_answers_wakes_the_interaction(centre: Centre) -> None:
    await centre.present("mia")
    name = await centre.arrive()
    await centre.accept(name)
    await centre.happens(name, ev.InteractionSnoozed())
    await centre.happens(name, ev.MessageReceived(text="And now?", sender=given.email()))
    await centre.until(name, lambda one: one.state == "live")


async def test_a_reopened_interaction_has_the_age_the_store_knows(centre: Centre, clock: given.FixedClock) -> None:
    await centre.present("mia")
    clock.forward(seconds=10)
    name = await centre.arrive()
    await centre.accept(name)
    await centre.happens(name, ev.InteractionClosed())
    await centre.present("mia", status="away")
    clock.forward(seconds=100)
    await centre.happens(name, ev.InteractionReopened(queue_id=given.SUPPORT))
    one = await centre.until(name, lambda one: one.state == "queued")
    later = await centre.arrive()
    await centre.until(later, lambda one: one.state == "queued")
    await centre.present("mia")
    await centre.offered(name, "mia")
    assert one.age_start is not None
    kernel = given.found(centre.engine.kernel)
    assert kernel.book.items[name].version == 0


async def test_the_explanation_names_every_member_and_why_not(centre: Centre) -> None:
    await centre.present("mia", status="away")
    name = await centre.arrive()
    await centre.until(name, lambda one: one.state == "queued")
    found = await centre.engine.explain(name)
    failing = [rule.words for one in found.candidates for rule in one.rules if not rule.passed]
    assert failing == ["away"]
    with pytest.raises(NotFound):
        await centre.engine.explain(InteractionId("nothing"))


async def test_a_restart_remembers_everything_and_repeats_nothing(
    migrated_url: str, clock: given.FixedClock, tmp_path: Path
) -> None:
    """The state read from the store equals the state that followed the log, in items, agents and position."""
    async with centre_on(migrated_url, clock, tmp_path) as centre:
        await centre.present("mia", "bo", capacity=3)
        names = [await centre.arrive(f"message {number}") for number in range(6)]
        clock.forward(seconds=3)
        await centre.accept(names[0])
        clock.forward(seconds=3)
        await centre.decline(names[1])
        await centre.offered(names[2], "mia")
        running_state = (await centre.settled()).book.state()
        rebuilt, decisions = await centre.store.read(lambda view: rebuild(view, centre.hub.catalog, clock.now()))
    assert comparable(rebuilt.book.state()) == comparable(running_state)
    assert [one for one in decisions if type(one).__name__ == "Offer"] == []
    async with centre_on(migrated_url, clock, tmp_path, seed=2) as centre:
        for name in names:
            assert len(await centre.offers(name)) <= 2
        assert unserved(given.found(centre.engine.kernel).book) == []


def comparable(state: State) -> tuple[object, ...]:
    items = [msgspec.structs.replace(item, waits_for="") for item in state.items]
    return (items, state.agents, state.position)


async def test_a_new_list_of_queues_is_noticed(centre: Centre) -> None:
    """A person who may serve another queue only is offered nothing of this one, from the next event on."""
    await centre.present("mia")

    def change(tx: Tx) -> None:
        put_user(tx, User(agent_id=AgentId("mia"), email="mia@example.org", name="Mia", queues=(QueueId("billing"),)))

    await centre.store.write(change)
    await centre.engine.look()
    await centre.present("bo", status="away")
    await centre.watch.until(lambda view: centre.engine.rebuilds, lambda count: count == 2)
    name = await centre.arrive()
    await centre.until(name, lambda one: one.state == "queued")
    await centre.present("bo")
    await centre.offered(name, "bo")


async def test_the_sweeper_finds_an_offer_that_nobody_would_end(centre: Centre) -> None:
    await centre.present("mia")
    name = await centre.arrive()
    one = await centre.offered(name)
    await centre.engine.look()
    assert centre.engine.sweeper.timerless == 0
    await centre.store.write(lambda tx: drop_timer(tx, "offer", given.found(one.offer_id)))
    await centre.engine.look()
    await centre.engine.look()
    assert (centre.engine.sweeper.timerless, centre.engine.sweeper.unserved) == (1, 0)


# processes


async def test_a_standby_takes_over_when_the_leader_is_cut_off(
    postgres_store_url: str, clock: given.FixedClock, tmp_path: Path
) -> None:
    """The first process loses the store without giving its lease back. Nothing is lost, nothing is offered twice."""
    async with (
        hub_on(postgres_store_url, clock, tmp_path / "one", seed=1) as first,
        hub_on(postgres_store_url, clock, tmp_path / "two", seed=2) as second,
    ):
        await second.present(*(f"agent{number}" for number in range(3)))
        async with running([first.engine.run()]):
            await first.is_leading()
            async with running([second.engine.run()]):
                names = [await first.arrive(f"message {number}") for number in range(3)]
                for name in names:
                    await first.offered(name)
                await first.store.close()
                names += [await second.arrive(f"message {number}") for number in range(3, 6)]
                assert second.engine.kernel is None, "the lease has not lapsed yet"
                for name in names:
                    await second.accept_when_offered(name)
                await every_offer_ended_before_the_next(second, names)


async def every_offer_ended_before_the_next(centre: Centre, names: list[InteractionId]) -> None:
    is_open: Counter[str] = Counter()
    for event in await centre.log():
        if event.interaction_id in names and event.type.startswith("offer."):
            is_open[event.interaction_id] += 1 if event.type == "offer.made" else -1
            assert 0 <= is_open[event.interaction_id] <= 1
    for name in names:
        assert len(await centre.offers(name)) == 1


async def test_a_store_that_breaks_off_again_and_again_does_not_stop_the_router(
    postgres_store_url: str, postgres_server: PostgresServer, clock: given.FixedClock, tmp_path: Path
) -> None:
    """Every connection is ended by the server three times while messages come in; all are offered in the end."""
    database = postgres_store_url.rpartition("/")[2].partition("?")[0]
    async with centre_on(postgres_store_url, clock, tmp_path) as centre:
        await centre.present(*(f"agent{number}" for number in range(9)))
        names = []
        for _ in range(3):
            names.append(await patiently(centre))
            await asyncio.to_thread(break_off, postgres_server, database)
            names.append(await patiently(centre))
        for name in names:
            await centre.offered(name, seconds=30)
        await every_offer_ended_before_the_next(centre, names)


async def patiently(centre: Centre) -> InteractionId:
    """As a provider does: what was not accepted is sent again."""
    while True:
        with suppress(Unavailable):
            return await centre.arrive()


def break_off(server: PostgresServer, database: str) -> None:
    with server.connect() as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            (database,),
        )


async def test_claims_that_never_hold_make_the_router_read_the_store_again(centre: Centre) -> None:
    """The kernel believes in an agent whom the store does not know so: three voids, then it looks again."""
    name = await centre.arrive()
    await centre.until(name, lambda one: one.state == "queued")
    kernel = given.found(centre.engine.kernel)
    ghost = kernel.book.agent(AgentId("ghost"))
    ghost.status, ghost.reachable = "available", True
    await centre.present("bo", status="away")
    await centre.watch.until(lambda view: centre.engine.rebuilds, lambda count: count >= 2)
    voids = [event for event in await centre.log() if isinstance(event.read(), DecisionVoided)]
    assert len(voids) >= 3
    await centre.present("mia")
    await centre.offered(name, "mia")
