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
        turn.presence(now, following=("", ""))
        return
    held = work.held_by(turn.tx, target) if now.status == "available" else []
    for one in held:
        if one.state in ("offered", "accepting") and command.status != "available":
            turn.rescind(one, "status_set")
    now = turn.present(target)
    has_work = any(one.state in ("live", "wrap_up") for one in held)
    if command.status != "available" and has_work:
        turn.presence(now, following=(command.status, command.reason))
    else:
        turn.presence(now, status=command.status, reason=command.reason)


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
