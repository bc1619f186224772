"""What the router writes holds only while nothing it was decided on has changed; else it is voided, visibly."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import events as ev
from hub.claims import LEASE, Overtaken, due
from hub.commands import Accept, Close, SetPresence, Snooze, Take
from hub.events import Event
from hub.ids import SYSTEM
from hub.interactions import Interaction
from hub.store import New
from hub.store.leases import release_lease, take_lease
from hub.store.timers import due_timers
from tests.hub.office import CATALOG, MIA, SUPPORT, TOM, Office, new_id


async def voided(office: Office) -> list[str]:
    found = await office.events(types=("decision.voided",))
    return [reason(one) for one in found]


def reason(event: Event) -> str:
    data = event.read()
    assert isinstance(data, ev.DecisionVoided)
    return data.reason


async def fire(office: Office) -> int:
    """End every timer that is due."""
    timers = await office.store.read(lambda view: due_timers(view, office.clock.now(), 100))
    for timer in timers:
        await office.store.write(lambda tx, timer=timer: due(tx, CATALOG, timer))  # type: ignore[misc]  # bound now
    return len(timers)


async def test_an_offer_stands_until_its_deadline(office: Office) -> None:
    """The server ends it: back at the old place, the agent has a miss, the timer fires once."""
    await office.available(MIA)
    interaction = await office.asks()
    assert await office.offers(MIA, interaction, seconds=30)
    assert (await office.desk.agent(MIA)).load == 3
    office.later(seconds=29)
    assert await fire(office) == 0
    office.later(seconds=2)
    assert await fire(office) == 1
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.age_start, [miss.agent_id for miss in now.missed]) == (
        "queued",
        interaction.age_start,
        [MIA],
    )
    assert await fire(office) == 0
    assert (await office.desk.agent(MIA)).load == 0


async def test_accepting_ends_the_timer(office: Office) -> None:
    await office.available(MIA)
    interaction = await office.asks()
    await office.offers(MIA, interaction)
    offer = await office.offer_of(interaction)
    await office.does(MIA, Accept(client_id=new_id(), offer_id=offer.offer_id))
    office.later(minutes=5)
    assert await fire(office) == 0


async def test_an_interaction_that_changed_is_not_offered(office: Office) -> None:
    """Raced: the customer wrote again, or somebody took it, after the decision."""
    await office.available(MIA)
    interaction = await office.asks()
    await office.writes(interaction.address, "One more thing")
    assert not await office.offers(MIA, interaction)
    fresh = await office.interaction(interaction.interaction_id)
    await office.does(TOM, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    assert not await office.offers(MIA, fresh)
    assert len(await voided(office)) == 2
    assert "offer.made" not in await office.types()


@pytest.mark.parametrize("state", ["away", "gone", "full", "finishing"])
async def test_an_agent_who_cannot_take_it_is_not_offered_it(office: Office, state: str) -> None:
    """Raced: the agent left, was lost, filled up or wants to leave, after the decision."""
    await office.available(MIA)
    interaction = await office.asks()
    weight = 3
    match state:
        case "away":
            await office.does(MIA, SetPresence(client_id=new_id(), status="away", reason="break"))
        case "gone":
            lost = ev.AgentPresenceChanged(agent_id=MIA, status="available", reachable=False)
            await office.store.write(lambda tx: tx.append(New(data=lost, actor=SYSTEM)))
        case "full":
            weight = 11
        case _:
            other = await office.asks()
            await office.does(MIA, Take(client_id=new_id(), interaction_id=other.interaction_id))
            await office.does(MIA, SetPresence(client_id=new_id(), status="away", reason="lunch"))
    assert not await office.offers(MIA, interaction, weight=weight)
    assert len(await voided(office)) == 1


async def test_capacity_counts_open_offers(office: Office) -> None:
    """Three chats of weight three fit into ten units; the fourth is voided, in one group or not."""
    await office.available(MIA)
    for number in range(4):
        assert await office.offers(MIA, await office.asks()) is (number < 3)
    assert (await office.desk.agent(MIA)).load == 9


async def test_a_router_that_was_overtaken_writes_nothing(office: Office) -> None:
    """Fenced: a leader that paused and woke up after its lease lapsed is refused."""
    await office.available(MIA)
    interaction = await office.asks()
    await office.store.write(lambda tx: release_lease(tx, LEASE, "test"))
    assert await office.store.write(lambda tx: take_lease(tx, LEASE, "other", 60)) == office.epoch + 1
    before = len(await office.events())
    with pytest.raises(Overtaken):
        await office.offers(MIA, interaction)
    assert len(await office.events()) == before


async def snoozed(office: Office) -> Interaction:
    await office.available(MIA)
    interaction = await office.asks()
    await office.does(MIA, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    until = office.clock.now() + timedelta(hours=1)
    await office.does(
        MIA, Snooze(client_id=new_id(), interaction_id=interaction.interaction_id, reason="until", until=until)
    )
    return await office.interaction(interaction.interaction_id)


async def test_a_snooze_that_ends_tells_the_router(office: Office) -> None:
    """The timer only says that it is due: who gets it is the router's decision."""
    interaction = await snoozed(office)
    office.later(hours=2)
    assert await fire(office) == 1
    assert (await office.types())[-1] == "timer.due"
    assert await office.claims.resume(
        office.epoch,
        "d-resume",
        interaction_id=interaction.interaction_id,
        version=0,
        agent_id=MIA,
        weight=3,
        cause="wake",
    )
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.agent_id) == ("live", MIA)


async def test_a_snoozed_one_waits_again_for_its_owner(office: Office) -> None:
    interaction = await snoozed(office)
    assert await office.claims.requeue(
        office.epoch,
        "d-requeue",
        interaction_id=interaction.interaction_id,
        version=interaction.version,
        queue_id=SUPPORT,
        preferred=MIA,
        cause="customer",
    )
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.preferred) == ("queued", MIA)


async def test_what_a_lost_agent_held_goes_back(office: Office) -> None:
    await office.available(MIA)
    interaction = await office.asks()
    await office.does(MIA, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    live = await office.interaction(interaction.interaction_id)
    claim = {"interaction_id": live.interaction_id, "version": live.version, "queue_id": SUPPORT, "preferred": MIA}
    assert await office.claims.give_back(office.epoch, "d-return", **claim, cause="agent_lost")  # type: ignore[arg-type]  # as named
    assert not await office.claims.give_back(office.epoch, "d-again", **claim, cause="agent_lost")  # type: ignore[arg-type]  # as named
    assert (await office.interaction(live.interaction_id)).state == "queued"


async def test_an_agent_who_misses_is_marked_once(office: Office) -> None:
    await office.available(MIA)
    assert await office.claims.mark_missed(office.epoch, "d1", agent_id=MIA, cause="ignored")
    assert not await office.claims.mark_missed(office.epoch, "d2", agent_id=MIA, cause="ignored")
    now = await office.desk.agent(MIA)
    assert (now.status, now.cause) == ("missed", "ignored")


async def test_a_timer_of_what_is_over_does_nothing(office: Office) -> None:
    """Late: the offer's timer finds the interaction closed and lets it be."""
    await office.available(MIA)
    interaction = await office.asks()
    await office.offers(MIA, interaction)
    await office.does(TOM, Close(client_id=new_id(), interaction_id=interaction.interaction_id))
    office.later(minutes=5)
    await fire(office)
    assert (await office.interaction(interaction.interaction_id)).outcome == "canceled"
