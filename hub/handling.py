"""What agents do with work: accept, decline, take, close, snooze, wake, re-open, transfer, open."""

from __future__ import annotations

from hub import events as ev
from hub.addresses import Address
from hub.commands import Accept, Close, Decline, Open, Reopen, Snooze, Take, Transfer, Wake
from hub.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from hub.ids import AgentId, CustomerId, InteractionId, OfferId
from hub.interactions import Interaction, Offer, State
from hub.messages import into_hands
from hub.store import New, people, talk, work
from hub.store.timers import drop_timer, set_timer
from hub.store.users import User
from hub.teams import queues_of, require_right
from hub.turn import Turn

_LOOK_AHEAD = 50


def accept(turn: Turn, agent_id: AgentId, command: Accept) -> InteractionId:
    """The claim of an offer. Raises Gone with ``cause`` and ``by`` when it is over, NotFound, Forbidden."""
    known = turn.offer(command.offer_id)
    if known is not None and known.state == "accepted" and known.agent_id == agent_id:
        # Another tab of the same agent was faster.
        return known.interaction_id
    offer, interaction = open_offer(turn, agent_id, command.offer_id)
    if turn.tx.now > offer.deadline:
        raise Gone("This offer has run out.", cause="timed_out", by="")
    return turn.accept(interaction, agent_id).interaction_id


def decline(turn: Turn, agent_id: AgentId, command: Decline) -> InteractionId:
    """It goes back to its old place, and never to this agent again."""
    offer, interaction = open_offer(turn, agent_id, command.offer_id)
    drop_timer(turn.tx, "offer", offer.offer_id)
    turn.on(interaction, ev.OfferDeclined(offer_id=offer.offer_id, agent_id=agent_id, reason=command.reason))
    turn.settle(agent_id)
    return interaction.interaction_id


def open_offer(turn: Turn, agent_id: AgentId, offer_id: OfferId) -> tuple[Offer, Interaction]:
    """Raises Gone, NotFound, Forbidden."""
    offer = turn.offer(offer_id)
    if offer is None:
        raise NotFound("There is no such offer.")
    if offer.agent_id != agent_id:
        raise Forbidden("This offer is for somebody else.")
    interaction = turn.interaction(offer.interaction_id)
    if offer.state != "made":
        by = turn.name(interaction.agent_id) if offer.cause == "taken" else ""
        raise Gone(cause=offer.cause or offer.state, by=by)
    return offer, interaction


def take(turn: Turn, agent_id: AgentId, command: Take) -> InteractionId:
    """Take waiting work by hand. Raises Conflict when somebody else was faster, NotFound when nothing waits."""
    if command.interaction_id is None:
        interaction = next_waiting(turn, turn.user(agent_id))
    else:
        interaction = turn.interaction(command.interaction_id)
        require_right(turn, agent_id, interaction)
    if interaction.state == "live" and interaction.agent_id == agent_id:
        return interaction.interaction_id
    if interaction.state not in ("queued", "offered", "accepting"):
        holder = turn.name(interaction.agent_id)
        words = "This is closed." if interaction.state == "closed" else f"{holder or 'Somebody'} has this already."
        raise Conflict(words, by=holder, state=interaction.state)
    return into_hands(turn, agent_id, interaction).interaction_id


def next_waiting(turn: Turn, user: User) -> Interaction:
    """The longest waiting of the agent's queues. Raises NotFound."""
    for interaction_id in work.waiting(turn.tx, queues_of(turn.catalog, user), _LOOK_AHEAD):
        found = turn.interaction(interaction_id)
        if found.state == "queued" and user.agent_id not in found.excluded:
            return found
    raise NotFound("Nothing waits in your queues.")


def mine(turn: Turn, agent_id: AgentId, interaction_id: InteractionId) -> Interaction:
    """The conversation, if this agent may act on it. Raises NotFound, Forbidden."""
    interaction = turn.interaction(interaction_id)
    require_right(turn, agent_id, interaction)
    return interaction


def close(turn: Turn, agent_id: AgentId, command: Close) -> InteractionId:
    """Resolve it. What waits is canceled; what somebody was offered is taken back first. Raises NotFound, Forbidden."""
    interaction = turn.rescind(mine(turn, agent_id, command.interaction_id), "canceled")
    if interaction.state in ("queued", "scheduled"):
        turn.on(interaction, ev.InteractionCanceled(reason="closed by an agent"))
    elif interaction.state != "closed":
        turn.on(interaction, ev.InteractionClosed())
    drop_timer(turn.tx, "wake", interaction.interaction_id)
    turn.settle(interaction.agent_id)
    return interaction.interaction_id


def snooze(turn: Turn, agent_id: AgentId, command: Snooze) -> InteractionId:
    """Free the slot until the customer answers, or a time. Raises Conflict, Invalid, NotFound, Forbidden."""
    if command.reason == "until" and (command.until is None or command.until <= turn.tx.now):
        raise Invalid("Name a time that is still to come.", field="until")
    until = command.until if command.reason == "until" else None
    interaction = mine(turn, agent_id, command.interaction_id)
    require(interaction, "live")
    turn.on(interaction, ev.InteractionSnoozed(reason=command.reason, until=until))
    if until is not None:
        set_timer(turn.tx, "wake", interaction.interaction_id, until)
    turn.settle(interaction.agent_id)
    return interaction.interaction_id


def wake(turn: Turn, agent_id: AgentId, command: Wake) -> InteractionId:
    """Into the hands of who wakes it. Raises Conflict, NotFound, Forbidden."""
    interaction = mine(turn, agent_id, command.interaction_id)
    require(interaction, "snoozed")
    drop_timer(turn.tx, "wake", interaction.interaction_id)
    turn.on(interaction, ev.InteractionResumed(agent_id=agent_id, reason="woken"))
    return interaction.interaction_id


def reopen(turn: Turn, agent_id: AgentId, command: Reopen) -> InteractionId:
    """Into the hands of who re-opens it. Raises Conflict, NotFound, Forbidden."""
    interaction = mine(turn, agent_id, command.interaction_id)
    require(interaction, "closed")
    return into_hands(turn, agent_id, interaction).interaction_id


def require(interaction: Interaction, *states: State) -> None:
    """Raises Conflict."""
    if interaction.state not in states:
        raise Conflict(f"This is {interaction.state}, not {' or '.join(states)}.", state=interaction.state)


def transfer(turn: Turn, agent_id: AgentId, command: Transfer) -> InteractionId:
    """To a queue, or to a colleague through that queue. Raises Invalid, Conflict, NotFound, Forbidden."""
    if command.queue_id not in turn.catalog.queues:
        raise Invalid("There is no such queue.", field="queue_id")
    if command.to is not None and not turn.user(command.to).active:
        raise Invalid("This colleague does not work here any more.", field="to")
    interaction = mine(turn, agent_id, command.interaction_id)
    require(interaction, "queued", "offered", "accepting", "live", "snoozed")
    interaction = turn.rescind(interaction, "moved")
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
    """Write first: a new interaction in the agent's hands, or the one that is open there. Raises Invalid, NotFound."""
    account = turn.catalog.accounts.get(command.channel_id)
    if account is None:
        raise Invalid("There is no such channel.", field="channel_id")
    customer_id, target = address_of(turn, command)
    last = talk.latest(turn.tx, {(command.channel_id, target)}).get((command.channel_id, target))
    if last is not None and (interaction := turn.interaction(last)).is_open:
        return into_hands(turn, agent_id, interaction).interaction_id
    interaction_id = turn.tx.new_interaction()
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
                customer_id=customer_id,
                interaction_id=interaction_id,
                channel_id=command.channel_id,
                cause=command.client_id,
            )
            for data in steps
        )
    )
    return interaction_id


def address_of(turn: Turn, command: Open) -> tuple[CustomerId, Address]:
    """The address, and the record of the person that has it. Raises NotFound, Invalid."""
    if turn.tx.customer(command.customer_id) is None:
        raise NotFound("There is no such customer.")
    for record in turn.tx.customers(people.records_of_person(turn.tx, command.customer_id)).values():
        for known in record.addresses:
            address = Address(known.kind, known.value)
            if str(address) == command.address:
                return record.customer_id, address
    raise Invalid("This address is not the customer's.", field="address")
