"""Which agent is offered which interaction. Law: no I/O, no clock, no chance; the same events give the same decisions.

State moves by events of the log. A decision is held as an intent until the log confirms or voids it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hub.ids import AgentId, InteractionId
from routing import decisions as out
from routing import events as rv
from routing.config import SECOND, Work
from routing.config import RoutingConfig as RoutingConfig
from routing.explain import explain
from routing.state import IN_QUEUE, Agent, Book, Intent, Item, State

_HOUR = 3600 * SECOND


class Kernel:
    """``checkpoint`` is what ``checkpoint()`` gave, under this or another configuration."""

    def __init__(self, config: RoutingConfig, checkpoint: bytes | None = None) -> None:
        state = State() if checkpoint is None else msgspec.json.decode(checkpoint, type=State)
        self.config = config
        self.book = Book(config, state)
        self._digest = config.digest()
        self._offer_seconds = {queue.queue_id: queue.offer_seconds for queue in config.queues}
        self._keep = max((queue.reopen_hours for queue in config.queues), default=72) * _HOUR
        self._trigger = ""
        self._made: list[out.Decision] = []

    @property
    def position(self) -> int:
        return self.book.position

    def checkpoint(self) -> bytes:
        """Canonical: equal state, equal bytes."""
        return msgspec.json.encode(self.book.state(), order="deterministic")

    def explain(self, interaction: InteractionId) -> out.Explanation:
        """Every rule for every member of the queue. Raises KeyError for an interaction the kernel does not know."""
        return explain(self.book, interaction, self._digest)

    def is_pending(self, decision: out.Decision) -> bool:
        """Neither confirmed nor voided, and no event has overtaken it."""
        return decision.decision_id in self.book.decisions

    def apply(self, event: rv.RoutingEvent) -> tuple[out.Decision, ...]:
        """What follows from the event. Events come in the order of the log; ``event.at`` is the only clock."""
        book = self.book
        book.position = max(book.position, event.position)
        book.now = max(book.now, event.at)
        self._made = []
        self._trigger = type(event).__name__
        self._pass_bounds()
        match event:
            case rv.OfInteraction():
                self._of_interaction(event)
            case rv.PresenceChanged():
                self._presence(event)
            case rv.CapacityChanged():
                self._agent(event.agent_id).capacity = event.capacity
                book.touched.add(event.agent_id)
            case rv.Voided():
                self._voided(event)
            case rv.Started():
                self._start()
            case _:
                raise TypeError(f"not a routing event: {event!r}")
        self._tend()
        self._serve()
        return tuple(self._made)

    # the log moves the state

    def _of_interaction(self, event: rv.OfInteraction) -> None:
        item = self.book.items.get(event.interaction_id)
        if item is None:
            item = self._first_sight(event)
            if item is None or isinstance(event, rv.Created):
                return
        match event:
            case rv.CustomerWrote() | rv.Touched():
                item.version += 1 if item.version else 0
                if isinstance(event, rv.CustomerWrote) and not event.automatic:
                    self._wake(item, "customer")
            case rv.Woken():
                if event.kind == "wake":
                    self._wake(item, "wake")
            case _:
                self._move(item, event)

    def _presence(self, event: rv.PresenceChanged) -> None:
        agent = self._agent(event.agent_id)
        began = event.status == "available" and agent.status != "available"
        chose = event.status == "available" and event.chosen and event.next is None
        if began:
            agent.idle_since = event.at
        if began or chose:
            agent.available_since = event.at
            agent.misses, agent.miss_limit = 0, 0
        if agent.decision_id and event.status != "available":
            self.book.decisions.pop(agent.decision_id, None)
            agent.decision_id = ""
        agent.status, agent.next, agent.reachable = event.status, event.next, event.reachable
        self.book.touched.add(agent.agent_id)
        self.book.freed.add(agent.agent_id)
        if not self.book.admitted(agent):
            self._withdraw(agent)

    def _withdraw(self, agent: Agent) -> None:
        """The agent can take nothing more: offers not yet made and interactions kept for him go to others."""
        book = self.book
        hands = book.hands[agent.agent_id]
        is_off = agent.status != "available" or bool(agent.next) or not agent.reachable
        for key in sorted(hands.items if is_off else ()):
            if book.items[key].intent == "offer":
                self._reconsider(book.items[key])
        for key in sorted(hands.staged if agent.status == "offline" else ()):
            self._reconsider(book.items[key])

    def _voided(self, event: rv.Voided) -> None:
        book = self.book
        key = book.decisions.pop(event.decision_id, None)
        if key is None:
            return
        item = book.items.get(InteractionId(key))
        if item is None:
            agent = self._agent(AgentId(key))
            agent.decision_id, agent.misses, agent.miss_limit = "", 0, 0
            book.touched.add(agent.agent_id)
            return
        wanted = item.intent
        self._reconsider(item, failed=True)
        if wanted in ("resume", "requeue"):
            self._wake(item, event.reason)

    def _start(self) -> None:
        """Everything open is looked at once: after a restart nothing may be left for want of an event."""
        self.book.touched.update(self.book.agents)
        self.book.freed.update(self.book.agents)
        self.book.arrived.update(key for key, item in self.book.items.items() if self.book.is_waiting(item))

    def _pass_bounds(self) -> None:
        """Interactions whose wait for the preferred agent is over are for everybody."""
        while (head := self.book.bounds.head()) is not None and head[0] <= self.book.now:
            self._reconsider(self.book.items[InteractionId(head[1])])

    def _forget(self, at: int) -> None:
        while (head := self.book.closed.head()) is not None and head[0] + self._keep < at:
            self.book.lift(self.book.items.pop(InteractionId(head[1])))

    # decisions

    def _wake(self, item: Item, cause: str) -> None:
        """A snoozed interaction goes back to its owner where he has room, else into the queue."""
        if item.state not in ("snoozed", "wrap_up") or item.intent or item.voids >= self.config.void_limit:
            return
        owner = self.book.agents.get(item.agent_id) if item.agent_id else None
        wraps = item.state == "wrap_up"
        if owner is not None and (wraps or (_is_on_duty(owner) and self.book.admits(owner, item.work))):
            intent: Intent = "resume"
        elif item.queue_id is not None and not wraps:
            intent = "requeue"
        else:
            return
        name = self._next_id()
        self.book.lift(item)
        self._want(item, intent, name)
        self.book.lay(item)
        if intent == "resume" and owner is not None:
            self._made.append(
                out.Resume(
                    decision_id=name,
                    interaction_id=item.interaction_id,
                    version=item.version,
                    agent_id=owner.agent_id,
                    weight=self.config.weights[item.work],
                    cause=cause,
                )
            )
        elif item.queue_id is not None:
            self._made.append(
                out.Requeue(
                    decision_id=name,
                    interaction_id=item.interaction_id,
                    version=item.version,
                    queue_id=item.queue_id,
                    preferred=item.agent_id,
                    cause=cause,
                )
            )

    def _tend(self) -> None:
        """What agents touched by the event owe: offers nobody can answer, work nobody holds, too many misses."""
        for agent_id in sorted(self.book.touched):
            agent, hands = self.book.agents[agent_id], self.book.hands[agent_id]
            if not agent.reachable or agent.status == "offline":
                for key in sorted(hands.items):
                    self._give_back(self.book.items[key], agent)
            if agent.miss_limit and agent.misses >= agent.miss_limit:
                self._mark_missed(agent)
        self.book.settle()

    def _give_back(self, item: Item, agent: Agent) -> None:
        if item.intent or item.voids >= self.config.void_limit:
            return
        if item.state in ("offered", "accepting") and item.offer_id is not None and not agent.reachable:
            name = self._intend(item, "time_out")
            self._made.append(
                out.TimeOut(
                    decision_id=name,
                    offer_id=item.offer_id,
                    interaction_id=item.interaction_id,
                    agent_id=agent.agent_id,
                    cause="socket_down",
                )
            )
        elif item.state == "live" and item.work != "call" and agent.status == "offline" and item.queue_id is not None:
            name = self._intend(item, "return")
            self._made.append(
                out.Return(
                    decision_id=name,
                    interaction_id=item.interaction_id,
                    version=item.version,
                    queue_id=item.queue_id,
                    preferred=agent.agent_id,
                    cause="agent_lost",
                )
            )

    def _mark_missed(self, agent: Agent) -> None:
        if agent.decision_id or agent.status != "available":
            return
        agent.decision_id = self._next_id()
        self.book.decisions[agent.decision_id] = agent.agent_id
        self._made.append(
            out.MarkMissed(decision_id=agent.decision_id, agent_id=agent.agent_id, cause=agent.miss_cause)
        )

    def _serve(self) -> None:
        """Offer until no pair is left. Before the event none was, so only what arrived or was freed is looked at."""
        book = self.book
        while book.arrived:
            key = min(book.arrived, key=lambda key: (book.items[key].age_start, key))
            book.arrived.discard(key)
            self._place(book.items[key])
        while book.freed:
            agent_id = min(book.freed, key=lambda key: (book.agents[key].idle_since, key))
            book.freed.discard(agent_id)
            self._fill(book.agents[agent_id])

    def _place(self, item: Item) -> None:
        book = self.book
        while book.is_waiting(item):
            agent = self._choose(item)
            if agent is None:
                self._wait(item)
                return
            if agent.agent_id in book.freed:
                book.freed.discard(agent.agent_id)
                self._fill(agent)
            else:
                self._offer(item, agent)

    def _choose(self, item: Item) -> Agent | None:
        """The preferred agent where he can take it, else the one idle for longest."""
        book = self.book
        agents = book.agents
        assert item.queue_id is not None
        if item.preferred is not None and (agent := agents.get(item.preferred)) is not None:
            is_fit = book.is_member(agent.agent_id, item.queue_id) and not book.is_excluded(item, agent)
            if is_fit and item.work in book.hands[agent.agent_id].listed[1]:
                return agent
        if item.preferred_until:
            return None
        ready = book.ready[book.pool_of[item.queue_id], item.work]
        found = ready.first(lambda key: not book.is_excluded(item, agents[AgentId(key)]))
        return agents[AgentId(found[1])] if found else None

    def _fill(self, agent: Agent) -> None:
        """Give a freed agent the interactions with the smallest key, while he may have one more."""
        while (item := self._pick(agent)) is not None:
            self._offer(item, agent)
        self.book.freed.discard(agent.agent_id)

    def _pick(self, agent: Agent) -> Item | None:
        book = self.book
        best: tuple[int, str] | None = None
        for work in book.hands[agent.agent_id].listed[1]:
            lines = [book.waiting[pool, work] for pool in book.pools(agent.agent_id)]
            if (own := book.preferred.get((agent.agent_id, work))) is not None:
                lines.append(own)
            for line in lines:
                if not len(line):
                    continue
                head = line.first(lambda key: not book.is_excluded(book.items[InteractionId(key)], agent))
                if head is not None and (best is None or head < best):
                    best = head
        return book.items[InteractionId(best[1])] if best else None

    def _offer(self, item: Item, agent: Agent) -> None:
        book = self.book
        assert item.queue_id is not None
        record = self._record(item, agent)
        name = self._next_id()
        book.lift(item)
        self._want(item, "offer", name)
        item.offered_to, item.waits_for = agent.agent_id, ""
        book.lay(item)
        book.settle()
        self._made.append(
            out.Offer(
                decision_id=name,
                interaction_id=item.interaction_id,
                version=item.version,
                agent_id=agent.agent_id,
                queue_id=item.queue_id,
                weight=self.config.weights[item.work],
                seconds=self._offer_seconds[item.queue_id][item.work],
                why={"decision": name, **record},
            )
        )

    def _record(self, item: Item, agent: Agent) -> dict[str, Any]:
        """The kernel part of the decision record: constant size, nothing counted by going through agents."""
        book = self.book
        assert item.queue_id is not None
        signature = (book.pool_of[item.queue_id], item.work)
        return {
            "position": book.position,
            "trigger": self._trigger,
            "rule": "preferred_agent" if item.preferred == agent.agent_id else "longest_idle",
            "waited": max(0, book.now - item.age_start) // SECOND,
            "idle_since": rv.moment(agent.idle_since).isoformat(),
            "load": book.hands[agent.agent_id].load,
            "capacity": agent.capacity,
            "free_agents": len(book.ready[signature]),
            "waiting": len(book.waiting[signature]),
            "version": item.version,
            "configuration": self._digest,
            "kernel": out.KERNEL,
        }

    def _wait(self, item: Item) -> None:
        reason: out.WaitReason = "preferred_agent" if item.preferred_until else "nobody_free"
        if item.waits_for == reason:
            return
        item.waits_for = reason
        self._made.append(out.Wait(decision_id=self._next_id(), interaction_id=item.interaction_id, reason=reason))
        if item.preferred_until:
            self._made.append(
                out.SetTimer(
                    decision_id=self._next_id(),
                    interaction_id=item.interaction_id,
                    kind="preferred",
                    at=item.preferred_until,
                )
            )

    def _next_id(self) -> str:
        return f"{self.book.position}.{len(self._made)}"

    def _agent(self, agent_id: AgentId) -> Agent:
        return self.book.agents.get(agent_id) or self.book.add_agent(
            Agent(agent_id=agent_id, capacity=self.config.capacity)
        )


def _is_on_duty(agent: Agent) -> bool:
    return agent.status == "available" and agent.next is None and agent.reachable
