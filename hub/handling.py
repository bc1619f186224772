"""What agents do with work: accept, decline, take, close, snooze, wake, re-open, transfer, open."""

from __future__ import annotations

from hub import events as ev
from hub.addresses import Address
from hub.catalog import Queue
from hub.commands import Accept, Close, Decline, Open, Reopen, Snooze, Take, Transfer, Wake
from hub.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from hub.ids import AgentId, InteractionId, OfferId, QueueId
from hub.interactions import Interaction, Offer
from hub.messages import into_hands
from hub.store import New, work
from hub.store.timers import drop_timer, set_timer
from hub.store.users import User
from hub.turn import Turn

_LOOK_AHEAD = 50


def accept(turn: Turn, agent_id: AgentId, command: Accept) -> InteractionId:
    """The claim of an offer. Raises Gone with ``cause`` and ``by`` when it is over, NotFound, Forbidden."""
    offer, interaction = open_offer(turn, agent_id, command.offer_id)
    if turn.tx.now > offer.deadline:
        raise Gone("This offer has run out.", cause="timed_out", by="")
    drop_timer(turn.tx, "offer", offer.offer_id)
    turn.on(
        interaction,
        ev.OfferAccepted(offer_id=offer.offer_id, agent_id=agent_id),
        ev.InteractionAccepted(agent_id=agent_id, offer_id=offer.offer_id),
    )
    return interaction.interaction_id


def decline(turn: Turn, agent_id: AgentId, command: Decline) -> InteractionId:
    """It goes back to its old place, and never to this agent again."""
    offer, interaction = open_offer(turn, agent_id, command.offer_id)
    drop_timer(turn.tx, "offer", offer.offer_id)
    turn.on(interaction, ev.OfferDeclined(offer_id=offer.offer_id, agent_id=agent_id, reason=command.reason))
    turn.settle(agent_id)
    return interaction.interaction_id


def open_offer(turn: Turn, agent_id: AgentId, offer_id: OfferId) -> tuple[Offer, Interaction]:
    """Raises Gone, NotFound, Forbidden."""
    offer = turn.tx.offer(offer_id)
    if offer is None:
        raise NotFound("There is no such offer.")
    if offer.agent_id != agent_id:
        raise Forbidden("This offer is for somebody else.")
    interaction = turn.interaction(offer.interaction_id)
    if offer.state != "made":
        holder = interaction.agent_id if offer.cause == "taken" else None
        by = turn.user(holder).name if holder else ""
        raise Gone(cause=offer.cause or offer.state, by=by)
    return offer, interaction


def take(turn: Turn, agent_id: AgentId, command: Take) -> InteractionId:
    """Take waiting work by hand. Raises Conflict when somebody else was faster, NotFound when nothing waits."""
    if command.interaction_id is None:
        interaction = next_waiting(turn, turn.user(agent_id))
    else:
        interaction = turn.interaction(command.interaction_id)
    if interaction.state == "live" and interaction.agent_id == agent_id:
        return interaction.interaction_id
    if interaction.state in ("offered", "accepting"):
        interaction = turn.rescind(interaction, "taken")
    if interaction.state != "queued":
        holder = turn.user(interaction.agent_id).name if interaction.agent_id else "Somebody"
        raise Conflict(f"{holder} has this already.", by=holder, state=interaction.state)
    turn.on(interaction, ev.InteractionAccepted(agent_id=agent_id))
    return interaction.interaction_id


def next_waiting(turn: Turn, user: User) -> Interaction:
    """The longest waiting of the agent's queues. Raises NotFound."""
    queues = queues_of(turn, user)
    for interaction_id in work.waiting(turn.tx, queues, _LOOK_AHEAD):
        found = turn.interaction(interaction_id)
        if found.state == "queued":
            return found
    raise NotFound("Nothing waits in your queues.")


def queues_of(turn: Turn, user: User) -> list[QueueId]:
    return [queue.queue_id for queue in turn.catalog.queues.values() if serves(queue, user)]


def serves(queue: Queue, user: User) -> bool:
    if queue.members is not None:
        return user.agent_id in queue.members
    return not user.queues or queue.queue_id in user.queues


def close(turn: Turn, command: Close) -> InteractionId:
    """Resolve it. What waits is canceled; what somebody was offered is taken back first."""
    interaction = turn.rescind(turn.interaction(command.interaction_id), "canceled")
    if interaction.state in ("queued", "scheduled"):
        turn.on(interaction, ev.InteractionCanceled(reason="closed by an agent"))
    elif interaction.state != "closed":
        turn.on(interaction, ev.InteractionClosed())
    drop_timer(turn.tx, "wake", interaction.interaction_id)
    turn.settle(interaction.agent_id)
    return interaction.interaction_id


def snooze(turn: Turn, command: Snooze) -> InteractionId:
    """Free the slot until the customer answers, or a time. Raises Conflict, Invalid."""
    if command.reason == "until" and (command.until is None or command.until <= turn.tx.now):
        raise Invalid("Name a time that is still to come.", field="until")
    until = command.until if command.reason == "until" else None
    interaction = turn.interaction(command.interaction_id)
    turn.on(interaction, ev.InteractionSnoozed(reason=command.reason, until=until))
    if until is not None:
        set_timer(turn.tx, "wake", interaction.interaction_id, until)
    turn.settle(interaction.agent_id)
    return interaction.interaction_id


def wake(turn: Turn, agent_id: AgentId, command: Wake) -> InteractionId:
    interaction = turn.interaction(command.interaction_id)
    drop_timer(turn.tx, "wake", interaction.interaction_id)
    turn.on(interaction, ev.InteractionResumed(agent_id=agent_id, reason="woken"))
    return interaction.interaction_id


def reopen(turn: Turn, agent_id: AgentId, command: Reopen) -> InteractionId:
    """Into the hands of who re-opens it. Raises Conflict."""
    interaction = turn.interaction(command.interaction_id)
    if interaction.state != "closed":
        raise Conflict(f"This is {interaction.state}, not closed.", state=interaction.state)
    into_hands(turn, agent_id, interaction)
    return interaction.interaction_id


def transfer(turn: Turn, command: Transfer) -> InteractionId:
    """To a queue, or to a colleague through that queue. Raises Invalid, Conflict, NotFound."""
    if command.queue_id not in turn.catalog.queues:
        raise Invalid("There is no such queue.", field="queue_id")
    if command.to is not None and not turn.user(command.to).active:
        raise Invalid("This colleague does not work here any more.", field="to")
    interaction = turn.rescind(turn.interaction(command.interaction_id), "moved")
    holder = interaction.agent_id
    if interaction.state == "queued":
        _move(turn, interaction, command)
    else:
        drop_timer(turn.tx, "wake", interaction.interaction_id)
        moved = ev.InteractionTransferred(queue_id=command.queue_id, to=command.to, reason=command.reason)
        turn.on(interaction, moved)
        turn.settle(holder)
    return interaction.interaction_id


def _move(turn: Turn, interaction: Interaction, command: Transfer) -> None:
    """Waiting work: another queue, or straight into a colleague's hands."""
    if command.queue_id != interaction.queue_id:
        interaction = turn.on(interaction, ev.InteractionMoved(queue_id=command.queue_id, reason=command.reason))
    if command.to is not None:
        turn.on(interaction, ev.InteractionAccepted(agent_id=command.to))


def open_new(turn: Turn, agent_id: AgentId, command: Open) -> InteractionId:
    """Write first: a new interaction in the agent's hands. Raises Invalid, NotFound."""
    customer = turn.tx.customer(command.customer_id)
    if customer is None:
        raise NotFound("There is no such customer.")
    account = turn.catalog.accounts.get(command.channel_id)
    if account is None:
        raise Invalid("There is no such channel.", field="channel_id")
    known = [Address(one.kind, one.value) for one in customer.addresses]
    target = next((one for one in known if str(one) == command.address), None)
    if target is None:
        raise Invalid("This address is not the customer's.", field="address")
    interaction_id = InteractionId(turn.tx.ids.new())
    steps = (
        ev.InteractionCreated(address=target, queue_id=account.queue_id),
        ev.InteractionQueued(queue_id=account.queue_id, reason="opened"),
        ev.InteractionAccepted(agent_id=agent_id),
    )
    turn.tx.append(
        *(
            New(
                data=data,
                actor=turn.actor,
                customer_id=command.customer_id,
                interaction_id=interaction_id,
                channel_id=command.channel_id,
            )
            for data in steps
        )
    )
    return interaction_id
