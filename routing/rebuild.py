"""The kernel from the store, at one position: what a new leader begins with. Runs on a reader thread."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from hub.catalog import Catalog
from hub.events import Event
from hub.ids import AgentId, InteractionId, QueueId
from hub.interactions import Interaction
from hub.projection import AgentNow
from hub.store import View, head, routing, users, work
from hub.store.routing import Last
from hub.turn import CAPACITY, WEIGHTS
from routing import moves
from routing.book import Book
from routing.config import OFFER_SECONDS, SECOND, WORKS, QueueRule, RoutingConfig
from routing.decisions import Decision
from routing.events import OfInteraction, RoutingEvent, Started, from_stream, micros
from routing.kernel import Kernel
from routing.state import IN_QUEUE, Agent, Item, State

log = logging.getLogger(__name__)
SHIFT = 20_000
"""Positions looked back for what agents did last; who did nothing since stands at the beginning of the shift."""
_ENTERS = ("interaction.queued", "interaction.reopened", "interaction.returned", "interaction.transferred")
_SLEEPS = ("interaction.snoozed", "interaction.wrapped")
LATEST = (*_ENTERS, *_SLEEPS, "message.received")


def config_of(catalog: Catalog, lists: Mapping[AgentId, tuple[QueueId, ...]]) -> RoutingConfig:
    """The configuration of an installation; offer limits that are missing take the defaults."""
    return RoutingConfig(
        queues=tuple(
            QueueRule(
                queue_id=queue.queue_id,
                name=queue.name,
                members=queue.members,
                offer_seconds={work: queue.offer_seconds.get(work, OFFER_SECONDS[work]) for work in WORKS},
            )
            for queue in catalog.queues.values()
        ),
        lists={agent_id: queues for agent_id, queues in lists.items() if queues},
        channels={key: account.abilities.work for key, account in catalog.accounts.items()},
        homes={key: account.queue_id for key, account in catalog.accounts.items()},
        weights={kind: WEIGHTS[kind] for kind in WORKS},
        capacity=CAPACITY,
    )


def understood(event: Event) -> RoutingEvent | None:
    """What the event means to routing. One that can't be read is reported and left out: work must go on."""
    try:
        return from_stream(event)
    except msgspec.DecodeError:
        log.exception("event %d can't be read by the router", event.position)
        return None


def lists_of(view: View) -> dict[AgentId, tuple[QueueId, ...]]:
    """The queues of the people who have a list of their own."""
    return {one.agent_id: one.queues for one in users.users(view) if one.queues}


def rebuild(view: View, catalog: Catalog, now: datetime) -> tuple[Kernel, tuple[Decision, ...]]:
    """A kernel as of the store's last position, and what it decides at once."""
    config = config_of(catalog, lists_of(view))
    found, present = work.open_interactions(view), routing.present(view)
    asked = [one for one in found if is_unclear(one)]
    latest = routing.latest(view, asked, LATEST) if asked else {}
    began = shift_began(present)
    shift = routing.since(view, began, SHIFT) if began is not None else []
    state = State(
        position=head(view),
        now=micros(now),
        items=[item_of(one, config, latest, now) for one in found],
        agents=agents_of(present, shift, config),
    )
    kernel = Kernel(config, state)
    return kernel, kernel.apply(Started(position=state.position, at=state.now))


def shift_began(present: Iterable[AgentNow]) -> datetime | None:
    """What agents did before they became available says nothing about them now."""
    return min((one.since for one in present if one.status == "available" and one.since is not None), default=None)


def is_unclear(now: Interaction) -> bool:
    """Only the log says until when it waits for its preferred agent, or whether the customer wrote since the snooze."""
    is_kept = now.state in IN_QUEUE and now.preferred is not None
    return is_kept or (now.state in ("snoozed", "wrap_up") and now.unanswered > 0)


def item_of(
    now: Interaction, config: RoutingConfig, latest: Mapping[tuple[InteractionId, str], Last], at: datetime
) -> Item:
    key = now.interaction_id
    kind = config.channels.get(now.channel_id, "async")
    item = Item(
        interaction_id=key,
        channel_id=now.channel_id,
        work=kind,
        priority=now.priority,
        state=now.state,
        queue_id=now.queue_id,
        agent_id=now.agent_id,
        offered_to=now.offered_to,
        offer_id=now.offer_id,
        preferred=now.preferred,
        excluded=list(now.excluded),
        missed={miss.agent_id: micros(miss.at) for miss in now.missed},
        age_start=micros(now.age_start) if now.age_start else 0,
        left_queue_at=micros(now.left_queue_at) if now.left_queue_at else 0,
        version=now.version,
    )
    if item.state in IN_QUEUE and item.preferred is not None:
        entered = [micros(last.at) for name in _ENTERS if (last := latest.get((key, name))) is not None]
        item.preferred_until = max(entered) + config.preferred_seconds[kind] * SECOND if entered else 0
    elif item.state in ("snoozed", "wrap_up"):
        slept = max((last.position for name in _SLEEPS if (last := latest.get((key, name))) is not None), default=0)
        wrote = latest.get((key, "message.received"))
        if wrote is not None and wrote.position > slept:
            item.wake = "customer"
        elif now.wake_at is not None and now.wake_at <= at:
            item.wake = "wake"
    return item


def agents_of(present: Iterable[AgentNow], shift: Iterable[Event], config: RoutingConfig) -> list[Agent]:
    """Presence as it stands; since when they are idle, and their misses, from what they did in the shift."""
    seen = _play(shift, config).agents
    return [_agent(now, seen.get(now.agent_id)) for now in present]


def _agent(now: AgentNow, seen: Agent | None) -> Agent:
    agent = Agent(
        agent_id=now.agent_id,
        status=now.status,
        next=now.next,
        reachable=now.reachable,
        available_since=micros(now.available_since) if now.available_since else 0,
        capacity=now.capacity,
    )
    if now.status == "available" and now.since is not None:
        agent.idle_since = max(micros(now.since), seen.idle_since if seen else 0)
        if seen is not None:
            agent.misses, agent.miss_limit, agent.miss_cause = seen.misses, seen.miss_limit, seen.miss_cause
    return agent


def _play(shift: Iterable[Event], config: RoutingConfig) -> Book:
    """The moves of a part of the log. Interactions that began before it are met in the middle of their lives."""
    book = Book(config, State())
    for event in shift:
        found = understood(event)
        if found is None:
            continue
        if isinstance(found, OfInteraction) and found.interaction_id not in book.items and event.channel_id:
            book.items[found.interaction_id] = Item(
                interaction_id=found.interaction_id,
                channel_id=event.channel_id,
                work=config.channels.get(event.channel_id, "async"),
            )
        moves.follow(book, found)
    return book
