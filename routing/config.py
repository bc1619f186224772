"""What the kernel knows beforehand: queues, channels, weights, limits. Data only; a change means a new kernel."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol

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


class QueueRule(msgspec.Struct, frozen=True, kw_only=True):
    queue_id: QueueId
    name: str = ""
    members: tuple[AgentId, ...] | None = None
    """None: everybody."""
    offer_seconds: dict[Work, int] = OFFER_SECONDS
    """How long an offer stands, by kind of work."""
    reopen_hours: int = 72


class RoutingConfig(msgspec.Struct, frozen=True, kw_only=True):
    queues: tuple[QueueRule, ...] = ()
    channels: dict[ChannelId, Work] = {}
    """Kind of work of each channel account; one that is not listed counts as ``async``."""
    weights: dict[Work, int] = WEIGHTS
    capacity: int = 10
    """Of an agent of whom nothing else is known."""
    offer_limit: int = 1
    """Open offers an agent may have."""
    miss_limits: dict[Work, int] = MISS_LIMITS
    """Offers in a row that may time out before the agent is marked missed."""
    preferred_seconds: dict[Work, int] = PREFERRED_SECONDS
    """How long an interaction waits for its preferred agent alone."""
    sticky_seconds: int = 60
    """Head start in the preferred agent's own line."""
    void_limit: int = 3
    """Claims in a row that may fail before an interaction is held and the engine reads the store again."""

    def digest(self) -> str:
        """Names this configuration in decision records: equal content, equal name."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:12]


class QueueLike(Protocol):
    """What the hub knows of a queue and routing needs."""

    @property
    def queue_id(self) -> QueueId: ...
    @property
    def name(self) -> str: ...
    @property
    def members(self) -> tuple[AgentId, ...] | None: ...
    @property
    def offer_seconds(self) -> Mapping[str, int]: ...
    @property
    def reopen_hours(self) -> int: ...


def of_hub(queues: Iterable[QueueLike], channels: Mapping[ChannelId, Work]) -> RoutingConfig:
    """The configuration of an installation; missing offer limits take the defaults."""
    return RoutingConfig(
        queues=tuple(
            QueueRule(
                queue_id=queue.queue_id,
                name=queue.name,
                members=queue.members,
                offer_seconds={work: queue.offer_seconds.get(work, OFFER_SECONDS[work]) for work in WORKS},
                reopen_hours=queue.reopen_hours,
            )
            for queue in queues
        ),
        channels=dict(channels),
    )
