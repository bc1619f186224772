"""Deadlines as rows: what is due, at what time, about what. A closed laptop changes nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import delete, func, select, update

from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View

TimerKind = Literal["offer", "wake", "preferred", "lost"]


class Timer(NamedTuple):
    """``ref`` is the id of the offer, interaction or agent."""

    timer_id: str
    kind: TimerKind
    ref: str
    due_at: datetime
    body: dict[str, Any]


def set_timer(tx: Tx, kind: TimerKind, ref: str, due_at: datetime, **body: Any) -> None:
    """One timer per kind and ref: a new one takes the place of the old."""
    drop_timer(tx, kind, ref)
    row = {"timer_id": tx.ids.new(), "kind": kind, "ref": ref, "due_at": rows.micros(due_at), "body": rows.text(body)}
    tx.connection.execute(t.timers.insert(), row)


def drop_timer(tx: Tx, kind: TimerKind, ref: str) -> None:
    tx.connection.execute(delete(t.timers).where(t.timers.c.ref == ref, t.timers.c.kind == kind))


def due_timers(view: View, now: datetime, limit: int) -> list[Timer]:
    """Those that are due, the oldest first."""
    c = t.timers.c
    query = select(t.timers).where(c.due_at <= rows.micros(now)).order_by(c.due_at, c.timer_id).limit(limit)
    return [_timer(row) for row in view.connection.execute(query)]


def take_timer(tx: Tx, timer_id: str) -> Timer | None:
    """Remove a timer that is due; None when somebody else did."""
    row = tx.connection.execute(delete(t.timers).where(t.timers.c.timer_id == timer_id).returning(t.timers)).first()
    return None if row is None else _timer(row)


def postpone(tx: Tx, timer_id: str, due_at: datetime) -> None:
    tx.connection.execute(update(t.timers).where(t.timers.c.timer_id == timer_id).values(due_at=rows.micros(due_at)))


def next_due(view: View) -> datetime | None:
    found = view.connection.execute(select(func.min(t.timers.c.due_at))).scalar()
    return rows.moment_or_none(found)


def offers_with_timer(view: View) -> set[str]:
    """Offers that somebody will end."""
    return set(view.connection.execute(select(t.timers.c.ref).where(t.timers.c.kind == "offer")).scalars())


def _timer(row: Any) -> Timer:
    return Timer(row.timer_id, row.kind, row.ref, rows.moment(row.due_at), msgspec.json.decode(row.body))
