"""Which news of a delivery may follow which."""

from __future__ import annotations

from hub.events import Status

RANKS: dict[Status, int] = {
    "queued": 10,
    "sending": 20,
    "uncertain": 25,
    "sent": 30,
    "failed": 40,
    "delivered": 50,
    "read": 60,
}
"""A status applies only when its rank is higher. ``delivered`` outranks ``failed``: the customer has the message."""
