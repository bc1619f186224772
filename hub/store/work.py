"""Interactions and offers as commands and screens look for them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import and_, func, or_, select

from hub.ids import AgentId, CustomerId, InteractionId, QueueId
from hub.interactions import Interaction, Offer
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View, rows_of

_i: Final = t.interactions.c
_IN_HAND: Final = ("live", "wrap_up")
_ON_OFFER: Final = ("offered", "accepting")


def bearer(now: Interaction) -> AgentId | None:
    """Whose capacity the interaction takes."""
    if now.state in _ON_OFFER:
        return now.offered_to
    return now.agent_id if now.state in _IN_HAND else None


def held_by(tx: Tx, agent_id: AgentId) -> list[Interaction]:
    """Everything that bears load on the agent, as the running change has made it."""
    mine = or_(
        and_(_i.agent_id == agent_id, _i.state.in_(_IN_HAND)),
        and_(_i.offered_to == agent_id, _i.state.in_(_ON_OFFER)),
    )
    query = select(t.interactions).where(_i.is_open == 1, mine)
    found = {row["interaction_id"]: rows.INTERACTIONS.from_row(row) for row in tx.connection.execute(query).mappings()}
    found |= {now.interaction_id: now for now in tx.touched()}
    return [now for now in found.values() if bearer(now) == agent_id]


def customer_of(view: View, interaction_id: InteractionId) -> CustomerId | None:
    """Whose it is, without holding the row: that never changes."""
    query = select(_i.customer_id).where(_i.interaction_id == interaction_id)
    found = view.connection.execute(query).scalar()
    return None if found is None else CustomerId(found)


def waiting(view: View, queues: Collection[QueueId], limit: int) -> list[InteractionId]:
    """The longest waiting first."""
    query = (
        select(_i.interaction_id)
        .where(_i.is_open == 1, _i.state == "queued", _i.queue_id.in_(sorted(queues)))
        .order_by(_i.age_start, _i.interaction_id)
        .limit(limit)
    )
    return [InteractionId(found) for found in view.connection.execute(query).scalars()]


def open_interactions(view: View) -> list[Interaction]:
    query = select(t.interactions).where(_i.is_open == 1)
    return [rows.INTERACTIONS.from_row(row) for row in view.connection.execute(query).mappings()]


def closed_since(view: View, since: datetime, agent_id: AgentId | None = None) -> list[Interaction]:
    query = select(t.interactions).where(_i.is_open == 0, _i.last_at >= rows.micros(since))
    if agent_id is not None:
        query = query.where(_i.agent_id == agent_id)
    return [rows.INTERACTIONS.from_row(row) for row in view.connection.execute(query).mappings()]


def shown_of(view: View, customers: Collection[CustomerId], since: datetime) -> list[Interaction]:
    """What a desk may show of these customers: open, or closed since then."""
    query = select(t.interactions).where(view.dialect.among(_i.customer_id))
    kept = view.connection.execute(query, view.dialect.given(sorted(customers)))
    found = [rows.INTERACTIONS.from_row(row) for row in kept.mappings()]
    return [one for one in found if one.is_open or one.last_at >= since]


def interactions_by_id(view: View, ids: Collection[str]) -> list[Interaction]:
    return rows_of(view, rows.INTERACTIONS, ids)


def interactions_of(view: View, records: Iterable[CustomerId], limit: int) -> list[Interaction]:
    """A person's latest interactions, newest first."""
    query = (
        select(t.interactions)
        .where(_i.customer_id.in_(sorted(records)))
        .order_by(_i.is_open.desc(), _i.last_at.desc())
        .limit(limit)
    )
    return [rows.INTERACTIONS.from_row(row) for row in view.connection.execute(query).mappings()]


def open_offers(view: View) -> list[Offer]:
    query = select(t.offers).where(t.offers.c.is_open == 1)
    return [rows.OFFERS.from_row(row) for row in view.connection.execute(query).mappings()]


def offers_by_id(view: View, ids: Collection[str]) -> list[Offer]:
    return rows_of(view, rows.OFFERS, ids)


def loads(view: View, agents: Collection[AgentId] | None = None) -> list[tuple[AgentId, str, int]]:
    """(agent, channel account, items) over everything that bears load, of these agents only or of all."""
    # Two statements, each with an index of its own: a patch asks for a few agents while thousands work.
    found: list[tuple[AgentId, str, int]] = []
    given = None if agents is None else view.dialect.given(sorted(agents))
    for bearing, states in ((_i.agent_id, _IN_HAND), (_i.offered_to, _ON_OFFER)):
        query = select(bearing, _i.channel_id, func.count()).where(_i.state.in_(states))
        if agents is not None:
            query = query.where(view.dialect.among(bearing))
        if bearing is _i.offered_to or agents is None:
            query = query.where(_i.is_open == 1)
        kept = view.connection.execute(query.group_by(bearing, _i.channel_id), given)
        found += [(AgentId(row[0]), row[1], row[2]) for row in kept]
    return found


def queue_counts(view: View) -> list[tuple[QueueId, str, int, int | None]]:
    """(queue, state, items, the oldest age in microseconds) of what is open."""
    query = (
        select(_i.queue_id, _i.state, func.count(), func.min(_i.age_start))
        .where(_i.is_open == 1, _i.queue_id.is_not(None))
        .group_by(_i.queue_id, _i.state)
    )
    return [(QueueId(row[0]), row[1], row[2], row[3]) for row in view.connection.execute(query)]


def answered_since(view: View, since: datetime) -> dict[str, int]:
    """Queue -> interactions that somebody began to answer since then and that are with an agent or done."""
    c = t.events.c
    query = (
        select(_i.queue_id, func.count())
        .join(t.events, and_(c.interaction_id == _i.interaction_id, c.customer_id == _i.customer_id))
        .where(c.type == "interaction.accepted", c.recorded_at >= rows.micros(since), _i.last_at >= rows.micros(since))
        .group_by(_i.queue_id)
    )
    return {row[0]: row[1] for row in view.connection.execute(query) if row[0]}
