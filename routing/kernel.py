"""Which agent is offered which interaction. Law: no I/O, no clock, no chance; the same events give the same decisions.

State moves by events of the log. A decision is held as an intent until the log confirms or voids it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from hub.ids import AgentId, InteractionId, QueueId
from routing import decisions as out
from routing import events as rv
from routing import moves
from routing.book import Book, Hands
from routing.config import SECOND, RoutingConfig
from routing.explain import explain
from routing.matching import choose, pick
from routing.state import ON_OFFER, Agent, Item, State


class Kernel:
    """``checkpoint`` is what ``checkpoint()`` gave, under this or another configuration."""

    def __init__(self, config: RoutingConfig, checkpoint: bytes | State | None = None) -> None:
        state = msgspec.json.decode(checkpoint, type=State) if isinstance(checkpoint, bytes) else checkpoint
        self.config = config
        self.book = Book(config, state or State())
        self.is_in_doubt = False
        """Claims of one interaction failed again and again: the log and this memory must differ."""
        self._digest = config.digest()
        self._made: list[out.Decision] = []
        self._trigger: type[rv.RoutingEvent] = rv.RoutingEvent
        self._stop_before = ""

    @property
    def position(self) -> int:
        return self.book.position

    def checkpoint(self) -> bytes:
        """Canonical: equal state, equal bytes."""
        return msgspec.json.encode(self.book.state(), order="deterministic")

    def version_of(self, interaction: InteractionId) -> int:
        """What a claim compares; 0: not known."""
        item = self.book.items.get(interaction)
        return item.version if item else 0

    def is_pending(self, decision: out.Decision) -> bool:
        """Neither confirmed nor voided, and no event has overtaken it."""
        return decision.decision_id in self.book.decisions

    def explain(self, interaction: InteractionId) -> out.Explanation:
        """Every rule for every member of the queue. Raises KeyError for an interaction the kernel does not know."""
        return explain(self.book, interaction, self._digest)

    def explain_before(self, event: rv.RoutingEvent, decision: out.Offer) -> out.Explanation:
        """The candidate part of a decision's record, from the state before its event. The kernel is spent then."""
        self._stop_before = decision.decision_id
        try:
            self.apply(event)
        except _Reached:
            return self.explain(decision.interaction_id)
        raise LookupError(f"{decision.decision_id} does not follow from this event")

    def apply(self, event: rv.RoutingEvent) -> tuple[out.Decision, ...]:
        """What follows from the event. Events come in the order of the log; ``event.at`` is the only clock."""
        book = self.book
        if event.position > book.position:
            book.position, book.decided = event.position, 0
        book.now = max(book.now, event.at)
        self._made = []
        self._trigger = type(event)
        if book.bounds.live:
            self._pass_bounds()
        moves.follow(book, event)
        if (consequence := _CONSEQUENCES.get(type(event))) is not None:
            consequence(self, event)
        if book.touched:
            self._tend()
        if book.arrived or book.freed:
            self._serve()
        return tuple(self._made)

    # what the event means beyond the move

    def _wrote(self, event: rv.CustomerWrote) -> None:
        item = self.book.items.get(event.interaction_id)
        if item is not None and not event.automatic:
            self._wake(item, "customer")

    def _woken(self, event: rv.Woken) -> None:
        item = self.book.items.get(event.interaction_id)
        if item is None:
            return
        if event.kind == "wake":
            self._wake(item, "wake")
        elif event.kind == "preferred" and item.is_waiting:
            self.book.lift(item)
            item.preferred_until = 0
            self.book.lay(item)

    def _regard(self, event: rv.PresenceChanged) -> None:
        """The presence changed: offers not yet made, and interactions kept for him, may have to go to others."""
        book, hands = self.book, self.book.hands[event.agent_id]
        agent = hands.agent
        book.freed.add(agent.agent_id)
        for key in () if agent.is_on_duty else sorted(hands.items):
            if book.items[key].intent == "offer":
                book.reconsider(book.items[key])
        for key in sorted(hands.staged) if agent.status == "offline" else ():
            book.reconsider(book.items[key])

    def _voided(self, event: rv.Voided) -> None:
        key = self.book.decisions.get(event.decision_id)
        if key is None:
            return
        item = self.book.items.get(InteractionId(key))
        if item is None:
            del self.book.decisions[event.decision_id]
            agent = self.book.agents[AgentId(key)]
            agent.decision_id = ""
            agent.forget_misses()
            self.book.touched.add(agent.agent_id)
            return
        item.voids += 1
        self.is_in_doubt |= item.voids >= self.config.void_limit
        self.book.reconsider(item)
        if item.wake:
            self._wake(item, item.wake)

    def _start(self, event: rv.Started) -> None:
        """Everything open is looked at once: after a restart nothing may be left for want of an event."""
        book = self.book
        book.touched.update(book.agents)
        book.freed.update(book.agents)
        for key, item in book.items.items():
            if item.is_waiting:
                book.arrived.add(key)
            elif item.wake:
                self._wake(item, item.wake)

    def _pass_bounds(self) -> None:
        """Interactions whose wait for the preferred agent is over are for everybody."""
        while (head := self.book.bounds.head()) is not None and head[0] <= self.book.now:
            self.book.reconsider(self.book.items[InteractionId(head[1])])

    # what follows for work in hand

    def _wake(self, item: Item, cause: str) -> None:
        """A snoozed interaction goes back to its owner where he has room, else into the queue."""
        if item.state not in ("snoozed", "wrap_up") or item.intent:
            return
        item.wake = cause
        queue_id = self.book.queue_of(item)
        if item.voids >= self.config.void_limit:
            return
        if item.agent_id is not None and self._takes_back(item, item.agent_id):
            name = self._next_id()
            self.book.want(item, "resume", name)
            self._made.append(
                out.Resume(
                    decision_id=name,
                    interaction_id=item.interaction_id,
                    agent_id=item.agent_id,
                    weight=self.book.weights[item.work],
                    cause=cause,
                )
            )
        elif queue_id is not None:
            name = self._next_id()
            self.book.want(item, "requeue", name)
            self._made.append(
                out.Requeue(
                    decision_id=name,
                    interaction_id=item.interaction_id,
                    queue_id=queue_id,
                    preferred=item.agent_id,
                    cause=cause,
                )
            )

    def _takes_back(self, item: Item, owner: AgentId) -> bool:
        if item.state == "wrap_up":
            return True
        hands = self.book.hands.get(owner)
        return hands is not None and hands.agent.is_on_duty and self.book.admits(hands, item.work)

    def _tend(self) -> None:
        """What agents touched by the event owe: offers nobody can answer, work nobody holds, too many misses."""
        touched = self.book.touched
        for agent_id in sorted(touched) if len(touched) > 1 else tuple(touched):
            agent = self.book.agents[agent_id]
            if not agent.reachable or agent.status == "offline":
                for key in sorted(self.book.hands[agent_id].items):
                    self._give_back(self.book.items[key], agent)
            if agent.miss_limit and agent.misses >= agent.miss_limit:
                self._mark_missed(agent)
        self.book.settle()

    def _give_back(self, item: Item, agent: Agent) -> None:
        if item.intent or item.voids >= self.config.void_limit:
            return
        queue_id = self.book.queue_of(item)
        if item.state in ON_OFFER and item.offer_id is not None and not agent.reachable:
            name = self._next_id()
            self.book.want(item, "time_out", name)
            self._made.append(
                out.TimeOut(
                    decision_id=name,
                    offer_id=item.offer_id,
                    interaction_id=item.interaction_id,
                    agent_id=agent.agent_id,
                    cause="socket_down",
                )
            )
        elif item.state == "live" and item.work != "call" and agent.status == "offline" and queue_id is not None:
            name = self._next_id()
            self.book.want(item, "return", name)
            self._made.append(
                out.Return(
                    decision_id=name,
                    interaction_id=item.interaction_id,
                    queue_id=queue_id,
                    preferred=agent.agent_id,
                    cause="agent_lost",
                )
            )

    def _mark_missed(self, agent: Agent) -> None:
        if agent.decision_id or agent.status != "available":
            return
        name = agent.decision_id = self._next_id()
        self.book.decisions[name] = agent.agent_id
        self._made.append(out.MarkMissed(decision_id=name, agent_id=agent.agent_id, cause=agent.miss_cause))

    # offers

    def _serve(self) -> None:
        """Offer until no pair is left. Before the event none was, so only what arrived or was freed is looked at."""
        book = self.book
        if len(book.freed) == 1 and not book.arrived:
            self._serve_one(book.hands[book.freed.pop()])
            return
        if len(book.arrived) == 1 and not book.freed:
            self._place(book.items[book.arrived.pop()])
        else:
            book.enlist()
            for key in sorted(book.arrived, key=lambda key: (book.key(book.items[key]), key)):
                self._place(book.items[key])
            book.arrived.clear()
        while book.freed:
            for agent_id in sorted(book.freed, key=lambda key: (book.agents[key].idle_since, key)):
                self._fill(book.hands[agent_id])

    def _serve_one(self, hands: Hands) -> None:
        """Nobody else was freed: whatever waits for this agent has no other, so the others need not be asked."""
        book = self.book
        while hands.level and (item := pick(book, hands)) is not None:
            self._offer(item, hands.agent)
        book.freed.clear()
        book.enlist()

    def _place(self, item: Item) -> None:
        """Find an agent for what arrived. One who was freed as well takes the oldest he may have, perhaps this."""
        book = self.book
        while item.is_waiting:
            reason = book.obstacle(item)
            queue_id = book.queue_of(item)
            agent = choose(book, item, queue_id) if reason is None and queue_id is not None else None
            if agent is None:
                self._wait(item, reason or ("preferred_agent" if item.preferred_until else "nobody_free"))
                return
            if agent.agent_id in book.freed:
                self._fill(book.hands[agent.agent_id])
            else:
                self._offer(item, agent)
                book.enlist()

    def _fill(self, hands: Hands) -> None:
        """Give a freed agent the interactions with the smallest key, while he may have one more."""
        book, agent = self.book, hands.agent
        book.freed.discard(agent.agent_id)
        while hands.level and (item := pick(book, hands)) is not None:
            queue_id = book.queue_of(item)
            best = choose(book, item, queue_id) if queue_id is not None else None
            assert best is not None, "who picks an interaction may have it"
            if best is not agent and best.agent_id in book.freed:
                self._fill(book.hands[best.agent_id])
            else:
                self._offer(item, best)
                book.enlist()
        book.freed.discard(agent.agent_id)

    def _offer(self, item: Item, agent: Agent) -> None:
        book = self.book
        queue_id = book.queue_of(item)
        assert queue_id is not None
        name = self._next_id()
        if name == self._stop_before:
            raise _Reached
        record = self._record(name, item, agent, queue_id)
        book.want(item, "offer", name, agent.agent_id)
        book.settle()
        self._made.append(
            out.Offer(
                decision_id=name,
                interaction_id=item.interaction_id,
                agent_id=agent.agent_id,
                queue_id=queue_id,
                weight=book.weights[item.work],
                seconds=book.queues[queue_id].offer_seconds[item.work],
                why=record,
            )
        )

    def _record(self, name: str, item: Item, agent: Agent, queue_id: QueueId) -> out.Record:
        book = self.book
        free = 0
        for heap in book.ready[queue_id][book.levels[item.work] - 1 :]:
            free += len(heap.live)
        hands = book.hands[agent.agent_id]
        return out.Record(
            decision=name,
            position=book.position,
            trigger=self._trigger.__name__,
            rule="preferred_agent" if item.preferred_until else "longest_idle",
            waited=(book.now - item.age_start) // SECOND,
            idle=(book.now - agent.idle_since) // SECOND,
            load=hands.load,
            capacity=agent.capacity,
            free_agents=free + (not hands.listed[0]),
            waiting=len(book.waiting[queue_id][item.work].live),
            version=item.version,
            configuration=self._digest,
        )

    def _wait(self, item: Item, reason: out.WaitReason) -> None:
        if item.waits_for == reason:
            return
        item.waits_for = reason
        self._made.append(out.Wait(decision_id=self._next_id(), interaction_id=item.interaction_id, reason=reason))
        if reason == "preferred_agent":
            self._made.append(
                out.SetTimer(
                    decision_id=self._next_id(),
                    interaction_id=item.interaction_id,
                    kind="preferred",
                    at=item.preferred_until,
                )
            )

    def _next_id(self) -> str:
        self.book.decided += 1
        return f"{self.book.position}.{self.book.decided}"


_CONSEQUENCES: dict[type[rv.RoutingEvent], Callable[[Kernel, Any], None]] = {
    rv.CustomerWrote: Kernel._wrote,
    rv.Woken: Kernel._woken,
    rv.PresenceChanged: Kernel._regard,
    rv.Voided: Kernel._voided,
    rv.Started: Kernel._start,
}
"""What an event means beyond the move of what it speaks of."""


class _Reached(Exception):
    """The decision asked about comes next."""
