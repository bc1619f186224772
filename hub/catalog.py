"""What this installation consists of: its queues and channel accounts, as the configuration says. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from hub.ids import AgentId, ChannelId, QueueId
from hub.ports import Abilities, Channel


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """A queue. ``offer_seconds`` by kind of work (call, chat, async, email); what is missing takes the defaults."""

    queue_id: QueueId
    name: str
    members: tuple[AgentId, ...] | None = None
    """None: every agent whose user record lists this queue, or lists none."""
    offer_seconds: Mapping[str, int] = {}
    reopen_hours: int = 72
    """An answer within this time after closing re-opens the interaction; later begins a new one."""
    wrap_up: Literal["none", "optional"] = "none"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """One configured channel account and its running channel."""

    channel_id: ChannelId
    kind: str
    name: str
    queue_id: QueueId
    channel: Channel
    from_name: str = ""
    """What customers see as the sender; empty: the agent's name."""

    @property
    def abilities(self) -> Abilities:
        return self.channel.abilities


class Catalog(msgspec.Struct, frozen=True, kw_only=True):
    queues: Mapping[QueueId, Queue]
    accounts: Mapping[ChannelId, Account]

    def queue_of(self, channel: ChannelId) -> Queue:
        """Raises KeyError for an account that is not configured."""
        return self.queues[self.accounts[channel].queue_id]
