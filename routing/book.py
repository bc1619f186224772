"""Items, agents and the heaps over them.

Law: an item changes only between ``lift`` and ``lay``, so that nothing derived is stale.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from hub.ids import AgentId, InteractionId, QueueId
from routing.config import SECOND, WORKS, QueueRule, RoutingConfig, Work
from routing.decisions import WaitReason
from routing.heaps import LazyHeap
from routing.pools import Pool, pools
from routing.rules import queue_for
from routing.state import ON_OFFER, Agent, Intent, Item, State

_INDEX: dict[Work, int] = {work: index for index, work in enumerate(WORKS)}


class Hands:
    """What an agent holds and where he stands: derived from items."""

    __slots__ = ("agent", "calls", "items", "level", "listed_at", "load", "offers", "pools", "staged")

    def __init__(self, agent: Agent, served: tuple[Pool, ...]) -> None:
        self.agent = agent
        self.pools = served
        self.load = 0
        self.calls = 0
        self.offers = 0
        self.items: set[InteractionId] = set()
        self.staged: set[InteractionId] = set()
        """Interactions that wait for this agent alone."""
        self.level = 0
        """Room for the lightest 1, 2 ... kinds of work; 0: nothing may be offered."""
        self.listed_at = 0
        """Sort key under which the agent stands in the ready heaps."""


class Book:
    def __init__(self, config: RoutingConfig, state: State) -> None:
        self.config = config
        self.position = state.position
        self.decided = state.decided
        self.now = state.now
        self.queues: dict[QueueId, QueueRule] = {queue.queue_id: queue for queue in config.queues}
        self.pools = pools(config)
        self.items: dict[InteractionId, Item] = {}
        self.agents: dict[AgentId, Agent] = {}
        self.hands: dict[AgentId, Hands] = {}
        self._steps = sorted(set(config.weights.values()))
        self.levels = tuple(self._steps.index(config.weights[work]) + 1 for work in WORKS)
        """Level an agent needs for each kind of work."""
        self.waiting = [[LazyHeap() for _ in WORKS] for _ in range(self.pools.size)]
        self.ready = [[LazyHeap() for _ in self._steps] for _ in range(self.pools.size)]
        self.preferred: dict[AgentId, list[LazyHeap]] = {}
        self.bounds = LazyHeap()
        """Ends of the waits for preferred agents."""
        self.decisions: dict[str, InteractionId | AgentId] = {}
        self.freed: set[AgentId] = set()
        self.arrived: set[InteractionId] = set()
        self.touched: set[AgentId] = set()
        for agent in state.agents:
            self._add_agent(agent)
        for item in state.items:
            self.items[item.interaction_id] = item
            self.lay(item)
        self.settle()
        self.freed.clear()
        self.arrived.clear()

    def state(self) -> State:
        return State(
            position=self.position,
            decided=self.decided,
            now=self.now,
            items=[self.items[key] for key in sorted(self.items)],
            agents=[self.agents[key] for key in sorted(self.agents)],
        )

    @property
    def operations(self) -> int:
        """Pushes and pops of all heaps: the cost that must not grow with the number of agents."""
        return sum(heap.operations for heap in self._heaps())

    def _heaps(self) -> Iterator[LazyHeap]:
        for lines in (*self.waiting, *self.ready, *self.preferred.values()):
            yield from lines
        yield self.bounds

    # agents

    def agent(self, agent_id: AgentId) -> Agent:
        """The agent; one nobody heard of yet is offline."""
        return self.agents.get(agent_id) or self._add_agent(Agent(agent_id=agent_id, capacity=self.config.capacity))

    def _add_agent(self, agent: Agent) -> Agent:
        self.agents[agent.agent_id] = agent
        self.hands[agent.agent_id] = Hands(agent, self.pools.of_agent(agent.agent_id))
        if agent.decision_id:
            self.decisions[agent.decision_id] = agent.agent_id
        self.touched.add(agent.agent_id)
        return agent

    def admits(self, hands: Hands, work: Work) -> bool:
        """R11 and R12: one more item of this work fits. A call in hand blocks everything."""
        return not hands.calls and hands.load + self.config.weights[work] <= hands.agent.capacity

    def _level(self, hands: Hands) -> int:
        """R6 to R12, as far as they don't depend on the interaction."""
        agent = hands.agent
        if not agent.is_on_duty or agent.decision_id or hands.calls or hands.offers >= self.config.offer_limit:
            return 0
        return bisect_right(self._steps, agent.capacity - hands.load)

    def is_excluded(self, item: Item, agent: Agent) -> bool:
        """R5: declined this, or let an offer of it run out and has not chosen ``available`` since."""
        if agent.agent_id in item.excluded:
            return True
        missed_at = item.missed.get(agent.agent_id)
        return missed_at is not None and agent.available_since <= missed_at

    def settle(self) -> None:
        """Bring the ready heaps up to date for the agents touched."""
        if not self.touched:
            return
        for agent_id in sorted(self.touched):
            hands = self.hands[agent_id]
            level, at = self._level(hands), hands.agent.idle_since
            if level == hands.level and (at == hands.listed_at or not level):
                continue
            for pool in hands.pools:
                if hands.level and level != hands.level:
                    self.ready[pool][hands.level - 1].discard(agent_id)
                if level:
                    self.ready[pool][level - 1].push(at, agent_id)
            hands.level, hands.listed_at = level, at
            if level:
                self.freed.add(agent_id)
        self.touched.clear()

    # items

    def queue_of(self, item: Item) -> QueueId | None:
        """Where it waits, or would; None: nowhere."""
        if item.queue_id in self.queues:
            return item.queue_id
        return queue_for(item.channel_id, item.queue_id, self.queues, self.config.homes)

    def obstacle(self, item: Item) -> WaitReason | None:
        """I1 and I3: why a waiting item can't be offered to anybody."""
        if item.voids >= self.config.void_limit:
            return "claims_failed"
        return None if self.queue_of(item) is not None else "queue_unknown"

    def key(self, item: Item) -> int:
        """The rank key: smaller first, constant while the item waits."""
        return item.age_start - self.config.head_starts.get(item.priority, 0) * SECOND

    def line(self, queue_id: QueueId, work: Work) -> LazyHeap:
        return self.waiting[self.pools.of_queue[queue_id]][_INDEX[work]]

    def level_for(self, work: Work) -> int:
        return self.levels[_INDEX[work]]

    def expects(self, item: Item) -> bool:
        """The preferred agent may still come in time."""
        if item.preferred is None or item.preferred_until <= self.now:
            return False
        agent = self.agents.get(item.preferred)
        return (
            agent is not None
            and agent.status != "offline"
            and self.pools.is_member(agent.agent_id, self.queue_of(item))
            and not self.is_excluded(item, agent)
        )

    def lift(self, item: Item) -> None:
        """Take the item out of everything derived."""
        bearer = item.bearer
        if bearer is not None:
            self._bear(item, bearer, -1)
        if item.decision_id:
            self.decisions.pop(item.decision_id, None)
        if item.is_waiting:
            self._leave(item)

    def lay(self, item: Item) -> None:
        """Put the item where its state says."""
        bearer = item.bearer
        if bearer is not None:
            self._bear(item, bearer, 1)
        if item.decision_id:
            self.decisions[item.decision_id] = item.interaction_id
        if item.is_waiting:
            self._line_up(item)

    def want(self, item: Item, intent: Intent, decision_id: str, agent_id: AgentId | None = None) -> None:
        """Hold the item for a decision until the log confirms or voids it."""
        self.lift(item)
        item.intent, item.decision_id, item.waits_for = intent, decision_id, ""
        if intent == "offer":
            item.offered_to = agent_id
        self.lay(item)

    def reconsider(self, item: Item) -> None:
        """Give up what was decided for the item, and look at it again."""
        self.lift(item)
        item.drop_intent()
        self.lay(item)

    def _line_up(self, item: Item) -> None:
        key, queue_id = item.interaction_id, self.queue_of(item)
        self.arrived.add(key)
        if queue_id is None or item.voids >= self.config.void_limit:
            return
        if item.preferred is None:
            self.line(queue_id, item.work).push(self.key(item), key)
            return
        if self.expects(item):
            self.hands[item.preferred].staged.add(key)
            self.bounds.push(item.preferred_until, key)
        else:
            item.preferred_until = 0
            self.line(queue_id, item.work).push(self.key(item), key)
        if self.pools.is_member(item.preferred, queue_id):
            own = self.preferred.setdefault(item.preferred, [LazyHeap() for _ in WORKS])
            own[_INDEX[item.work]].push(self.key(item) - self.config.sticky_seconds * SECOND, key)

    def _leave(self, item: Item) -> None:
        key, queue_id = item.interaction_id, self.queue_of(item)
        self.arrived.discard(key)
        if queue_id is not None:
            self.line(queue_id, item.work).discard(key)
        if item.preferred is None:
            return
        self.bounds.discard(key)
        if item.preferred in self.preferred:
            self.preferred[item.preferred][_INDEX[item.work]].discard(key)
        if item.preferred in self.hands:
            self.hands[item.preferred].staged.discard(key)

    def _bear(self, item: Item, agent_id: AgentId, sign: int) -> None:
        hands = self.hands.get(agent_id)
        if hands is None:
            self.agent(agent_id)
            hands = self.hands[agent_id]
        hands.load += sign * self.config.weights[item.work]
        if item.work == "call":
            hands.calls += sign
        if item.intent == "offer" or item.state in ON_OFFER:
            hands.offers += sign
        if sign > 0:
            hands.items.add(item.interaction_id)
        else:
            hands.items.discard(item.interaction_id)
        self.touched.add(agent_id)
