"""What the kernel decides. A decision is a wish until the log confirms or voids it; ids follow from the position."""

from __future__ import annotations

from typing import Literal

import msgspec

from hub.events import MissCause
from hub.ids import AgentId, InteractionId, OfferId, QueueId
from routing.config import Work

KERNEL = "1.0"
"""Version of the policy, named in every record."""

WaitReason = Literal["nobody_free", "preferred_agent", "queue_unknown", "claims_failed"]


class Decision(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    decision_id: str
    """``<log position>.<number>``: the same log gives the same ids."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The kernel part of the decision record (routing.md section 10): of constant size."""

    decision: str
    position: int
    trigger: str
    """The event that led to the decision."""
    rule: Literal["longest_idle", "preferred_agent"]
    waited: int
    """Seconds of age."""
    idle: int
    """Seconds since the agent's last work, offer or return."""
    load: int
    capacity: int
    free_agents: int
    """Agents who could have taken this kind of work from this queue, the chosen one included."""
    waiting: int
    """Interactions of this kind in the same line, this one included."""
    version: int
    configuration: str
    kernel: str = KERNEL


class Offer(Decision, frozen=True, kw_only=True):
    """Offer the interaction to the agent for ``seconds``, counted from the claim."""

    interaction_id: InteractionId
    agent_id: AgentId
    queue_id: QueueId
    weight: int
    seconds: int
    why: Record


class Resume(Decision, frozen=True, kw_only=True):
    """Back into the owner's hands, who has room."""

    interaction_id: InteractionId
    agent_id: AgentId
    weight: int
    cause: str


class Requeue(Decision, frozen=True, kw_only=True):
    """A snoozed interaction waits again because the owner has no room; he is preferred."""

    interaction_id: InteractionId
    queue_id: QueueId
    preferred: AgentId | None
    cause: str


class Return(Decision, frozen=True, kw_only=True):
    """The agent was lost: the interaction waits again, the same agent preferred."""

    interaction_id: InteractionId
    queue_id: QueueId
    preferred: AgentId | None
    cause: str


class TimeOut(Decision, frozen=True, kw_only=True):
    """The agent of an open offer is unreachable."""

    offer_id: OfferId
    interaction_id: InteractionId
    agent_id: AgentId
    cause: MissCause


class MarkMissed(Decision, frozen=True, kw_only=True):
    agent_id: AgentId
    cause: MissCause


class SetTimer(Decision, frozen=True, kw_only=True):
    """Wake the router at ``at`` (microseconds): needs no confirmation, a lost one only delays."""

    interaction_id: InteractionId
    kind: Literal["preferred"]
    at: int


class Wait(Decision, frozen=True, kw_only=True):
    """Nobody can take it now. Given when the reason changes; never claimed."""

    interaction_id: InteractionId
    reason: WaitReason


class Rule(msgspec.Struct, frozen=True):
    """One rule of routing.md section 3: passed or not, in words."""

    name: str
    passed: bool
    words: str


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: AgentId
    rules: tuple[Rule, ...]
    idle_since: int
    load: int
    capacity: int
    place: int = 0
    """1 is the next to be offered; 0: not eligible."""

    @property
    def is_eligible(self) -> bool:
        return all(rule.passed for rule in self.rules)


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The candidate part of the decision record: every member with every rule."""

    interaction_id: InteractionId
    state: str
    work: Work
    queue_id: QueueId | None
    checks: tuple[Rule, ...]
    """What the interaction itself must pass."""
    candidates: tuple[Candidate, ...]
    others: int
    """Agents who are not members of the queue."""
    position: int
    configuration: str
    kernel: str = KERNEL

    @property
    def is_routable(self) -> bool:
        return all(check.passed for check in self.checks)

    @property
    def winner(self) -> AgentId | None:
        first = [candidate.agent_id for candidate in self.candidates if candidate.place == 1]
        return first[0] if first and self.is_routable else None
