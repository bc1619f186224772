"""What became of our messages."""

from __future__ import annotations

from collections.abc import Collection

from hub.people import Delivery
from hub.store import rows
from hub.store.tx import View, rows_of


def deliveries(view: View, ids: Collection[str]) -> list[Delivery]:
    """Of these ``message.queued`` events."""
    return [one.delivery for one in rows_of(view, rows.DELIVERIES, ids)]
