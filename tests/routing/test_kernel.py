"""Which agent gets which interaction: one story per rule of routing.md."""

import copy
from datetime import timedelta
from typing import Any

import pytest

from hub import events as ev
from hub.ids import SYSTEM, AgentId, InteractionId, QueueId
from hub.interactions import TRANSITIONS
from routing import decisions as out
from routing.config import QueueRule, RoutingConfig
from routing.events import _READERS, _STOPS, _TOUCHES, Started, Woken, micros
from routing.kernel import Kernel
from routing.state import State
from tests.routing.world import BILLING, CHAT, MAIL, PHONE, SUPPORT, World, config


@pytest.fixture
def world() -> World:
    return World()


def made(world: World, kind: type[out.Decision] = out.Offer) -> list[tuple[Any, ...]]:
    """(interaction, agent) of all decisions of a kind."""
    return [
        (getattr(one, "interaction_id", None), getattr(one, "agent_id", None))
        for one in world.decisions
        if isinstance(one, kind)
    ]


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


def snoozed(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    world.claim_all()
    world.accept("i1")
    world.append(ev.InteractionSnoozed(), "i1")


def test_a_customer_who_answers_comes_back_to_the_agent_with_room(world: World) -> None:
    snoozed(world)
    world.write("i1")
    world.claim_all()
    assert made(world, out.Resume) == [("i1", "mia")]
    assert (world.state("i1"), world.interactions[InteractionId("i1")].agent_id) == ("live", "mia")


def test_an_automatic_message_wakes_nobody(world: World) -> None:
    snoozed(world)
    world.write("i1", automatic="auto-replied")
    assert made(world, out.Resume) == []


def test_a_customer_who_answers_waits_for_the_owner_without_room(world: World) -> None:
    snoozed(world)
    world.capacity("mia", 0)
    world.write("i1")
    world.claim_all()
    assert world.state("i1") == "queued"
    world.presence("bo")
    assert made(world)[1:] == [], "kept for the owner"
    world.capacity("mia", 10)
    assert made(world)[1:] == [("i1", "mia")]


def test_a_snooze_that_is_over_comes_back(world: World) -> None:
    snoozed(world)
    world.append(ev.TimerDue(timer_id="t1", kind="wake"), "i1")
    assert made(world, out.Resume) == [("i1", "mia")]


def test_a_message_during_wrap_up_brings_it_back_to_life(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    world.claim_all()
    world.accept("i1")
    world.append(ev.InteractionWrapped(), "i1")
    world.write("i1")
    world.claim_all()
    assert world.state("i1") == "live"


def test_a_voided_claim_is_decided_again_with_what_the_log_said_meanwhile() -> None:
    world = World(lags=True)
    world.presence("mia")
    world.forward(1)
    world.presence("bo")
    world.arrive("i1")
    world.pump()
    world.presence("mia", "away")
    world.claim_all()
    world.pump()
    assert [one.type for one in world.log][-1] == "decision.voided"
    assert made(world) == [("i1", "mia"), ("i1", "bo")]


def test_claims_that_fail_again_and_again_hold_the_interaction_and_raise_a_doubt(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    for _ in range(3):
        decision = world.open.pop()
        world.append(ev.DecisionVoided(decision_id=decision.decision_id, reason="no"))
    assert world.open == []
    assert world.kernel.is_in_doubt
    assert [one.reason for one in world.decisions if isinstance(one, out.Wait)] == ["claims_failed"]


def test_a_void_of_a_decision_that_was_overtaken_changes_nothing(world: World) -> None:
    world.presence("mia")
    world.arrive("i1")
    first = world.open.pop()
    world.append(ev.InteractionAccepted(agent_id=AgentId("bo")), "i1")
    before = copy.deepcopy(world.kernel.book.state())
    assert not world.kernel.is_pending(first)
    world.append(ev.DecisionVoided(decision_id=first.decision_id, reason="too late"))
    after = world.kernel.book.state()
    assert (after.items, after.agents) == (before.items, before.agents)


def test_work_taken_by_hand_is_offered_to_nobody(world: World) -> None:
    world.arrive("i1")
    world.append(ev.InteractionAccepted(agent_id=AgentId("mia")), "i1")
    world.presence("bo")
    assert made(world) == []


def test_a_reopened_interaction_that_was_forgotten_waits_again(world: World) -> None:
    snoozed(world)
    world.close("i1")
    assert InteractionId("i1") not in world.kernel.book.items
    world.append(ev.InteractionReopened(queue_id=SUPPORT, preferred=AgentId("mia")), "i1")
    assert made(world)[1:] == [("i1", "mia")]
    assert world.kernel.version_of(InteractionId("i1")) == 0


def test_a_new_leader_looks_at_everything_once() -> None:
    before = World()
    before.arrive("i1")
    before.presence("mia", "away")
    state = before.kernel.book.state()
    state.agents[0].status = "available"
    kernel = Kernel(config(), state)
    found = kernel.apply(Started(position=before.kernel.position, at=micros(before.now)))
    assert [one.agent_id for one in found if isinstance(one, out.Offer)] == ["mia"]


def test_decisions_at_one_position_never_share_an_id() -> None:
    world = World()
    world.arrive("i1")
    world.arrive("i2")
    for name in ("mia", "bo"):
        world.presence(name)
    start = Started(position=world.kernel.position, at=micros(world.now))
    again = Kernel(config(offer_limit=2), world.kernel.checkpoint())
    ids = [one.decision_id for one in (*world.decisions, *again.apply(start))]
    assert len(ids) == len(set(ids))


def test_an_empty_kernel_says_so() -> None:
    assert State() == Kernel(config()).book.state()


def test_the_record_says_what_was_known(world: World) -> None:
    world.presence("mia")
    world.forward(40)
    world.arrive("i1")
    (offer,) = [one for one in world.decisions if isinstance(one, out.Offer)]
    assert offer.why == out.Record(
        decision=offer.decision_id,
        position=3,
        trigger="Entered",
        rule="longest_idle",
        waited=0,
        idle=40,
        load=0,
        capacity=10,
        free_agents=1,
        waiting=1,
        version=2,
        configuration=config().digest(),
    )
    assert (offer.seconds, offer.weight) == (30, 3)


def test_every_event_that_moves_an_interaction_is_read() -> None:
    """A new transition of the table must not pass the router by."""
    read = {*_STOPS, *_TOUCHES, *_READERS}
    assert read >= {*TRANSITIONS, "message.received", "message.queued", "timer.due"}
