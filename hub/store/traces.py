"""Traces of calls to providers, by message and by account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, select

from hub.ids import ChannelId, EventId
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


def traces_of(view: View, event_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """Of one message, newest first."""
    return _newest(view, t.traces.c.event_id == event_id, limit)


def traces_of_channel(view: View, channel_id: ChannelId, limit: int = 50) -> list[dict[str, Any]]:
    """Of one account, newest first."""
    return _newest(view, t.traces.c.channel_id == channel_id, limit)


def _newest(view: View, which: ColumnElement[bool], limit: int) -> list[dict[str, Any]]:
    query = select(t.traces.c.body).where(which).order_by(t.traces.c.at.desc(), t.traces.c.trace_id.desc()).limit(limit)
    return [msgspec.json.decode(body) for body in view.connection.execute(query).scalars()]
