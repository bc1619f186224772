"""Each decision as the claim that carries it out."""

from __future__ import annotations

import msgspec

from hub.claims import Claims
from routing import decisions as out
from routing.events import moment
from routing.kernel import Kernel


async def write(claims: Claims, epoch: int, decision: out.Decision, kernel: Kernel) -> bool | None:
    """True: it holds. False: it was voided. None: there was nothing to claim. Raises HubError."""
    match decision:
        case out.Offer() | out.Resume():
            return await _into_hands(claims, epoch, decision, kernel.version_of(decision.interaction_id))
        case out.Requeue() | out.Return():
            claim = claims.requeue if isinstance(decision, out.Requeue) else claims.give_back
            return await claim(
                epoch,
                decision.decision_id,
                interaction_id=decision.interaction_id,
                version=kernel.version_of(decision.interaction_id),
                queue_id=decision.queue_id,
                preferred=decision.preferred,
                cause=decision.cause,
            )
        case out.SetTimer():
            at = moment(decision.at)
            await claims.set_timer(epoch, interaction_id=decision.interaction_id, kind=decision.kind, at=at)
        case out.TimeOut() | out.MarkMissed():
            return await _from_hands(claims, epoch, decision)
        case _:
            pass
    return None


async def _into_hands(claims: Claims, epoch: int, decision: out.Offer | out.Resume, version: int) -> bool:
    if isinstance(decision, out.Resume):
        return await claims.resume(
            epoch,
            decision.decision_id,
            interaction_id=decision.interaction_id,
            version=version,
            agent_id=decision.agent_id,
            weight=decision.weight,
            cause=decision.cause,
        )
    return await claims.offer(
        epoch,
        decision.decision_id,
        interaction_id=decision.interaction_id,
        version=version,
        agent_id=decision.agent_id,
        queue_id=decision.queue_id,
        weight=decision.weight,
        seconds=decision.seconds,
        why=msgspec.to_builtins(decision.why),
    )


async def _from_hands(claims: Claims, epoch: int, decision: out.TimeOut | out.MarkMissed) -> bool:
    if isinstance(decision, out.MarkMissed):
        return await claims.mark_missed(epoch, decision.decision_id, agent_id=decision.agent_id, cause=decision.cause)
    return await claims.time_out(
        epoch,
        decision.decision_id,
        offer_id=decision.offer_id,
        agent_id=decision.agent_id,
        cause=decision.cause,
    )
