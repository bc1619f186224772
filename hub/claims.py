"""What the router writes. Law: a claim holds only while nothing it was decided on has changed; else it is voided.

Every claim checks the router's lease, so a router that was overtaken writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from hub import attendance
from hub import events as ev
from hub.catalog import Catalog
from hub.errors import Conflict, HubError
from hub.ids import SYSTEM, AgentId, InteractionId, OfferId, QueueId
from hub.interactions import Interaction
from hub.store import New, Store, Tx, leases
from hub.store.timers import Timer, TimerKind, drop_timer, set_timer, take_timer
from hub.turn import Turn

LEASE = "router"


class Overtaken(HubError):
    """Another router has the lease."""


class Void(Conflict):
    """The claim does not hold."""


class Claims:
    def __init__(self, store: Store, catalog: Catalog) -> None:
        self.store = store
        self.catalog = catalog

    async def offer(
        self,
        epoch: int,
        decision_id: str,
        *,
        interaction_id: InteractionId,
        version: int,
        agent_id: AgentId,
        queue_id: QueueId,
        weight: int,
        seconds: float,
        why: dict[str, Any],
    ) -> bool:
        """Offer it, if it still waits and the agent can still take it. False: voided. Raises Overtaken."""

        def claim(turn: Turn) -> None:
            interaction = unchanged(turn, interaction_id, version)
            if interaction.state != "queued":
                raise Void(f"it is {interaction.state}")
            require_room(turn, agent_id, weight)
            offer_id = OfferId(turn.tx.ids.new())
            deadline = turn.tx.now + timedelta(seconds=seconds)
            data = ev.OfferMade(
                offer_id=offer_id,
                agent_id=agent_id,
                queue_id=queue_id,
                deadline=deadline,
                weight=weight,
                why=why,
            )
            turn.on(interaction, data, cause=decision_id)
            set_timer(turn.tx, "offer", offer_id, deadline)

        return await self._claim(epoch, decision_id, claim)

    async def resume(
        self,
        epoch: int,
        decision_id: str,
        *,
        interaction_id: InteractionId,
        version: int,
        agent_id: AgentId,
        weight: int,
        cause: str,
    ) -> bool:
        """Back into the owner's hands, who has room."""

        def claim(turn: Turn) -> None:
            interaction = unchanged(turn, interaction_id, version)
            if interaction.state == "snoozed":
                require_room(turn, agent_id, weight)
            elif interaction.state != "wrap_up":
                raise Void(f"it is {interaction.state}")
            turn.on(interaction, ev.InteractionResumed(agent_id=agent_id, reason=cause), cause=decision_id)
            drop_timer(turn.tx, "wake", interaction_id)

        return await self._claim(epoch, decision_id, claim)

    async def requeue(
        self,
        epoch: int,
        decision_id: str,
        *,
        interaction_id: InteractionId,
        version: int,
        queue_id: QueueId,
        preferred: AgentId | None,
        cause: str,
    ) -> bool:
        """A snoozed one waits again."""

        def claim(turn: Turn) -> None:
            data = ev.InteractionQueued(queue_id=queue_id, preferred=preferred, reason=cause)
            turn.on(unchanged(turn, interaction_id, version), data, cause=decision_id)
            drop_timer(turn.tx, "wake", interaction_id)

        return await self._claim(epoch, decision_id, claim)

    async def give_back(
        self,
        epoch: int,
        decision_id: str,
        *,
        interaction_id: InteractionId,
        version: int,
        queue_id: QueueId,
        preferred: AgentId | None,
        cause: str,
    ) -> bool:
        """The agent is lost: it waits again at the age it had."""

        def claim(turn: Turn) -> None:
            data = ev.InteractionReturned(queue_id=queue_id, preferred=preferred, cause=cause)
            returned = turn.on(unchanged(turn, interaction_id, version), data, cause=decision_id)
            turn.settle(returned.agent_id)

        return await self._claim(epoch, decision_id, claim)

    async def time_out(
        self, epoch: int, decision_id: str, *, offer_id: OfferId, agent_id: AgentId, cause: ev.MissCause
    ) -> bool:
        """End an offer that nobody can answer."""
        return await self._claim(epoch, decision_id, lambda turn: end_offer(turn, offer_id, agent_id, cause))

    async def mark_missed(self, epoch: int, decision_id: str, *, agent_id: AgentId, cause: ev.MissCause) -> bool:
        """Too many misses in a row: no more offers until the agent says so."""

        def claim(turn: Turn) -> None:
            now = turn.present(agent_id)
            if now.status != "available":
                raise Void(f"the agent is {now.status}")
            turn.presence(now, status="missed", cause=cause)

        return await self._claim(epoch, decision_id, claim)

    async def set_timer(self, epoch: int, *, interaction_id: InteractionId, kind: TimerKind, at: datetime) -> None:
        """Wake the router at that time. Raises Overtaken."""

        def claim(tx: Tx) -> None:
            require_lease(tx, epoch)
            set_timer(tx, kind, interaction_id, at)

        await self.store.write(claim)

    async def _claim(self, epoch: int, decision_id: str, claim: Callable[[Turn], None]) -> bool:
        def run(tx: Tx) -> None:
            require_lease(tx, epoch)
            claim(Turn(tx, self.catalog))

        try:
            await self.store.write(run)
        except Conflict as conflict:
            reason = conflict.words
            await self.store.write(lambda tx: void(tx, epoch, decision_id, reason))
            return False
        return True


def require_lease(tx: Tx, epoch: int) -> None:
    if not leases.holds(tx, LEASE, epoch):
        raise Overtaken


def void(tx: Tx, epoch: int, decision_id: str, reason: str) -> None:
    require_lease(tx, epoch)
    tx.append(New(data=ev.DecisionVoided(decision_id=decision_id, reason=reason[:200]), actor=SYSTEM))


def unchanged(turn: Turn, interaction_id: InteractionId, version: int) -> Interaction:
    """Version 0 is not compared. Raises Void."""
    interaction = turn.tx.interaction(interaction_id)
    if interaction is None:
        raise Void("it is gone")
    if version and interaction.version != version:
        raise Void(f"it changed: version {interaction.version}, decided on {version}")
    return interaction


def require_room(turn: Turn, agent_id: AgentId, weight: int) -> None:
    """Available, reachable, not finishing, and the load fits. Raises Void."""
    now = turn.present(agent_id)
    if now.status != "available" or now.next is not None or not now.reachable:
        raise Void(f"the agent is {now.status}{', finishing' if now.next else ''}{'' if now.reachable else ', gone'}")
    load = turn.load(agent_id)
    if load + weight > now.capacity:
        raise Void(f"load {load} of {now.capacity}, {weight} more does not fit")


def end_offer(turn: Turn, offer_id: OfferId, agent_id: AgentId, cause: ev.MissCause) -> None:
    offer = turn.offer(offer_id)
    if offer is None or offer.state != "made":
        raise Void("the offer is over")
    drop_timer(turn.tx, "offer", offer_id)
    data = ev.OfferTimedOut(offer_id=offer_id, agent_id=agent_id, cause=cause)
    turn.on(turn.interaction(offer.interaction_id), data)
    turn.settle(agent_id)


def due(tx: Tx, catalog: Catalog, timer: Timer) -> None:
    """What a timer brings about, in one transaction with its removal."""
    if take_timer(tx, timer.timer_id) is None:
        return
    turn = Turn(tx, catalog)
    match timer.kind:
        case "offer":
            offer = turn.offer(OfferId(timer.ref))
            if offer is not None and offer.state == "made":
                end_offer(turn, offer.offer_id, offer.agent_id, "ignored")
        case "wake" | "preferred":
            interaction = tx.interaction(InteractionId(timer.ref))
            if interaction is not None:
                turn.on(interaction, ev.TimerDue(timer_id=timer.timer_id, kind=timer.kind))
        case "lost":
            attendance.lost(turn, AgentId(timer.ref))
