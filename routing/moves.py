"""How the log moves what the kernel remembers. Law: an item here equals the fold of hub/interactions.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from routing import events as rv
from routing.book import Book
from routing.config import SECOND
from routing.state import IN_QUEUE, Item


def follow(book: Book, event: rv.RoutingEvent) -> None:
    """Bring the book up to the event. Interactions nobody heard of are met by their creation or return only."""
    kind = type(event)
    if kind in _OF_AGENTS:
        _OF_AGENTS[kind](book, event)
    elif isinstance(event, rv.OfInteraction):
        item = book.items.get(event.interaction_id)
        if item is None:
            _meet(book, event)
        elif kind in _TRANSITIONS:
            _move(book, item, event)
        elif kind in _TOUCHES:
            item.version += 1 if item.version else 0


def _meet(book: Book, event: rv.OfInteraction) -> None:
    """A new interaction, or one that comes back after it was closed and forgotten: then its version is not known."""
    match event:
        case rv.Created(channel_id=channel):
            book.items[event.interaction_id] = Item(
                interaction_id=event.interaction_id,
                channel_id=channel,
                work=book.config.channels.get(channel, "async"),
                priority=event.priority,
                queue_id=event.queue_id,
            )
        case rv.Entered(channel_id=str(channel)):
            item = book.items[event.interaction_id] = Item(
                interaction_id=event.interaction_id,
                channel_id=channel,
                work=book.config.channels.get(channel, "async"),
                priority=event.priority,
                queue_id=event.queue_id,
                state="closed",
                age_start=event.age_start,
                version=0,
            )
            _move(book, item, event)
        case _:
            pass


def _move(book: Book, item: Item, event: rv.OfInteraction) -> None:
    """A transition of glossary.md section 3, as ``hub.interactions.apply`` makes it. Ends every intent."""
    was_queued, held_by = item.state in IN_QUEUE, item.holder
    book.lift(item)
    if item.intent:
        item.drop_intent()
    item.voids, item.wake = 0, ""
    item.version += 1 if item.version else 0
    _TRANSITIONS[type(event)](book, item, event)
    if item.state in IN_QUEUE:
        if not was_queued:
            _enter_queue(item, event.at)
    else:
        item.waits_for, item.preferred_until = "", 0
        if was_queued:
            item.left_queue_at = event.at
    if item.state == "closed":
        del book.items[item.interaction_id]
    else:
        book.lay(item)
    if held_by is not None and held_by != item.holder:
        book.agent(held_by).idle_since = event.at


def _presence(book: Book, event: rv.PresenceChanged) -> None:
    agent = book.agent(event.agent_id)
    began = event.status == "available" and agent.status != "available"
    chose = event.status == "available" and event.chosen and event.next is None
    if began:
        agent.idle_since = event.at
    if began or chose:
        agent.available_since = event.at
        agent.forget_misses()
    if agent.decision_id and event.status != "available":
        book.decisions.pop(agent.decision_id, None)
        agent.decision_id = ""
    agent.status, agent.next, agent.reachable = event.status, event.next, event.reachable
    book.touched.add(agent.agent_id)


def _capacity(book: Book, event: rv.CapacityChanged) -> None:
    book.agent(event.agent_id).capacity = event.capacity
    book.touched.add(event.agent_id)


def _enter_queue(item: Item, at: int) -> None:
    """``age_start`` moves on by the time spent outside the queue."""
    if item.age_start and item.left_queue_at:
        item.age_start += at - item.left_queue_at
        item.left_queue_at = 0
    elif not item.age_start:
        item.age_start = at


def _entered(book: Book, item: Item, event: rv.Entered) -> None:
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
    bound = book.config.preferred_seconds[item.work] * SECOND
    item.preferred_until = event.at + bound if item.preferred else 0


def _offered(book: Book, item: Item, event: rv.Offered) -> None:
    item.state, item.offered_to, item.offer_id = "offered", event.agent_id, event.offer_id
    book.agent(event.agent_id).idle_since = event.at


def _offer_ended(book: Book, item: Item, event: rv.OfferEnded) -> None:
    agent = book.agent(event.agent_id)
    if event.how == "accepted":
        item.state = "accepting"
        agent.forget_misses()
        return
    item.state, item.offered_to, item.offer_id = "queued", None, None
    if event.how == "declined":
        agent.forget_misses()
        if agent.agent_id not in item.excluded:
            item.excluded = [*item.excluded, agent.agent_id]
    elif event.how == "timed_out":
        agent.misses += 1
        agent.miss_limit, agent.miss_cause = book.config.miss_limits[item.work], event.cause
        item.missed = {**item.missed, agent.agent_id: event.at}


def _answered(book: Book, item: Item, event: rv.Answered) -> None:
    item.state, item.agent_id, item.offered_to, item.offer_id = "live", event.agent_id, None, None
    if not event.resumed:
        item.preferred, item.preferred_until, item.missed = None, 0, {}


def _stopped(book: Book, item: Item, event: rv.Stopped) -> None:
    item.state, item.offered_to, item.offer_id = event.to, None, None


_OF_AGENTS: dict[type[rv.RoutingEvent], Callable[[Book, Any], None]] = {
    rv.PresenceChanged: _presence,
    rv.CapacityChanged: _capacity,
}
_TOUCHES: frozenset[type[rv.RoutingEvent]] = frozenset({rv.CustomerWrote, rv.Touched})
_TRANSITIONS: dict[type[rv.OfInteraction], Callable[[Book, Item, Any], None]] = {
    rv.Entered: _entered,
    rv.Offered: _offered,
    rv.OfferEnded: _offer_ended,
    rv.Answered: _answered,
    rv.Stopped: _stopped,
}
