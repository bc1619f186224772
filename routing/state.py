"""What the kernel remembers. Law: only ``Item`` and ``Agent`` are state; all else is derived and can be built again."""

from __future__ import annotations

from typing import Literal

import msgspec

from hub.events import MissCause, Presence
from hub.ids import AgentId, ChannelId, InteractionId, OfferId, QueueId
from hub.interactions import State as InteractionState
from routing.config import Work

Intent = Literal["", "offer", "resume", "requeue", "return", "time_out"]
IN_QUEUE: frozenset[InteractionState] = frozenset({"queued", "offered", "accepting"})
ON_OFFER: frozenset[InteractionState] = frozenset({"offered", "accepting"})
IN_HAND: frozenset[InteractionState] = frozenset({"live", "wrap_up"})


class Item(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """An open interaction as the log left it, and what the kernel wants with it (``intent``)."""

    interaction_id: InteractionId
    channel_id: ChannelId
    work: Work
    priority: str = "normal"
    state: InteractionState = "created"
    queue_id: QueueId | None = None
    agent_id: AgentId | None = None
    offered_to: AgentId | None = None
    offer_id: OfferId | None = None
    preferred: AgentId | None = None
    preferred_until: int = 0
    """Until then it waits for the preferred agent alone; 0: for everybody."""
    excluded: list[AgentId] = []
    missed: dict[AgentId, int] = {}
    age_start: int = 0
    left_queue_at: int = 0
    version: int = 1
    """0: not known."""
    wake: str = ""
    """Why it should come back from ``snoozed`` or ``wrap_up``; empty: it need not."""
    intent: Intent = ""
    decision_id: str = ""
    voids: int = 0
    """Claims that failed since the log last moved the interaction."""
    waits_for: str = ""

    @property
    def is_waiting(self) -> bool:
        """In the queue and in nobody's hands, nor about to be."""
        return self.state == "queued" and not self.intent

    @property
    def holder(self) -> AgentId | None:
        """Who bears it as the log says."""
        if self.state in ON_OFFER:
            return self.offered_to
        return self.agent_id if self.state in IN_HAND else None

    @property
    def bearer(self) -> AgentId | None:
        """Whose capacity it takes, intents included."""
        if self.intent == "offer":
            return self.offered_to
        return self.agent_id if self.intent == "resume" else self.holder

    def drop_intent(self) -> None:
        if self.intent == "offer":
            self.offered_to = None
        self.intent, self.decision_id = "", ""


class Agent(msgspec.Struct, kw_only=True, omit_defaults=True):
    agent_id: AgentId
    status: Presence = "offline"
    next: str | None = None
    reachable: bool = False
    available_since: int = 0
    idle_since: int = 0
    capacity: int = 10
    misses: int = 0
    """Offers in a row that timed out."""
    miss_cause: MissCause = "ignored"
    miss_limit: int = 0
    """Of the kind of work missed last; 0: none missed."""
    decision_id: str = ""
    """The agent is being marked missed."""

    @property
    def is_on_duty(self) -> bool:
        """R6 to R8: available, goes on, reachable."""
        return self.status == "available" and not self.next and self.reachable

    def forget_misses(self) -> None:
        self.misses, self.miss_limit, self.miss_cause = 0, 0, "ignored"


class State(msgspec.Struct, kw_only=True):
    """A checkpoint: everything the kernel needs to go on."""

    position: int = 0
    decided: int = 0
    """Decisions made at this position so far."""
    now: int = 0
    items: list[Item] = []
    agents: list[Agent] = []
