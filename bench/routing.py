"""Routing decisions against the bare heap: goals 7, 8 and 9.

A pair is one interaction that arrives and one agent who is freed and offered the next. What confirms an offer (made,
accepted, answered) is applied between the slices; the whole life, all events of it, is printed beside the pairs.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Final

from bench.harness import Result, Slice, judge, quantile, resident, rounds
from hub.ids import AgentId, ChannelId, InteractionId, OfferId, QueueId
from routing import decisions as out
from routing import events as rv
from routing.config import SECOND, QueueRule, RoutingConfig
from routing.kernel import Kernel

FLOOR_SIZE: Final = 100_000
FLOOR_OPERATIONS: Final = 50_000
SKILLS: Final = 50
PER_AGENT: Final = 3
WAITING: Final = 100_000
PAIRS: Final = 4_000
BATCH: Final = 200
ROUNDS: Final = 5
CALL: Final = ChannelId("phone")


def run(say: Callable[[str], object] = print) -> list[Result]:
    floor = heap_floor(FLOOR_SIZE)
    found = big(floor)  # first: what others free would hide what it takes
    small, large = Centre(1_000, SKILLS, WAITING), Centre(10_000, SKILLS, WAITING)
    say("    two centres are set up")
    found.append(judged("routing pairs / heap floor, 1,000 agents", small, floor))
    found.append(judged("routing pairs / heap floor, 10,000 agents", large, floor))
    both = rounds(pairs(large, PAIRS), pairs(small, PAIRS), ROUNDS)
    found.append(
        judge(
            "routing flatness: 10,000 / 1,000 agents",
            [one.per_cpu / other.per_cpu for one, other in both],
            {"1,000 agents": [other.per_cpu for _, other in both]},
            target=0.80,
            details={"heap operations a pair": round(heap_operations(large), 1)},
        )
    )
    return found


def judged(name: str, centre: Centre, floor: Callable[[], Slice]) -> Result:
    found = rounds(pairs(centre, PAIRS), floor, ROUNDS)
    whole = lives(centre, PAIRS)()
    return judge(
        name,
        [mine.per_cpu / limit.per_cpu for mine, limit in found],
        {"heap floor": [limit.per_cpu for _, limit in found]},
        target=0.20,
        details={
            "pairs per cpu second": round(statistics.median(mine.per_cpu for mine, _ in found)),
            "whole lives per cpu second": round(whole.per_cpu),
            "heap floor per cpu second": round(statistics.median(limit.per_cpu for _, limit in found)),
        },
    )


def big(floor: Callable[[], Slice]) -> list[Result]:
    """7,500 agents, 5,000 queues, 500,000 interactions in one process."""
    before = resident(os.getpid())
    centre = Centre(7_500, 5_000, 500_000)
    used = (resident(os.getpid()) - before) / 2**20
    delays = centre.delays(PAIRS)
    ratios, limits = [], []
    for number in range(ROUNDS):
        limit = floor()
        part = delays[number::ROUNDS]
        ratios.append(quantile(part, 0.99) * limit.per_cpu)
        limits.append(limit.per_cpu)
    return [
        judge(
            "routing, 500,000 waiting: decision p99 / heap floor",
            ratios,
            {"heap floor": limits},
            target=700,
            better="low",
        ),
        judge("routing, 500,000 waiting: memory", [used], {}, target=1536, better="low", unit="MiB"),
    ]


def heap_floor(size: int, operations: int = FLOOR_OPERATIONS) -> Callable[[], Slice]:
    """Pop and push of one item on a heap of ``size``, of the same shape as the kernel's entries."""
    chance = random.Random(1)
    heap = [(chance.randrange(10**12), f"item-{number:09}", number) for number in range(size)]
    heapify(heap)

    def go() -> Slice:
        steps = [chance.randrange(10**12) for _ in range(operations)]
        wall, cpu = time.perf_counter(), time.process_time()
        for step in steps:
            key, member, number = heappop(heap)
            heappush(heap, (key + step, member, number))
        return Slice(operations, time.perf_counter() - wall, time.process_time() - cpu)

    return go


class Centre:
    """Agents who all hold a call, and lines that never empty: each call that ends brings the next offer."""

    def __init__(self, agents: int, skills: int, waiting: int) -> None:
        self.chance = random.Random(7)
        self.queues = [QueueId(f"skill-{number:04}") for number in range(skills)]
        names = [AgentId(f"agent-{number:06}") for number in range(agents)]
        members: dict[QueueId, list[AgentId]] = {queue: [] for queue in self.queues}
        for name in names:
            for queue in self.chance.sample(self.queues, PER_AGENT):
                members[queue].append(name)
        rules = tuple(QueueRule(queue_id=queue, members=tuple(members[queue])) for queue in self.queues)
        self.kernel = Kernel(RoutingConfig(queues=rules, channels={CALL: "call"}))
        self.position = 0
        self.number = 0
        self.held: dict[AgentId, InteractionId] = {}
        for _ in range(waiting):
            self.arrive()
        for name in names:
            self.confirm(self.kernel.apply(rv.PresenceChanged(**self.stamp(), agent_id=name, status="available")))

    def stamp(self) -> dict[str, Any]:
        self.position += 1
        return {"position": self.position, "at": self.position * SECOND // 100}

    def arrive(self) -> None:
        for event in self.arrival():
            self.kernel.apply(event)

    def arrival(self) -> tuple[rv.RoutingEvent, rv.RoutingEvent]:
        self.number += 1
        name, queue = InteractionId(f"call-{self.number:09}"), self.chance.choice(self.queues)
        return (
            rv.Created(**self.stamp(), interaction_id=name, channel_id=CALL, queue_id=queue),
            rv.Entered(**self.stamp(), interaction_id=name, how="queued", queue_id=queue, channel_id=CALL),
        )

    def ending(self, agent: AgentId) -> rv.RoutingEvent:
        return rv.Stopped(**self.stamp(), interaction_id=self.held.pop(agent), to="closed")

    def confirm(self, decisions: tuple[out.Decision, ...]) -> None:
        apply = self.kernel.apply
        for decision in decisions:
            if isinstance(decision, out.Offer):
                name, agent = decision.interaction_id, decision.agent_id
                offer = OfferId(decision.decision_id)
                apply(rv.Offered(**self.stamp(), interaction_id=name, offer_id=offer, agent_id=agent))
                apply(rv.OfferEnded(**self.stamp(), interaction_id=name, how="accepted", agent_id=agent))
                apply(rv.Answered(**self.stamp(), interaction_id=name, agent_id=agent))
                self.held[agent] = name

    def batch(self, count: int) -> list[rv.RoutingEvent]:
        """So many arrivals, then so many agents freed."""
        busy = self.chance.sample(sorted(self.held), count)
        arrivals = [event for _ in range(count) for event in self.arrival()]
        return [*arrivals, *(self.ending(agent) for agent in busy)]

    def delays(self, count: int) -> list[float]:
        """Seconds each event took."""
        found = []
        for _ in range(count // BATCH):
            for event in self.batch(BATCH):
                began = time.perf_counter()
                made = self.kernel.apply(event)
                found.append(time.perf_counter() - began)
                self.confirm(made)
        return found


def pairs(centre: Centre, count: int) -> Callable[[], Slice]:
    """``count`` arrivals and as many freed agents; offers are confirmed between the stretches measured."""

    def go() -> Slice:
        wall = cpu = 0.0
        apply = centre.kernel.apply
        for _ in range(count // BATCH):
            events = centre.batch(BATCH)
            made: list[out.Decision] = []
            wall_0, cpu_0 = time.perf_counter(), time.process_time()
            for event in events:
                made += apply(event)
            wall, cpu = wall + time.perf_counter() - wall_0, cpu + time.process_time() - cpu_0
            centre.confirm(tuple(made))
        return Slice(count, wall, cpu)

    return go


def lives(centre: Centre, count: int) -> Callable[[], Slice]:
    """Whole lives: created, queued, offered, accepted, answered, closed; the making of the events included."""

    def go() -> Slice:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(count // BATCH):
            for event in centre.batch(BATCH):
                centre.confirm(centre.kernel.apply(event))
        return Slice(count, time.perf_counter() - wall, time.process_time() - cpu)

    return go


def heap_operations(centre: Centre) -> float:
    """Pushes and pops of the kernel's heaps a pair: must not grow with the number of agents."""
    before = centre.kernel.book.operations
    lives(centre, BATCH)()
    return (centre.kernel.book.operations - before) / BATCH


if __name__ == "__main__":
    for result in run():
        print(f"{result.name}: {result.ratio:g} ({result.low:g}-{result.high:g}) {result.verdict} {result.details}")
