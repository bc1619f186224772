"""Traces of calls to providers, by message and by account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from hub.ids import ChannelId, EventId
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View


def put_trace(tx: Tx, channel_id: ChannelId, event_id: EventId | None, at: datetime, body: msgspec.Struct) -> None:
    row = {
        "trace_id": tx.ids.new(),
        "channel_id": channel_id,
        "event_id": event_id,
        "at": rows.micros(at),
        "body": rows.text(body),
    }
    tx.connection.execute(t.traces.insert(), row)


def traces_of(view: View, event_id: str, limit: int = 50) -> list[dict[str, Any]]:
    """Newest first."""
    query = select(t.traces.c.body).where(t.traces.c.event_id == event_id).order_by(t.traces.c.at.desc()).limit(limit)
    return [msgspec.json.decode(body) for body in view.connection.execute(query).scalars()]
