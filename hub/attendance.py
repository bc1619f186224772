"""Who is at work: the statuses agents choose, and what the hub notices of their connections (glossary.md section 2)."""

from __future__ import annotations

from typing import Final

from hub.commands import SetPresence
from hub.errors import Forbidden, Invalid
from hub.ids import AgentId
from hub.store import work
from hub.turn import Turn

LOST_SECONDS: Final = 60
"""Unreachable for so long: offline. A return before keeps the old status."""


def choose(turn: Turn, agent_id: AgentId, command: SetPresence) -> None:
    """Set one's own status, or as a supervisor somebody else's. With work in hand it waits as the next status.

    Raises Forbidden, Invalid, NotFound.
    """
    target = command.agent_id or agent_id
    if target != agent_id and not turn.leads:
        raise Forbidden("Only supervisors set the state of others.")
    if command.status == "missed":
        raise Invalid("Nobody chooses to be missed.", field="status")
    turn.user(target)
    now = turn.present(target)
    if command.cancel_next:
        if now.next is not None:
            turn.presence(now, following=("", ""))
        return
    has_work = command.status != "available" and now.status == "available" and is_left_with_work(turn, target)
    now = turn.present(target)
    if has_work:
        turn.presence(now, following=(command.status, command.reason))
    else:
        turn.presence(now, status=command.status, reason=command.reason)


def is_left_with_work(turn: Turn, agent_id: AgentId) -> bool:
    """Take back what the agent was offered; is something left in hand?"""
    keys = [one.interaction_id for one in work.held_by(turn.tx, agent_id)]
    # Held now: what another process has changed meanwhile is seen.
    held = [one for one in turn.tx.interactions(keys).values() if work.bearer(one) == agent_id]
    offered = [one for one in held if one.offered_to == agent_id]
    for one in offered:
        turn.rescind(one, "status_set")
    return len(held) > len(offered)


def seen(turn: Turn, agent_id: AgentId) -> None:
    """A live connection: reachable. Who was lost less than a minute ago keeps the status."""
    now = turn.present(agent_id)
    if not now.reachable:
        turn.presence(now, reachable=True)


def silent(turn: Turn, agent_id: AgentId) -> None:
    """No heartbeat for fifteen seconds: no more offers."""
    now = turn.present(agent_id)
    if now.reachable:
        turn.presence(now, reachable=False)


def lost(turn: Turn, agent_id: AgentId) -> None:
    """Silent for a minute: offline; what was in hand goes back by the router's decision."""
    now = turn.present(agent_id)
    if not now.reachable and now.status != "offline":
        turn.presence(now, status="offline", reason="lost")
