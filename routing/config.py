"""What the kernel knows beforehand: queues, channels, weights, limits. Data only; a change means a new kernel."""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

from hub.ids import AgentId, ChannelId, QueueId

Work = Literal["call", "chat", "async", "email"]
WORKS: tuple[Work, ...] = ("call", "chat", "async", "email")
SECOND = 1_000_000
"""Times inside the kernel are whole microseconds since 1970, UTC."""

OFFER_SECONDS: dict[Work, int] = {"call": 20, "chat": 30, "async": 120, "email": 120}
WEIGHTS: dict[Work, int] = {"call": 10, "chat": 3, "async": 2, "email": 1}
PREFERRED_SECONDS: dict[Work, int] = {"call": 20, "chat": 120, "async": 1800, "email": 28_800}
MISS_LIMITS: dict[Work, int] = {"call": 1, "chat": 2, "async": 2, "email": 2}
HEAD_STARTS: dict[str, int] = {"urgent": 900, "high": 300, "low": -600}


class QueueRule(msgspec.Struct, frozen=True, kw_only=True):
    queue_id: QueueId
    name: str = ""
    members: tuple[AgentId, ...] | None = None
    """None: everybody, but those who have a list of their own without this queue."""
    offer_seconds: dict[Work, int] = msgspec.field(default_factory=OFFER_SECONDS.copy)
    """How long an offer stands, by kind of work."""


class RoutingConfig(msgspec.Struct, frozen=True, kw_only=True):
    queues: tuple[QueueRule, ...] = ()
    lists: dict[AgentId, tuple[QueueId, ...]] = {}
    """Agents who serve only these of the queues that name no members."""
    channels: dict[ChannelId, Work] = {}
    """Kind of work of each channel account; one that is not listed counts as ``async``."""
    homes: dict[ChannelId, QueueId] = {}
    """Queue of each channel account: for interactions whose own queue is not configured any more."""
    weights: dict[Work, int] = msgspec.field(default_factory=WEIGHTS.copy)
    capacity: int = 10
    """Of an agent of whom nothing else is known."""
    offer_limit: int = 1
    """Open offers an agent may have."""
    miss_limits: dict[Work, int] = msgspec.field(default_factory=MISS_LIMITS.copy)
    """Offers in a row that may time out before the agent is marked missed."""
    head_starts: dict[str, int] = msgspec.field(default_factory=HEAD_STARTS.copy)
    """Seconds by which a priority counts as older; one that is not listed has none."""
    preferred_seconds: dict[Work, int] = msgspec.field(default_factory=PREFERRED_SECONDS.copy)
    """How long an interaction waits for its preferred agent alone."""
    sticky_seconds: int = 60
    """Head start in the preferred agent's own line."""
    void_limit: int = 3
    """Claims in a row that may fail before an interaction is held and the engine reads the store again."""

    def digest(self) -> str:
        """Names this configuration in decision records: equal content, equal name."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:12]
