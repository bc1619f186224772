"""What became of our messages."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from hub.people import Delivery
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import View, batches


def deliveries(view: View, ids: Collection[str]) -> list[Delivery]:
    """Of these ``message.queued`` events."""
    return [
        rows.DELIVERIES.from_row(row).delivery
        for part in batches(sorted(ids))
        for row in view.connection.execute(select(t.deliveries).where(t.deliveries.c.event_id.in_(part))).mappings()
    ]
