"""Traces of calls to providers, by message and by account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, delete, select

from hub.ids import ChannelId, EventId, first_at
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View


class NewTrace(NamedTuple):
    channel_id: ChannelId
    event_id: EventId | None
    at: datetime
    body: msgspec.Struct


def put_traces(tx: Tx, new: Sequence[NewTrace]) -> None:
    """One statement."""
    made = [
        {
            "trace_id": tx.ids.new(),
            "channel_id": one.channel_id,
            "event_id": one.event_id,
            "at": rows.micros(one.at),
            "body": rows.text(one.body),
        }
        for one in new
    ]
    tx.connection.execute(t.traces.insert(), made)


def drop_traces(tx: Tx, before: datetime, limit: int) -> int:
    """The oldest ones from before then; gives how many went."""
    c = t.traces.c
    last = first_at(int(before.timestamp() * 1000))
    old = tx.connection.execute(select(c.trace_id).where(c.trace_id < last).order_by(c.trace_id).limit(limit))
    gone = list(old.scalars())
    if gone:
        tx.connection.execute(delete(t.traces).where(tx.dialect.among(c.trace_id)), tx.dialect.given(gone))
    return len(gone)


def traces_of(view: View, event_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """Of one message, newest first."""
    return _newest(view, t.traces.c.event_id == event_id, limit)


def traces_of_channel(view: View, channel_id: ChannelId, limit: int = 50) -> list[dict[str, Any]]:
    """Of one account, newest first."""
    return _newest(view, t.traces.c.channel_id == channel_id, limit)


def _newest(view: View, which: ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
    query = select(t.traces.c.body).where(which).order_by(t.traces.c.at.desc(), t.traces.c.trace_id.desc()).limit(limit)
    return [msgspec.json.decode(body) for body in view.connection.execute(query).scalars()]
