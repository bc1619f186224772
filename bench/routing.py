"""Routing decisions against the bare heap: goals 7 and 8. A pair is one interaction that arrives and one that ends.

Every event of both lives is applied: created, queued, offered, accepted, answered, closed; a chat waits, one is offered.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Final

from bench.harness import Result, Slice, judge, quantile, rounds
from hub.ids import AgentId, ChannelId, InteractionId, OfferId, QueueId
from routing import decisions as out
from routing import events as rv
from routing.config import SECOND, QueueRule, RoutingConfig
from routing.kernel import Kernel

FLOOR_SIZE: Final = 100_000
SKILLS: Final = 50
PER_AGENT: Final = 3
WAITING: Final = 100_000
PAIRS: Final = 4_000
CALL: Final = ChannelId("phone")


def heap_floor(operations: int, size: int = FLOOR_SIZE) -> Callable[[], Slice]:
    """Push and pop of one item on a heap of ``size``."""
    numbers = random.Random(1)
    heap = [(numbers.random(), number) for number in range(size)]
    heapify(heap)

    def run() -> Slice:
        keys = [numbers.random() for _ in range(operations)]
        wall, cpu = time.perf_counter(), time.process_time()
        for number, key in enumerate(keys):
            heappush(heap, (key, number))
            heappop(heap)
        return Slice(operations, time.perf_counter() - wall, time.process_time() - cpu)

    return run


class Centre:
    """Agents who all hold a call, and a queue that never empties: each call that ends brings the next offer."""

    def __init__(self, agents: int, skills: int, waiting: int) -> None:
        chance = random.Random(7)
        self.queues = [QueueId(f"skill-{number:04}") for number in range(skills)]
        names = [AgentId(f"agent-{number:06}") for number in range(agents)]
        members: dict[QueueId, list[AgentId]] = {queue: [] for queue in self.queues}
        for name in names:
            for queue in chance.sample(self.queues, min(PER_AGENT, skills)):
                members[queue].append(name)
        rules = tuple(QueueRule(queue_id=queue, members=tuple(members[queue])) for queue in self.queues)
        self.kernel = Kernel(RoutingConfig(queues=rules, channels={CALL: "call"}))
        self.chance = chance
        self.position = 0
        self.number = 0
        self.held: dict[AgentId, InteractionId] = {}
        self.delays: list[float] = []
        for _ in range(waiting):
            self.arrive()
        for name in names:
            self.answer(self.apply(rv.PresenceChanged(**self.stamp(), agent_id=name, status="available")))
        self.delays.clear()

    def stamp(self) -> dict[str, int]:
        self.position += 1
        return {"position": self.position, "at": self.position * SECOND // 100}

    def apply(self, event: rv.RoutingEvent) -> tuple[out.Decision, ...]:
        return self.kernel.apply(event)

    def arrive(self) -> tuple[out.Decision, ...]:
        self.number += 1
        name, queue = InteractionId(f"call-{self.number:09}"), self.chance.choice(self.queues)
        self.apply(rv.Created(**self.stamp(), interaction_id=name, channel_id=CALL, queue_id=queue))
        return self.apply(
            rv.Entered(**self.stamp(), interaction_id=name, how="queued", queue_id=queue, channel_id=CALL)
        )

    def end(self, agent: AgentId) -> tuple[out.Decision, ...]:
        return self.apply(rv.Stopped(**self.stamp(), interaction_id=self.held.pop(agent), to="closed"))

    def answer(self, decisions: tuple[out.Decision, ...]) -> None:
        for decision in decisions:
            if not isinstance(decision, out.Offer):
                continue
            name, agent = decision.interaction_id, decision.agent_id
            offer = OfferId(decision.decision_id)
            self.apply(rv.Offered(**self.stamp(), interaction_id=name, offer_id=offer, agent_id=agent))
            self.apply(rv.OfferEnded(**self.stamp(), interaction_id=name, how="accepted", agent_id=agent))
            self.apply(rv.Answered(**self.stamp(), interaction_id=name, agent_id=agent))
            self.held[agent] = name

    def pairs(self, count: int) -> None:
        agents = [self.chance.choice(tuple(self.held)) for _ in range(1)] * 0 or list(self.held)
        for number in range(count):
            self.answer(self.arrive())
            self.answer(self.end(agents[(number * 7919) % len(agents)]))


def pairs(agents: int, skills: int, waiting: int, count: int) -> Callable[[], Slice]:
    """``count`` pairs in a centre of that size, whole lives included."""
    centre = Centre(agents, skills, waiting)

    def run() -> Slice:
        wall, cpu = time.perf_counter(), time.process_time()
        centre.pairs(count)
        return Slice(count, time.perf_counter() - wall, time.process_time() - cpu)

    return run


def run(say: Callable[[str], object] = print) -> list[Result]:
    return []


if __name__ == "__main__":
    floor = heap_floor(50_000)
    for agents in (1_000, 10_000):
        t = time.perf_counter()
        one = pairs(agents, SKILLS, WAITING, PAIRS)
        print("setup", time.perf_counter() - t)
        rs = [m.per_cpu / f.per_cpu for m, f in rounds(one, floor, 5)]
        print(agents, rs, 1e6 / floor().per_cpu, 1e6 / one().per_cpu)
