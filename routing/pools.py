"""Which agents serve which queues. Queues with the same agents share a pool, so an agent stands in one heap for all."""

from __future__ import annotations

from typing import NamedTuple

from hub.ids import AgentId, QueueId
from routing.config import QueueRule, RoutingConfig

Pool = int
Served = tuple[bool, frozenset[AgentId]]
"""Open to everybody without a list, or not; and the agents named."""


class Pools(NamedTuple):
    size: int
    of_queue: dict[QueueId, Pool]
    named: dict[AgentId, tuple[Pool, ...]]
    """Of agents whom a queue or a list names."""
    open: tuple[Pool, ...]
    """Of everybody else."""

    def of_agent(self, agent_id: AgentId) -> tuple[Pool, ...]:
        return self.named.get(agent_id, self.open)

    def is_member(self, agent_id: AgentId, queue_id: QueueId | None) -> bool:
        return queue_id in self.of_queue and self.of_queue[queue_id] in self.of_agent(agent_id)


def pools(config: RoutingConfig) -> Pools:
    numbers: dict[Served, Pool] = {}
    of_queue: dict[QueueId, Pool] = {}
    for queue in config.queues:
        of_queue[queue.queue_id] = numbers.setdefault(_served(queue, config), len(numbers))
    open_pools = tuple(number for (is_open, _), number in numbers.items() if is_open)
    named: dict[AgentId, list[Pool]] = {agent_id: [] for agent_id in config.lists}
    for (is_open, agents), number in numbers.items():
        for agent_id in agents:
            own = named.setdefault(agent_id, [] if agent_id in config.lists else list(open_pools))
            if not is_open or agent_id in config.lists:
                own.append(number)
    return Pools(
        size=len(numbers),
        of_queue=of_queue,
        named={agent_id: tuple(sorted(own)) for agent_id, own in named.items()},
        open=open_pools,
    )


def _served(queue: QueueRule, config: RoutingConfig) -> Served:
    if queue.members is not None:
        return False, frozenset(queue.members)
    return True, frozenset(agent_id for agent_id, queues in config.lists.items() if queue.queue_id in queues)
