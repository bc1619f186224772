"""What must hold after every event, counted without the heaps. For tests and the sweeper."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from hub.ids import AgentId, InteractionId
from routing.book import Book
from routing.pools import Pool
from routing.state import Agent


class Unserved(NamedTuple):
    """V3 broken: the interaction waits although the agent could take it."""

    interaction_id: InteractionId
    agent_id: AgentId


def unserved(book: Book) -> list[Unserved]:
    free = _free_agents(book)
    found: list[Unserved] = []
    for item in book.items.values() if free else ():
        if not item.is_waiting or book.obstacle(item) is not None:
            continue
        queue_id = book.queue_of(item)
        assert queue_id is not None
        weight, is_kept = book.config.weights[item.work], book.expects(item)
        found.extend(
            Unserved(item.interaction_id, agent.agent_id)
            for room, agent in free.get(book.pools.of_queue[queue_id], ())
            if room >= weight
            and not book.is_excluded(item, agent)
            and (not is_kept or agent.agent_id == item.preferred)
        )
    return found


def _free_agents(book: Book) -> dict[Pool, list[tuple[int, Agent]]]:
    """Per pool, who may be offered something, with the room they have."""
    free: dict[Pool, list[tuple[int, Agent]]] = defaultdict(list)
    for agent_id, agent in book.agents.items():
        hands = book.hands[agent_id]
        if agent.is_on_duty and not agent.decision_id and not hands.calls and hands.offers < book.config.offer_limit:
            for pool in book.pools.of_agent(agent_id):
                free[pool].append((agent.capacity - hands.load, agent))
    return free
