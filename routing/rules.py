"""Which queue an interaction belongs to. Pure; the first step knows one rule: the queue of its channel account."""

from __future__ import annotations

from collections.abc import Container, Mapping

from hub.ids import ChannelId, QueueId


def queue_for(
    channel: ChannelId, wanted: QueueId | None, queues: Container[QueueId], homes: Mapping[ChannelId, QueueId]
) -> QueueId | None:
    """The queue wanted where it is configured, else that of the account; None where neither exists."""
    if wanted in queues:
        return wanted
    home = homes.get(channel)
    return home if home in queues else None
