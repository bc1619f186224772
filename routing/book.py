"""Items, agents and the heaps over them.

Law: an item changes only between ``lift`` and ``lay``, so that nothing derived is stale.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

from hub.ids import AgentId, InteractionId, QueueId
from routing.config import SECOND, WORKS, QueueRule, RoutingConfig, Work
from routing.decisions import WaitReason
from routing.heaps import LazyHeap
from routing.pools import pools
from routing.rules import queue_for
from routing.state import ON_OFFER, Agent, Intent, Item, State

Line = tuple[int, LazyHeap]
"""Level that an agent needs for this kind of work, and what waits."""
_NOWHERE = (0, 0)


class Hands:
    """What an agent holds and where he stands: derived from items."""

    __slots__ = ("agent", "calls", "items", "level", "lines", "listed", "load", "offers", "own", "ready", "staged")

    def __init__(self, agent: Agent, lines: Iterable[Line], ready: Iterable[list[LazyHeap]]) -> None:
        self.agent = agent
        self.lines = list(lines)
        """What the agent may be offered: of each pool each kind of work, and what prefers him."""
        self.ready = tuple(ready)
        """Of each pool the free agents, by level."""
        self.own: dict[Work, LazyHeap] = {}
        """Interactions that prefer this agent."""
        self.load = 0
        self.calls = 0
        self.offers = 0
        self.items: set[InteractionId] = set()
        self.staged: set[InteractionId] = set()
        """Interactions that wait for this agent alone."""
        self.level = 0
        """Room for the lightest 1, 2 ... kinds of work; 0: nothing may be offered."""
        self.listed = _NOWHERE
        """Level and sort key under which the agent stands among the free ones."""


class Book:
    def __init__(self, config: RoutingConfig, state: State) -> None:
        self.config = config
        self.position = state.position
        self.decided = state.decided
        self.now = state.now
        self.queues: dict[QueueId, QueueRule] = {queue.queue_id: queue for queue in config.queues}
        self.weights = config.weights
        self.steps = sorted(set(config.weights.values()))
        self.levels: dict[Work, int] = {work: self.steps.index(config.weights[work]) + 1 for work in WORKS}
        """Level an agent needs for each kind of work."""
        self.pools = pools(config)
        waiting = [{work: LazyHeap() for work in WORKS} for _ in range(self.pools.size)]
        self._ready = [[LazyHeap() for _ in self.steps] for _ in range(self.pools.size)]
        self._lines: list[list[Line]] = [[(self.levels[work], line[work]) for work in WORKS] for line in waiting]
        self.waiting = {queue_id: waiting[pool] for queue_id, pool in self.pools.of_queue.items()}
        self.ready = {queue_id: self._ready[pool] for queue_id, pool in self.pools.of_queue.items()}
        self.bounds = LazyHeap()
        """Ends of the waits for preferred agents."""
        self.items: dict[InteractionId, Item] = {}
        self.agents: dict[AgentId, Agent] = {}
        self.hands: dict[AgentId, Hands] = {}
        self.decisions: dict[str, InteractionId | AgentId] = {}
        self.arrived: set[InteractionId] = set()
        self.freed: set[AgentId] = set()
        self.touched: set[AgentId] = set()
        self._unlisted: set[AgentId] = set()
        self._fill(state)

    def _fill(self, state: State) -> None:
        for agent in state.agents:
            self._add_agent(agent)
        for item in state.items:
            self.items[item.interaction_id] = item
            self.lay(item)
        self.settle()
        self.enlist()
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
        waiting = [heap for lines in self._lines for _, heap in lines]
        ready = [heap for heaps in self._ready for heap in heaps]
        own = [heap for hands in self.hands.values() for heap in hands.own.values()]
        return sum(heap.operations for heap in (*waiting, *ready, *own, self.bounds))

    # agents

    def agent(self, agent_id: AgentId) -> Agent:
        """The agent; one nobody heard of yet is offline."""
        return self.agents.get(agent_id) or self._add_agent(Agent(agent_id=agent_id, capacity=self.config.capacity))

    def _add_agent(self, agent: Agent) -> Agent:
        served = self.pools.of_agent(agent.agent_id)
        lines = (line for pool in served for line in self._lines[pool])
        self.agents[agent.agent_id] = agent
        self.hands[agent.agent_id] = Hands(agent, lines, (self._ready[pool] for pool in served))
        if agent.decision_id:
            self.decisions[agent.decision_id] = agent.agent_id
        self.touched.add(agent.agent_id)
        return agent

    def admits(self, hands: Hands, work: Work) -> bool:
        """R11 and R12: one more item of this work fits. A call in hand blocks everything."""
        return not hands.calls and hands.load + self.weights[work] <= hands.agent.capacity

    def _level(self, hands: Hands) -> int:
        """R6 to R12, as far as they don't depend on the interaction."""
        agent = hands.agent
        if hands.calls or hands.offers >= self.config.offer_limit or not agent.is_on_duty or agent.decision_id:
            return 0
        return bisect_right(self.steps, agent.capacity - hands.load)

    def is_excluded(self, item: Item, agent: Agent) -> bool:
        """R5: declined this, or let an offer of it run out and has not chosen ``available`` since."""
        if agent.agent_id in item.excluded:
            return True
        missed_at = item.missed.get(agent.agent_id)
        return missed_at is not None and agent.available_since <= missed_at

    def settle(self) -> None:
        """Find out anew what the agents touched may be offered, in any order. Who may be offered more is freed."""
        while self.touched:
            agent_id = self.touched.pop()
            hands = self.hands[agent_id]
            level = hands.level = self._level(hands)
            listed = hands.listed
            if listed[0]:
                if listed == (level, hands.agent.idle_since):
                    continue
                for heaps in hands.ready:
                    heaps[listed[0] - 1].discard(agent_id)
                hands.listed = _NOWHERE
            if level:
                self.freed.add(agent_id)
                self._unlisted.add(agent_id)

    def enlist(self) -> None:
        """Put the agents who were freed among the free ones, where what arrives finds them; in any order."""
        while self._unlisted:
            agent_id = self._unlisted.pop()
            hands = self.hands[agent_id]
            if hands.level and not hands.listed[0]:
                hands.listed = (hands.level, hands.agent.idle_since)
                for heaps in hands.ready:
                    heaps[hands.level - 1].push(hands.agent.idle_since, agent_id)

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
        if item.intent:
            self.decisions.pop(item.decision_id, None)
        elif item.state == "queued":
            self._leave(item)
            return
        if (bearer := item.bearer) is not None:
            self._bear(item, bearer, -1)

    def lay(self, item: Item) -> None:
        """Put the item where its state says."""
        if item.intent:
            self.decisions[item.decision_id] = item.interaction_id
        elif item.state == "queued":
            self._line_up(item)
            return
        if (bearer := item.bearer) is not None:
            self._bear(item, bearer, 1)

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
        if item.preferred is not None and self.expects(item):
            self.hands[item.preferred].staged.add(key)
            self.bounds.push(item.preferred_until, key)
        else:
            item.preferred_until = 0
            self.waiting[queue_id][item.work].push(self.key(item), key)
        if item.preferred is not None and self.pools.is_member(item.preferred, queue_id):
            self._own(item.preferred, item.work).push(self.key(item) - self.config.sticky_seconds * SECOND, key)

    def _leave(self, item: Item) -> None:
        key, queue_id = item.interaction_id, self.queue_of(item)
        self.arrived.discard(key)
        if queue_id is not None:
            self.waiting[queue_id][item.work].discard(key)
        if item.preferred is not None:
            self.bounds.discard(key)
            if (hands := self.hands.get(item.preferred)) is not None:
                hands.staged.discard(key)
                if item.work in hands.own:
                    hands.own[item.work].discard(key)

    def _own(self, agent_id: AgentId, work: Work) -> LazyHeap:
        """The line of interactions of this work that prefer the agent."""
        self.agent(agent_id)
        hands = self.hands[agent_id]
        if work not in hands.own:
            hands.own[work] = LazyHeap()
            hands.lines.append((self.levels[work], hands.own[work]))
        return hands.own[work]

    def _bear(self, item: Item, agent_id: AgentId, sign: int) -> None:
        hands = self.hands.get(agent_id)
        if hands is None:
            self.agent(agent_id)
            hands = self.hands[agent_id]
        work = item.work
        hands.load += sign * self.weights[work]
        if work == "call":
            hands.calls += sign
        if item.intent == "offer" or item.state in ON_OFFER:
            hands.offers += sign
        if sign > 0:
            hands.items.add(item.interaction_id)
        else:
            hands.items.discard(item.interaction_id)
        self.touched.add(agent_id)
