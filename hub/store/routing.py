"""What a router needs to go on where another one stopped: who is there, and the latest of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import and_, exists, func, or_, select

from hub.events import Event
from hub.ids import InteractionId, OfferId
from hub.interactions import Interaction
from hub.projection import AgentNow
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import View, batches

_e: Final = t.events.c
_FIRST_STEP: Final = 1_000


class Last(NamedTuple):
    """The newest event of a type of an interaction."""

    position: int
    at: datetime


def present(view: View) -> list[AgentNow]:
    """Everybody who was ever there, as they are now."""
    return [rows.AGENTS.from_row(row) for row in view.connection.execute(select(t.agents)).mappings()]


def latest(view: View, of: Iterable[Interaction], types: Collection[str]) -> dict[tuple[InteractionId, str], Last]:
    """The newest events of these types per interaction; automatic messages don't count. One range per customer."""
    found: dict[tuple[InteractionId, str], Last] = {}
    customer_of = {one.interaction_id: one.customer_id for one in of}
    for interactions in batches(sorted(customer_of)):
        query = (
            select(_e.interaction_id, _e.type, func.max(_e.position), func.max(_e.recorded_at))
            .where(
                _e.customer_id.in_(sorted({customer_of[InteractionId(key)] for key in interactions})),
                _e.interaction_id.in_(interactions),
                _e.type.in_(sorted(types)),
                # Quotes inside a text are escaped, so this finds the field and nothing else.
                _e.data.not_like('%"automatic":%'),
            )
            .group_by(_e.interaction_id, _e.type)
        )
        for interaction, kind, position, at in view.connection.execute(query):
            found[InteractionId(interaction), kind] = Last(position, rows.moment(at))
    return found


def since(view: View, moment: datetime, limit: int) -> list[Event]:
    """Events of routing recorded after the moment, ascending; of a longer time the newest ``limit`` positions."""
    head = view.connection.execute(select(t.counter.c.position)).scalar_one()
    step = _FIRST_STEP
    while step < min(limit, head) and _recorded_at(view, head - step) >= rows.micros(moment):
        step *= 2
    kinds = or_(_e.type.like("interaction.%"), _e.type.like("offer.%"), _e.type.like("agent.%"))
    query = (
        select(t.events)
        .where(_e.position > head - min(step, limit), and_(kinds, _e.recorded_at >= rows.micros(moment)))
        .order_by(_e.position)
    )
    return [rows.event_of(row) for row in view.connection.execute(query).mappings()]


def _recorded_at(view: View, position: int) -> int:
    query = select(_e.recorded_at).where(_e.position <= position).order_by(_e.position.desc()).limit(1)
    return view.connection.execute(query).scalar() or 0


def offers_without_timer(view: View) -> list[OfferId]:
    """Open offers that nobody would end."""
    has_timer = exists().where(t.timers.c.ref == t.offers.c.offer_id, t.timers.c.kind == "offer")
    query = select(t.offers.c.offer_id).where(t.offers.c.is_open == 1, ~has_timer)
    return [OfferId(found) for found in view.connection.execute(query).scalars()]
