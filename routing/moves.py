"""How the log moves what the kernel remembers. Law: an item here equals the fold of hub/interactions.py."""

from __future__ import annotations

from hub.ids import AgentId
from hub.interactions import State as InteractionState
from routing import events as rv
from routing.config import SECOND, RoutingConfig
from routing.state import IN_QUEUE, Agent, Book, Item


def first_sight(book: Book, event: rv.OfInteraction) -> Item | None:
    """A new interaction, or one that was closed so long ago that it is forgotten: then its version is not known."""
    state: InteractionState
    match event:
        case rv.Created(channel_id=channel, queue_id=queue):
            version, state = 1, "created"
        case rv.Entered(channel_id=str(channel), queue_id=queue):
            version, state = 0, "closed"
        case _:
            return None
    item = Item(
        interaction_id=event.interaction_id,
        channel_id=channel,
        work=book.config.channels.get(channel, "async"),
        queue_id=queue,
        state=state,
        version=version,
    )
    book.items[item.interaction_id] = item
    book.lay(item)
    return item


def bump(item: Item) -> None:
    item.version += 1 if item.version else 0


def move(book: Book, item: Item, event: rv.OfInteraction) -> None:
    """A transition of glossary.md section 3, as ``hub.interactions.apply`` makes it. Ends every intent."""
    was_queued, held_by = item.state in IN_QUEUE, _holder(item)
    book.lift(item)
    book.drop_intent(item)
    item.voids = 0
    bump(item)
    match event:
        case rv.Entered():
            _enter(item, event, book.config)
        case rv.Offered():
            item.state, item.offered_to, item.offer_id = "offered", event.agent_id, event.offer_id
            book.agent(event.agent_id).idle_since = event.at
        case rv.OfferEnded():
            _end_offer(book, item, event)
        case rv.Answered():
            item.state, item.agent_id, item.offered_to, item.offer_id = "live", event.agent_id, None, None
            if not event.resumed:
                item.preferred, item.preferred_until, item.missed = None, 0, {}
        case rv.Stopped():
            item.state, item.offered_to, item.offer_id = event.to, None, None
            item.closed_at = event.at if event.to == "closed" else 0
        case _:
            pass
    _queue_clock(item, was_queued=was_queued, at=event.at)
    if item.state != "queued":
        item.waits_for = ""
    book.lay(item)
    if held_by is not None and held_by != _holder(item):
        book.agent(held_by).idle_since = event.at


def presence(agent: Agent, event: rv.PresenceChanged) -> None:
    began = event.status == "available" and agent.status != "available"
    chose = event.status == "available" and event.chosen and event.next is None
    if began:
        agent.idle_since = event.at
    if began or chose:
        agent.available_since = event.at
        agent.misses, agent.miss_limit = 0, 0
    agent.status, agent.next, agent.reachable = event.status, event.next, event.reachable


def _holder(item: Item) -> AgentId | None:
    if item.state in ("offered", "accepting"):
        return item.offered_to
    return item.agent_id if item.state in ("live", "wrap_up") else None


def _end_offer(book: Book, item: Item, event: rv.OfferEnded) -> None:
    agent = book.agent(event.agent_id)
    if event.how == "accepted":
        item.state = "accepting"
        agent.misses, agent.miss_limit = 0, 0
        return
    item.state, item.offered_to, item.offer_id = "queued", None, None
    if event.how == "declined":
        agent.misses, agent.miss_limit = 0, 0
        if agent.agent_id not in item.excluded:
            item.excluded = [*item.excluded, agent.agent_id]
    elif event.how == "timed_out":
        agent.misses += 1
        agent.miss_limit, agent.miss_cause = book.config.miss_limits[item.work], event.cause
        item.missed = {**item.missed, agent.agent_id: event.at}


def _enter(item: Item, event: rv.Entered, config: RoutingConfig) -> None:
    item.state, item.queue_id = "queued", event.queue_id
    match event.how:
        case "queued":
            item.preferred = event.preferred or item.preferred
        case "reopened":
            item.preferred = event.preferred or item.preferred
            item.excluded, item.missed = [], {}
        case "returned":
            item.preferred = event.preferred
        case "transferred":
            item.preferred = event.preferred
            item.excluded = [item.agent_id] if item.agent_id and event.preferred is None else []
        case "moved":
            return
    item.preferred_until = event.at + config.preferred_seconds[item.work] * SECOND if item.preferred else 0


def _queue_clock(item: Item, *, was_queued: bool, at: int) -> None:
    """``age_start`` moves on by the time spent outside the queue."""
    is_queued = item.state in IN_QUEUE
    if was_queued and not is_queued:
        item.left_queue_at = at
    elif is_queued and not was_queued:
        if item.age_start and item.left_queue_at:
            item.age_start += at - item.left_queue_at
            item.left_queue_at = 0
        elif not item.age_start:
            item.age_start = at
