"""What the log says back: customers who answer, claims that fail, restarts."""

import copy

import pytest

from hub import events as ev
from hub.ids import AgentId, InteractionId
from hub.interactions import TRANSITIONS
from routing import decisions as out
from routing.events import _READERS, _STOPS, _TOUCHES, Started, micros
from routing.kernel import Kernel
from routing.state import State
from tests.routing.world import BILLING, SUPPORT, World, config, made


@pytest.fixture
def world() -> World:
    return World()


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


def test_an_agent_who_leaves_before_the_claim_loses_it_to_another_at_once(world: World) -> None:
    """The kernel doesn't wait for the claim to fail."""
    world.presence("mia")
    world.forward(1)
    world.presence("bo")
    world.arrive("i1")
    assert made(world) == [("i1", "mia")]
    world.presence("mia", "away")
    assert made(world) == [("i1", "mia"), ("i1", "bo")]


def test_the_end_of_a_wait_for_the_preferred_agent_needs_no_timer(world: World) -> None:
    """Any later event shows that the time has passed."""
    world.presence("mia")
    world.presence("bo", "away")
    world.arrive("i1", preferred="bo")
    world.forward(121)
    world.presence("zoe", "away")
    assert made(world) == [("i1", "mia")]


def test_a_resume_whose_claim_failed_is_tried_again(world: World) -> None:
    snoozed(world)
    world.write("i1")
    first = world.open.pop()
    world.append(ev.DecisionVoided(decision_id=first.decision_id, reason="it changed"))
    assert made(world, out.Resume) == [("i1", "mia"), ("i1", "mia")]


def test_failed_claims_are_forgotten_when_the_log_moves_the_interaction(world: World) -> None:
    """Two voids, a move to another queue, two voids: never three in a row."""
    world.kernel = Kernel(config(members=(AgentId("mia"),)))
    world.presence("mia")
    world.arrive("i1")
    for _ in range(2):
        world.append(ev.DecisionVoided(decision_id=world.open.pop().decision_id, reason="no"))
    world.append(ev.InteractionMoved(queue_id=BILLING), "i1")
    world.open = world.open[-1:]
    for _ in range(2):
        world.append(ev.DecisionVoided(decision_id=world.open.pop().decision_id, reason="no"))
    assert not world.kernel.is_in_doubt
    assert made(world)[-1] == ("i1", "mia")


def test_an_offer_taken_back_frees_the_agent_for_older_work_first(world: World) -> None:
    """What comes back and who is freed by it are one event: the agent takes the oldest, not what came back."""
    world.presence("bo", "away")
    world.presence("mia")
    world.arrive("young")
    world.claim_all()
    world.create("old")
    world.kernel.book.items[InteractionId("old")].priority = "urgent"
    world.append(ev.InteractionQueued(queue_id=SUPPORT), "old")
    world.rescind("young")
    assert made(world)[1:] == [("old", "mia")]


def test_several_freed_at_once_each_get_the_oldest_they_may_have() -> None:
    """A new leader finds three free agents and two interactions: those idle for longest get them, oldest first."""
    before = World()
    for name in ("i1", "i2"):
        before.arrive(name)
        before.forward(1)
    for agent in ("zoe", "mia", "bo"):
        before.presence(agent, "away")
    state = before.kernel.book.state()
    for present, idle in zip(state.agents, (3, 2, 1), strict=True):
        present.status, present.idle_since = "available", idle
    found = Kernel(config(), state).apply(Started(position=before.kernel.position, at=micros(before.now)))
    assert [(one.interaction_id, one.agent_id) for one in found if isinstance(one, out.Offer)] == [
        ("i1", "zoe"),
        ("i2", "mia"),
    ]
