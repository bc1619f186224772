"""The heap under every line; and the cost of a decision, which must not grow with the number of agents."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hub.ids import AgentId, QueueId
from routing.config import QueueRule, RoutingConfig
from routing.heaps import LazyHeap
from routing.pools import pools
from routing.rules import queue_for
from tests.routing.world import BILLING, CHAT, SUPPORT, World

STEPS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(-3, 3) | st.none()), max_size=60)


@given(steps=STEPS)
def test_a_heap_is_a_sorted_list_of_its_members(steps: list[tuple[str, int | None]]) -> None:
    """Members join, change their key, leave; the head is always the smallest (key, member)."""
    heap, model = LazyHeap(), dict[str, int]()
    for member, key in steps:
        if key is None:
            heap.discard(member)
            model.pop(member, None)
        else:
            heap.push(key, member)
            model[member] = key
        head = heap.head()
        assert (head and head[:2]) == min(((key, member) for member, key in model.items()), default=None)
        assert set(heap.live) == set(model)


@given(keys=st.lists(st.integers(0, 5), max_size=20), unfit=st.sets(st.integers(0, 19)))
def test_members_that_do_not_fit_are_put_back(keys: list[int], unfit: set[int]) -> None:
    heap = LazyHeap()
    for number, key in enumerate(keys):
        heap.push(key, f"{number:02}")
    found = heap.first(lambda member: int(member) not in unfit)
    fit = [(key, f"{number:02}") for number, key in enumerate(keys) if number not in unfit]
    assert (found and found[:2]) == min(fit, default=None)
    head = heap.head()
    assert (head and head[:2]) == min(((key, f"{number:02}") for number, key in enumerate(keys)), default=None)


def test_stale_entries_never_outnumber_the_live_ones_by_much() -> None:
    heap = LazyHeap()
    for number in range(10_000):
        heap.push(number, "one")
    assert len(heap._entries) <= 2 + 64


def operations(agents: int) -> float:
    """Heap operations of a whole life, with everybody free but the few who just had work."""
    queues = [QueueId(f"q{number}") for number in range(10)]
    names = [AgentId(f"agent{number:05}") for number in range(agents)]
    rules = tuple(
        QueueRule(
            queue_id=queue, members=tuple(names[place] for place in range(agents) if place % 10 in (own, own - 3))
        )
        for own, queue in enumerate(queues)
    )
    world = World(RoutingConfig(queues=rules, channels={CHAT: "chat"}))
    for name in names:
        world.presence(name)
    before = world.kernel.book.operations
    for number in range(200):
        world.forward(1)
        world.arrive(f"i{number:04}", queue=queues[number % 10])
        world.claim_all()
        world.accept(f"i{number:04}")
        if number >= 20:
            world.close(f"i{number - 20:04}")
    return (world.kernel.book.operations - before) / 200


def test_a_decision_costs_the_same_among_fifty_agents_and_among_two_thousand() -> None:
    """Flatness, counted in pushes and pops: no clock, so it never flakes."""
    small, large = operations(50), operations(2_000)
    print(f"heap operations a life: {small:.1f} among 50 agents, {large:.1f} among 2,000")
    assert large <= small * 1.1
    assert large <= 12


def test_queues_with_the_same_agents_share_a_pool() -> None:
    mia, bo = AgentId("mia"), AgentId("bo")
    rules = (
        QueueRule(queue_id=SUPPORT),
        QueueRule(queue_id=BILLING),
        QueueRule(queue_id=QueueId("vip"), members=(mia, bo)),
        QueueRule(queue_id=QueueId("gold"), members=(bo, mia)),
    )
    found = pools(RoutingConfig(queues=rules))
    assert (found.size, found.open, found.of_agent(mia)) == (2, (0,), (0, 1))
    assert found.of_agent(AgentId("new")) == (0,)
    listed = pools(RoutingConfig(queues=rules, lists={mia: (BILLING,)}))
    assert listed.size == 3
    assert not listed.is_member(mia, SUPPORT)
    assert listed.is_member(mia, BILLING)
    assert listed.is_member(mia, QueueId("vip")), "named members stay members"
    assert listed.is_member(bo, SUPPORT)


def test_an_interaction_belongs_to_its_queue_else_to_that_of_its_account() -> None:
    homes = {CHAT: SUPPORT}
    assert queue_for(CHAT, BILLING, {SUPPORT, BILLING}, homes) == BILLING
    assert queue_for(CHAT, QueueId("gone"), {SUPPORT}, homes) == SUPPORT
    assert queue_for(CHAT, None, {BILLING}, homes) is None
