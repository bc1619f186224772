"""Which agent gets which interaction: one story per rule of routing.md."""

from datetime import timedelta
from typing import Any

import pytest

from hub import events as ev
from hub.ids import SYSTEM, AgentId, InteractionId, QueueId
from routing import decisions as out
from routing.config import QueueRule, RoutingConfig
from routing.events import Woken, micros
from tests.routing.world import BILLING, CHAT, MAIL, PHONE, SUPPORT, World, config, made


@pytest.fixture
def world() -> World:
    return World()


def test_a_new_interaction_goes_to_whoever_is_idle_for_longest(world: World) -> None:
    world.presence("mia")
    world.forward(5)
    world.presence("bo")
    world.arrive("i1")
    assert made(world) == [("i1", "mia")]


def test_agents_idle_for_equally_long_are_taken_by_their_ids(world: World) -> None:
    world.presence("mia")
    world.presence("bo")
    world.arrive("i1")
    assert made(world) == [("i1", "bo")]


def test_an_offer_moves_the_agent_to_the_back_of_the_line(world: World) -> None:
    world.presence("mia")
    world.forward(1)
    world.presence("bo")
    world.arrive("i1")
    world.claim_all()
    world.forward(1)
    world.decline("i1")
    assert made(world) == [("i1", "mia"), ("i1", "bo")]
    world.arrive("i2")
    world.claim_all()
    assert made(world)[2:] == [("i2", "mia")]


def test_nobody_free_means_waiting_and_the_first_freed_agent_gets_the_oldest(world: World) -> None:
    for name in ("i1", "i2"):
        world.arrive(name)
        world.forward(1)
    assert made(world) == []
    assert [one.reason for one in world.decisions if isinstance(one, out.Wait)] == ["nobody_free", "nobody_free"]
    world.presence("mia")
    assert made(world) == [("i1", "mia")]


def test_a_wait_is_told_once_while_its_reason_stays(world: World) -> None:
    world.arrive("i1")
    world.write("i1")
    world.presence("mia", "away")
    assert len([one for one in world.decisions if isinstance(one, out.Wait)]) == 1


def test_an_agent_has_one_open_offer_at_a_time(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    world.arrive("i2")
    world.claim_all()
    assert made(world) == [("i1", "mia")]
    world.accept("i1")
    assert made(world) == [("i1", "mia"), ("i2", "mia")]


def test_three_chats_fill_an_agent_and_a_mail_still_fits(world: World) -> None:
    world.presence("mia")
    for number in range(4):
        world.arrive(f"i{number}")
        world.claim_all()
        if number < 3:
            world.accept(f"i{number}")
    world.arrive("letter", MAIL)
    world.claim_all()
    assert [name for name, _ in made(world)] == ["i0", "i1", "i2", "letter"]
    assert world.load(AgentId("mia")) == 10


def test_a_call_in_hand_blocks_everything(world: World) -> None:
    world.presence("mia")
    world.capacity("mia", 20)
    world.arrive("call", PHONE)
    world.claim_all()
    world.accept("call")
    world.arrive("letter", MAIL)
    assert made(world) == [("call", "mia")]
    world.close("call")
    assert made(world)[-1] == ("letter", "mia")


@pytest.mark.parametrize(
    ("more", "label"),
    [
        ({"status": "away"}, "away"),
        ({"status": "offline"}, "offline"),
        ({"status": "missed"}, "missed"),
        ({"next": "away"}, "finishing"),
        ({"reachable": False}, "no live connection"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_agent_who_is_not_at_work_is_offered_nothing(world: World, more: dict[str, Any], label: str) -> None:
    world.presence("mia", **more)
    world.arrive("i1")
    assert made(world) == [], label


def test_only_members_are_offered_what_waits_in_a_queue_with_members() -> None:
    world = World(config(members=(AgentId("bo"),)))
    world.presence("mia")
    world.arrive("i1", queue=BILLING)
    assert made(world) == []
    world.presence("bo")
    assert made(world) == [("i1", "bo")]


def test_an_agent_with_a_list_serves_only_the_open_queues_on_it() -> None:
    other = QueueRule(queue_id=BILLING)
    setup = RoutingConfig(
        queues=(QueueRule(queue_id=SUPPORT), other), channels={CHAT: "chat"}, lists={AgentId("mia"): (BILLING,)}
    )
    world = World(setup)
    world.presence("mia")
    world.arrive("i1")
    world.arrive("i2", queue=BILLING)
    assert made(world) == [("i2", "mia")]
    world.presence("newcomer")
    assert made(world)[1:] == [("i1", "newcomer")]


def test_a_queue_that_is_gone_falls_back_on_the_queue_of_the_account() -> None:
    world = World(config(homes={CHAT: SUPPORT}))
    world.presence("mia")
    world.arrive("i1", queue=QueueId("closed-long-ago"))
    assert made(world) == [("i1", "mia")]


def test_without_any_queue_it_waits_and_says_so(world: World) -> None:
    world.presence("mia")
    world.arrive("i1", queue=QueueId("closed-long-ago"))
    assert [one.reason for one in world.decisions if isinstance(one, out.Wait)] == ["queue_unknown"]


def test_a_declined_interaction_keeps_its_age_and_never_comes_back_to_the_same_agent(world: World) -> None:
    world.presence("mia")
    world.arrive("old")
    world.claim_all()
    age = world.interactions[InteractionId("old")].age_start
    world.forward(10)
    world.arrive("new")
    world.decline("old")
    world.claim_all()
    assert made(world) == [("old", "mia"), ("new", "mia")]
    world.presence("bo")
    assert made(world)[-1] == ("old", "bo")
    assert world.interactions[InteractionId("old")].age_start == age


def test_what_timed_out_keeps_its_age_and_comes_back_once_the_agent_chooses_available(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    world.claim_all()
    world.forward(30)
    world.time_out("i1")
    assert made(world) == [("i1", "mia")]
    world.forward(1)
    world.presence("mia", by=SYSTEM)
    assert made(world) == [("i1", "mia")], "only a choice of a person ends the exclusion"
    world.presence("mia")
    assert made(world) == [("i1", "mia"), ("i1", "mia")]


def test_two_misses_in_a_row_mark_the_agent_missed(world: World) -> None:
    world.presence("mia")
    for name in ("i1", "i2"):
        world.arrive(name)
        world.claim_all()
        world.forward(30)
        world.time_out(name)
    world.claim_all()
    assert world.agents[AgentId("mia")].status == "missed"
    assert made(world, out.MarkMissed) == [(None, "mia")]


def test_an_answer_between_two_misses_clears_the_count(world: World) -> None:
    world.presence("mia")
    for name, ends in (("i1", world.time_out), ("i2", world.accept), ("i3", world.time_out)):
        world.arrive(name)
        world.claim_all()
        ends(name)
    world.claim_all()
    assert world.agents[AgentId("mia")].status == "available"


def test_an_offer_to_an_agent_who_lost_the_connection_times_out_at_once(world: World) -> None:
    world.presence("mia")
    world.presence("bo")
    world.arrive("i1")
    world.claim_all()
    world.presence("bo", by=SYSTEM, reachable=False)
    world.claim_all()
    assert made(world, out.TimeOut) == [("i1", "bo")]
    assert world.offered("i1") == "mia"


def test_work_of_a_lost_agent_waits_again_with_the_age_it_had(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    world.forward(7)
    world.claim_all()
    world.accept("i1")
    world.forward(60)
    world.presence("bo", "away")
    world.presence("mia", "offline", by=SYSTEM, reason="lost", reachable=False)
    world.claim_all()
    assert world.state("i1") == "queued"
    assert world.interactions[InteractionId("i1")].age_start == world.now - timedelta(seconds=7)
    world.presence("bo")
    assert made(world)[-1] == ("i1", "bo")


def test_a_preferred_agent_is_waited_for_until_the_bound(world: World) -> None:
    world.presence("mia")
    world.presence("bo", "away")
    world.arrive("i1", preferred="bo")
    assert made(world) == []
    timers = [one for one in world.decisions if isinstance(one, out.SetTimer)]
    assert [(one.interaction_id, one.at) for one in timers] == [("i1", micros(world.now) + 120_000_000)]
    world.forward(120)
    world.append(ev.TimerDue(timer_id="t1", kind="preferred"), "i1")
    assert made(world) == [("i1", "mia")]


def test_the_bounds_timer_frees_the_interaction_even_when_clocks_differ(world: World) -> None:
    world.presence("mia")
    world.presence("bo", "away")
    world.arrive("i1", preferred="bo")
    early = Woken(
        position=len(world.log) + 1, at=micros(world.now), interaction_id=InteractionId("i1"), kind="preferred"
    )
    assert [type(one) for one in world.apply(early)] == [out.Offer]


def test_a_preferred_agent_who_comes_in_time_gets_it_before_older_work(world: World) -> None:
    world.presence("bo", "away")
    world.arrive("older")
    world.forward(30)
    world.arrive("i1", preferred="bo")
    world.presence("bo")
    assert made(world) == [("i1", "bo")], "sixty seconds of head start in the own line"


def test_the_head_start_of_the_own_line_starves_nobody(world: World) -> None:
    world.presence("bo", "away")
    world.arrive("older")
    world.forward(61)
    world.arrive("i1", preferred="bo")
    world.presence("bo")
    assert made(world) == [("older", "bo")]


def test_nobody_waits_for_a_preferred_agent_who_has_gone_home(world: World) -> None:
    world.presence("mia")
    world.presence("bo", "away")
    world.arrive("i1", preferred="bo")
    world.presence("bo", "offline")
    assert made(world) == [("i1", "mia")]


def test_priority_counts_as_age(world: World) -> None:
    world.arrive("normal")
    world.forward(60)
    world.create("urgent")
    item = world.kernel.book.items[InteractionId("urgent")]
    item.priority = "urgent"
    world.append(ev.InteractionQueued(queue_id=SUPPORT), "urgent")
    world.presence("mia")
    assert made(world) == [("urgent", "mia")]


def test_the_end_of_work_puts_an_agent_behind_those_idle_before(world: World) -> None:
    """Idle since the last work ended, not since the last offer."""
    for agent in ("mia", "bo"):
        world.presence(agent)
        world.arrive(f"of {agent}")
        world.claim_all()
        world.accept(f"of {agent}")
        world.presence(agent, next="away")
        world.forward(10)
    for agent in ("bo", "mia"):
        world.presence(agent)
        world.close(f"of {agent}")
        world.forward(10)
    world.arrive("next")
    assert made(world)[-1] == ("next", "bo")


def test_an_offer_counts_as_work_while_earlier_work_goes_on(world: World) -> None:
    """Idle since the last offer: who was just offered something comes after who was not."""
    world.presence("mia")
    world.forward(5)
    world.presence("bo")
    world.forward(5)
    for name, agent in (("i1", "mia"), ("i2", "bo"), ("i3", "mia")):
        world.arrive(name)
        world.claim_all()
        assert made(world)[-1] == (name, agent)
        world.accept(name)
        world.forward(10)


def test_a_mail_that_ends_moves_an_agent_who_stays_free_to_the_back(world: World) -> None:
    """Room for the same kinds of work as before, but idle for less time than the colleague."""
    world.presence("mia")
    world.capacity("mia", 20)
    world.arrive("letter", MAIL)
    world.claim_all()
    world.accept("letter")
    world.forward(10)
    world.presence("bo")
    world.forward(10)
    world.close("letter")
    world.arrive("next")
    assert made(world)[-1] == ("next", "bo")
