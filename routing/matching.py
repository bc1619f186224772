"""Who is next: the agent for an interaction, the interaction for an agent. Reads heads of heaps, counts nobody."""

from __future__ import annotations

from hub.ids import AgentId, InteractionId, QueueId
from routing.book import Book, Hands
from routing.heaps import Entry
from routing.state import Agent, Item


def choose(book: Book, item: Item, queue_id: QueueId) -> Agent | None:
    """The preferred agent while it waits for him alone; else whoever is idle for longest."""
    level = book.levels[item.work]
    if item.preferred_until and item.preferred is not None:
        hands = book.hands[item.preferred]
        return hands.agent if hands.level >= level else None
    refused = bool(item.excluded or item.missed)
    best: Entry | None = None
    for heap in book.ready[queue_id][level - 1 :]:
        if not heap.live:
            continue
        head = heap.head()
        if refused and head is not None:
            head = heap.first(lambda key: not book.is_excluded(item, book.agents[AgentId(key)]))
        if head is not None and (best is None or head < best):
            best = head
    return book.agents[AgentId(best[1])] if best else None


def pick(book: Book, hands: Hands) -> Item | None:
    """The interaction with the smallest key that the agent may have; his own line counts with its head start."""
    level, agent, items = hands.level, hands.agent, book.items
    best: Entry | None = None
    for needed, heap in hands.lines:
        if needed > level or not heap.live:
            continue
        head = heap.head()
        if head is None or (best is not None and best < head):
            continue
        item = items[InteractionId(head[1])]
        if (item.excluded or item.missed) and book.is_excluded(item, agent):
            head = heap.first(lambda key: not book.is_excluded(items[InteractionId(key)], agent))
        if head is not None and (best is None or head < best):
            best = head
    return items[InteractionId(best[1])] if best else None
