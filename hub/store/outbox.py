"""Messages on their way: rows with a lease. A worker that dies gives its row back by the clock."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple

from sqlalchemy import Select, and_, func, or_, select, update

from hub.ids import EventId, InteractionId, OutboxId
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View

State = Literal["waiting", "sending", "uncertain", "done", "failed"]
_o: Final = t.outbox.c
_OPEN: Final = ("waiting", "sending")


class Waiting(NamedTuple):
    """A row that a worker has claimed."""

    outbox_id: OutboxId
    event_id: EventId
    channel_id: str
    interaction_id: InteractionId
    attempt: int
    made_at: datetime
    was_written: bool
    """An earlier worker may have handed it to the provider, and died."""


def claim(tx: Tx, holder: str, until: datetime, limit: int, paused: tuple[str, ...] = ()) -> list[Waiting]:
    """Take rows that are due, and rows whose worker died. The oldest of each interaction only: that keeps the order."""
    now = rows.micros(tx.now)
    found = tx.connection.execute(_due(tx, now, paused).limit(limit)).all()
    if not found:
        return []
    ids = [row.outbox_id for row in found]
    tx.connection.execute(
        update(t.outbox)
        .where(_o.outbox_id.in_(ids))
        .values(state="sending", holder=holder, lease_until=rows.micros(until), attempt=_o.attempt + 1)
    )
    return [
        Waiting(
            row.outbox_id,
            row.event_id,
            row.channel_id,
            row.interaction_id,
            row.attempt + 1,
            rows.moment(row.made_at),
            bool(row.written),
        )
        for row in found
    ]


def _due(tx: Tx, now: int, paused: tuple[str, ...]) -> Select[tuple[object, ...]]:
    older = t.outbox.alias("older")
    is_first = ~(
        select(older.c.outbox_id)
        .where(
            older.c.interaction_id == _o.interaction_id,
            older.c.state.in_(_OPEN),
            older.c.outbox_id < _o.outbox_id,
        )
        .exists()
    )
    is_due = or_(and_(_o.state == "waiting", _o.next_try_at <= now), and_(_o.state == "sending", _o.lease_until <= now))
    query = select(t.outbox).where(is_due, is_first).order_by(_o.next_try_at, _o.outbox_id)
    if paused:
        query = query.where(_o.channel_id.not_in(paused))
    return query.with_for_update(skip_locked=True) if tx.dialect.name == "postgresql" else query


def mark_written(tx: Tx, outbox_id: OutboxId, holder: str) -> bool:
    """From now on the provider may have it. False when the lease has lapsed and somebody else has the row."""
    changed = tx.connection.execute(
        update(t.outbox).where(_o.outbox_id == outbox_id, _o.holder == holder, _o.state == "sending").values(written=1)
    )
    return changed.rowcount == 1


def retry_at(tx: Tx, outbox_id: OutboxId, at: datetime) -> None:
    """It was certainly not sent: try again then."""
    values = {"state": "waiting", "next_try_at": rows.micros(at), "written": 0, "lease_until": None, "holder": None}
    tx.connection.execute(update(t.outbox).where(_o.outbox_id == outbox_id).values(values))


def settle_outbox(tx: Tx, outbox_id: OutboxId, state: State) -> None:
    values = {"state": state, "lease_until": None, "holder": None}
    tx.connection.execute(update(t.outbox).where(_o.outbox_id == outbox_id).values(values))


def next_try(view: View) -> datetime | None:
    """When the next row is due."""
    query = select(func.min(func.coalesce(_o.lease_until, _o.next_try_at))).where(_o.state.in_(_OPEN))
    return rows.moment_or_none(view.connection.execute(query).scalar())


def counts(view: View) -> dict[tuple[str, str], int]:
    """(account, state) -> rows that are not done."""
    query = (
        select(_o.channel_id, _o.state, func.count())
        .where(_o.state.in_((*_OPEN, "uncertain")))
        .group_by(_o.channel_id, _o.state)
    )
    return {(row[0], row[1]): row[2] for row in view.connection.execute(query)}
