"""What the kernel remembers, and the heaps that follow from it.

Law: only ``Item`` and ``Agent`` are state; every load, list and heap is derived and can be built again from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from hub.events import MissCause, Presence
from hub.ids import AgentId, ChannelId, InteractionId, OfferId, QueueId
from hub.interactions import State as InteractionState
from routing.config import SECOND, WORKS, QueueRule, RoutingConfig, Work
from routing.heaps import LazyHeap

Intent = Literal["", "offer", "resume", "requeue", "return", "time_out"]
Pool = int
IN_QUEUE: frozenset[InteractionState] = frozenset({"queued", "offered", "accepting"})


class Item(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """An interaction as the log left it, and what the kernel wants with it (``intent``)."""

    interaction_id: InteractionId
    channel_id: ChannelId
    work: Work
    state: InteractionState = "created"
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    offered_to: AgentId | None = None
    offer_id: OfferId | None = None
    preferred: AgentId | None = None
    preferred_until: int = 0
    """Until then it waits for the preferred agent alone; 0: for everybody."""
    excluded: list[AgentId] = []
    missed: dict[AgentId, int] = {}
    age_start: int = 0
    left_queue_at: int = 0
    version: int = 1
    """0: not known."""
    intent: Intent = ""
    decision_id: str = ""
    voids: int = 0
    """Claims that failed since the log last moved the interaction."""
    waits_for: str = ""
    closed_at: int = 0


class Agent(msgspec.Struct, kw_only=True, omit_defaults=True):
    agent_id: AgentId
    status: Presence = "offline"
    next: str | None = None
    reachable: bool = False
    available_since: int = 0
    idle_since: int = 0
    capacity: int = 10
    misses: int = 0
    """Offers in a row that timed out."""
    miss_cause: MissCause = "ignored"
    miss_limit: int = 0
    """Of the kind of work missed last; 0: none missed."""
    decision_id: str = ""
    """The agent is being marked missed."""


class State(msgspec.Struct, kw_only=True):
    """A checkpoint: everything the kernel needs to go on."""

    position: int = 0
    now: int = 0
    items: list[Item] = []
    agents: list[Agent] = []


class Hands:
    """What an agent holds: derived from items."""

    __slots__ = ("calls", "items", "listed", "load", "offers", "staged")

    def __init__(self) -> None:
        self.load = 0
        self.calls = 0
        self.offers = 0
        self.items: set[InteractionId] = set()
        self.staged: set[InteractionId] = set()
        """Interactions that wait for this agent alone."""
        self.listed: tuple[int, tuple[Work, ...]] = (0, ())
        """Sort key and kinds of work under which the agent stands in the ready heaps."""


class Book:
    """Items, agents and the heaps over them. Changes go through ``lift`` and ``lay`` so that nothing derived is stale."""

    def __init__(self, config: RoutingConfig, state: State) -> None:
        self.config = config
        self.position = state.position
        self.now = state.now
        self.queues: dict[QueueId, QueueRule] = {queue.queue_id: queue for queue in config.queues}
        self.pool_of, self.members, self._pools_of, self._open_pools = _pools(config)
        self.items: dict[InteractionId, Item] = {}
        self.agents: dict[AgentId, Agent] = {}
        self.hands: dict[AgentId, Hands] = {}
        self.waiting: dict[tuple[Pool, Work], LazyHeap] = {
            (pool, work): LazyHeap() for pool in self.members for work in WORKS
        }
        self.ready: dict[tuple[Pool, Work], LazyHeap] = {
            (pool, work): LazyHeap() for pool in self.members for work in WORKS
        }
        self.preferred: dict[tuple[AgentId, Work], LazyHeap] = {}
        self.bounds = LazyHeap()
        self.closed = LazyHeap()
        self.decisions: dict[str, InteractionId | AgentId] = {}
        self.freed: set[AgentId] = set()
        self.arrived: set[InteractionId] = set()
        self.touched: set[AgentId] = set()
        for agent in state.agents:
            self.add_agent(agent)
        for item in state.items:
            self.items[item.interaction_id] = item
            self.lay(item)
        self.settle()
        self.freed.clear()
        self.arrived.clear()

    def state(self) -> State:
        return State(
            position=self.position,
            now=self.now,
            items=[self.items[key] for key in sorted(self.items)],
            agents=[self.agents[key] for key in sorted(self.agents)],
        )

    @property
    def operations(self) -> int:
        """Pushes and pops of all heaps: the cost that must not grow with the number of agents."""
        heaps: Iterable[LazyHeap] = (
            *self.waiting.values(),
            *self.ready.values(),
            *self.preferred.values(),
            self.bounds,
            self.closed,
        )
        return sum(heap.operations for heap in heaps)

    # agents

    def add_agent(self, agent: Agent) -> Agent:
        self.agents[agent.agent_id] = agent
        self.hands.setdefault(agent.agent_id, Hands())
        if agent.decision_id:
            self.decisions[agent.decision_id] = agent.agent_id
        self.touched.add(agent.agent_id)
        return agent

    def pools(self, agent_id: AgentId) -> tuple[Pool, ...]:
        return self._pools_of.get(agent_id, self._open_pools)

    def is_member(self, agent_id: AgentId, queue_id: QueueId | None) -> bool:
        return queue_id in self.pool_of and self.pool_of[queue_id] in self.pools(agent_id)

    def admits(self, agent: Agent, work: Work) -> bool:
        """R11 and R12: one more item of this work fits. A call in hand blocks everything."""
        hands = self.hands[agent.agent_id]
        return not hands.calls and hands.load + self.config.weights[work] <= agent.capacity

    def admitted(self, agent: Agent) -> tuple[Work, ...]:
        """Kinds of work the agent could be offered now: R6 to R12."""
        if agent.status != "available" or agent.next or not agent.reachable or agent.decision_id:
            return ()
        if self.hands[agent.agent_id].offers >= self.config.offer_limit:
            return ()
        return tuple(work for work in WORKS if self.admits(agent, work))

    def is_excluded(self, item: Item, agent: Agent) -> bool:
        """R5: declined this, or let an offer of it run out and has not chosen ``available`` since."""
        if agent.agent_id in item.excluded:
            return True
        missed_at = item.missed.get(agent.agent_id)
        return missed_at is not None and agent.available_since <= missed_at

    # items

    def bearer(self, item: Item) -> AgentId | None:
        """Whose capacity the item takes."""
        if item.intent == "offer" or item.state in ("offered", "accepting"):
            return item.offered_to
        if item.intent == "resume" or item.state in ("live", "wrap_up"):
            return item.agent_id
        return None

    def is_waiting(self, item: Item) -> bool:
        """Routable and in nobody's hands."""
        return (
            item.state == "queued"
            and not item.intent
            and item.voids < self.config.void_limit
            and item.queue_id in self.pool_of
        )

    def expects(self, item: Item) -> bool:
        """The preferred agent may still come in time."""
        if item.preferred is None or item.preferred_until <= self.now:
            return False
        agent = self.agents.get(item.preferred)
        return (
            agent is not None
            and agent.status != "offline"
            and self.is_member(agent.agent_id, item.queue_id)
            and not self.is_excluded(item, agent)
        )

    def lift(self, item: Item) -> AgentId | None:
        """Take the item out of everything derived. Returns who bore it."""
        bearer = self.bearer(item)
        if bearer is not None and bearer in self.hands:
            self._bear(item, bearer, -1)
        if item.decision_id:
            self.decisions.pop(item.decision_id, None)
        key = item.interaction_id
        if self.is_waiting(item) and item.queue_id is not None:
            self.waiting[self.pool_of[item.queue_id], item.work].discard(key)
        if item.preferred is not None:
            if (heap := self.preferred.get((item.preferred, item.work))) is not None:
                heap.discard(key)
            if (hands := self.hands.get(item.preferred)) is not None:
                hands.staged.discard(key)
        self.bounds.discard(key)
        self.closed.discard(key)
        self.arrived.discard(key)
        return bearer

    def lay(self, item: Item) -> None:
        """Put the item where its state says."""
        bearer = self.bearer(item)
        if bearer is not None:
            if bearer not in self.agents:
                self.add_agent(Agent(agent_id=bearer, capacity=self.config.capacity))
            self._bear(item, bearer, 1)
        if item.decision_id:
            self.decisions[item.decision_id] = item.interaction_id
        if self.is_waiting(item):
            self._line_up(item)
        elif item.state == "closed":
            self.closed.push(item.closed_at, item.interaction_id)

    def _line_up(self, item: Item) -> None:
        key = item.interaction_id
        staged = self.expects(item)
        if not staged:
            item.preferred_until = 0
            assert item.queue_id is not None
            self.waiting[self.pool_of[item.queue_id], item.work].push(item.age_start, key)
        elif item.preferred is not None:
            self.hands[item.preferred].staged.add(key)
            self.bounds.push(item.preferred_until, key)
        if item.preferred is not None and self.is_member(item.preferred, item.queue_id):
            line = self.preferred.setdefault((item.preferred, item.work), LazyHeap())
            line.push(item.age_start - self.config.sticky_seconds * SECOND, key)
        self.arrived.add(key)

    def _bear(self, item: Item, agent_id: AgentId, sign: int) -> None:
        hands = self.hands[agent_id]
        hands.load += sign * self.config.weights[item.work]
        if item.work == "call":
            hands.calls += sign
        if item.intent == "offer" or item.state in ("offered", "accepting"):
            hands.offers += sign
        if sign > 0:
            hands.items.add(item.interaction_id)
        else:
            hands.items.discard(item.interaction_id)
        self.touched.add(agent_id)

    def settle(self) -> None:
        """Bring the ready heaps up to date for the agents touched."""
        for agent_id in sorted(self.touched):
            agent, hands = self.agents[agent_id], self.hands[agent_id]
            works = self.admitted(agent)
            listed = (agent.idle_since, works) if works else (0, ())
            if listed == hands.listed:
                continue
            for pool in self.pools(agent_id):
                for work in WORKS:
                    if work in works:
                        self.ready[pool, work].push(agent.idle_since, agent_id)
                    elif work in hands.listed[1]:
                        self.ready[pool, work].discard(agent_id)
            hands.listed = listed
            if works:
                self.freed.add(agent_id)
        self.touched.clear()


def _pools(
    config: RoutingConfig,
) -> tuple[dict[QueueId, Pool], dict[Pool, frozenset[AgentId] | None], dict[AgentId, tuple[Pool, ...]], tuple[Pool, ...]]:
    """Queues with the same members share a pool: then agents stand in one heap for all of them."""
    numbers: dict[frozenset[AgentId] | None, Pool] = {}
    pool_of: dict[QueueId, Pool] = {}
    for queue in config.queues:
        members = None if queue.members is None else frozenset(queue.members)
        pool_of[queue.queue_id] = numbers.setdefault(members, len(numbers))
    open_pools = tuple(number for members, number in numbers.items() if members is None)
    named: dict[AgentId, list[Pool]] = {}
    for queue in config.queues:
        for agent_id in queue.members or ():
            pools = named.setdefault(agent_id, list(open_pools))
            if pool_of[queue.queue_id] not in pools:
                pools.append(pool_of[queue.queue_id])
    return (
        pool_of,
        {number: members for members, number in numbers.items()},
        {agent_id: tuple(pools) for agent_id, pools in named.items()},
        open_pools,
    )
