"""Who is next: the agent for an interaction, the interaction for an agent. Reads heads of heaps, counts nobody."""

from __future__ import annotations

from hub.ids import AgentId, InteractionId
from routing.book import Book, Hands
from routing.state import Agent, Item


def choose(book: Book, item: Item) -> Agent | None:
    """The preferred agent while it waits for him alone; else whoever is idle for longest."""
    level = book.level_for(item.work)
    if item.preferred_until and item.preferred is not None:
        hands = book.hands[item.preferred]
        return hands.agent if hands.level >= level else None
    queue_id = book.queue_of(item)
    assert queue_id is not None
    ready = book.ready[book.pools.of_queue[queue_id]]
    may_refuse = item.excluded or item.missed
    best: tuple[int, str] | None = None
    for heap in ready[level - 1 :]:
        if not len(heap):
            continue
        head = (
            heap.first(lambda key: not book.is_excluded(item, book.agents[AgentId(key)])) if may_refuse else heap.head()
        )
        if head is not None and (best is None or head < best):
            best = head
    return book.agents[AgentId(best[1])] if best else None


def pick(book: Book, hands: Hands) -> Item | None:
    """The interaction with the smallest key that the agent may have; his own line counts with its head start."""
    agent, level = hands.agent, hands.level
    if not level:
        return None
    best: tuple[int, str] | None = None
    lines = [book.waiting[pool] for pool in hands.pools]
    if (own := book.preferred.get(agent.agent_id)) is not None:
        lines.append(own)
    for line in lines:
        for heap, needed in zip(line, book.levels, strict=True):
            if needed > level or not len(heap):
                continue
            head = heap.first(lambda key: not book.is_excluded(book.items[InteractionId(key)], agent))
            if head is not None and (best is None or head < best):
                best = head
    return book.items[InteractionId(best[1])] if best else None
