"""What agents say: answers to customers, notes to the team, and what becomes of a send that failed."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hub import events as ev
from hub.addresses import BadAddressText, address
from hub.commands import AddNote, Resend, SendMessage
from hub.errors import Changed, Conflict, Invalid, NotFound
from hub.ids import AgentId, CustomerId, EventId, InteractionId, OutboxId, actor_agent
from hub.interactions import Interaction
from hub.ports import Abilities
from hub.store import New, media, people, work
from hub.store import events as stream
from hub.store.outbox import settle_outbox
from hub.store.timers import drop_timer
from hub.teams import require_right
from hub.turn import Turn

_SETTLES = {"mark_sent": "sent", "mark_failed": "failed"}


def send(turn: Turn, agent_id: AgentId, command: SendMessage) -> InteractionId:
    """Compare, check, take into the agent's hands where it is in nobody's, queue.

    Raises Changed with ``since``, Invalid, NotFound, Forbidden, Conflict.
    """
    answers = [] if command.anyway else answers_since(turn, command.interaction_id, command.last_seen)
    interaction = turn.interaction(command.interaction_id)
    require_right(turn, agent_id, interaction)
    files = known_files(turn, command.attachments)
    require_able(turn.account(interaction).abilities, command, files)
    if unseen := [event for event in answers if actor_agent(event.actor) != agent_id]:
        raise Changed(since=unseen)
    interaction = into_hands(turn, agent_id, interaction)
    data = ev.MessageQueued(
        outbox_id=OutboxId(turn.tx.ids.new()),
        to=interaction.address,
        text=command.text,
        html=command.html,
        subject=command.subject,
        attachments=files,
        cc=command.cc,
        reply_to=interaction.last_external_id,
        client_id=command.client_id,
    )
    interaction = turn.on(interaction, data, cause=command.client_id)
    if command.then == "close":
        turn.on(interaction, ev.InteractionClosed())
        turn.settle(interaction.agent_id)
    return interaction.interaction_id


def answers_since(turn: Turn, interaction_id: InteractionId, last_seen: int) -> list[ev.Event]:
    """What this person was answered since, on whatever channel.

    The person's records are held first, as what comes in holds them: answers to one person then wait for one another.
    """
    customer_id = work.customer_of(turn.tx, interaction_id)
    if customer_id is None:
        return []
    held: list[CustomerId] = []
    while (records := people.records_of_person(turn.tx, customer_id)) != held:
        turn.tx.customers(records)
        held = records
    return stream.answers_since(turn.tx, held, last_seen)


def known_files(turn: Turn, files: Sequence[ev.Attachment]) -> tuple[ev.Attachment, ...]:
    """The files with the type and size that the store knows, whatever the sender says of them. Raises Invalid."""
    known = media.stored(turn.tx, {file.media_id for file in files}) if files else {}
    for file in files:
        if file.media_id not in known:
            raise Invalid(f"{file.name} was not uploaded.", field="attachments")
    return tuple(
        msgspec.structs.replace(file, type=known[file.media_id].type, size=known[file.media_id].size) for file in files
    )


def require_able(abilities: Abilities, command: SendMessage, files: Sequence[ev.Attachment]) -> None:
    """Raises Invalid for what the channel can't carry."""
    if not command.text.strip() and not files:
        raise Invalid("There is nothing to send.", field="text")
    length = measure(command.text, abilities.text_unit)
    if length > abilities.text_limit and not abilities.splits:
        words = f"{abilities.word} takes {abilities.text_limit} {abilities.text_unit}; this has {length}."
        raise Invalid(words, field="text")
    if command.cc and not abilities.copies:
        raise Invalid(f"{abilities.word} has no copies.", field="cc")
    for copy in command.cc:
        require_email(copy)
    if command.subject and not abilities.subject:
        raise Invalid(f"{abilities.word} has no subject.", field="subject")
    if command.html and not abilities.html:
        raise Invalid(f"{abilities.word} carries plain text only.", field="html")
    for file in files:
        if file.size > abilities.media_bytes:
            raise Invalid(f"{file.name} is larger than {abilities.word} takes.", field="attachments")
        if not any(fits(file.type, pattern) for pattern in abilities.media_types):
            raise Invalid(f"{abilities.word} does not take files of type {file.type}.", field="attachments")


def require_email(text: str) -> None:
    """Raises Invalid."""
    try:
        address("email", text)
    except BadAddressText:
        raise Invalid(f"{text[:80]} is not an e-mail address.", field="cc") from None


def measure(text: str, unit: str) -> int:
    match unit:
        case "bytes":
            return len(text.encode())
        case "utf16":
            return len(text.encode("utf-16-le")) // 2
        case _:
            return len(text)


def fits(kind: str, pattern: str) -> bool:
    if pattern == "*/*":
        return True
    main, _, sub = pattern.partition("/")
    return kind == pattern or (sub in ("*", "") and kind.startswith(f"{main}/"))


def into_hands(turn: Turn, agent_id: AgentId, interaction: Interaction) -> Interaction:
    """Answering what nobody holds takes it. What a colleague holds stays his: one helps."""
    queue_id = turn.queue_of(interaction).queue_id
    match interaction.state:
        case "live":
            return interaction
        case "wrap_up":
            holder = interaction.agent_id or agent_id
            return turn.on(interaction, ev.InteractionResumed(agent_id=holder, reason="answered"))
        case "snoozed":
            drop_timer(turn.tx, "wake", interaction.interaction_id)
            return turn.on(interaction, ev.InteractionResumed(agent_id=agent_id, reason="answered"))
        case "closed":
            interaction = turn.on(interaction, ev.InteractionReopened(queue_id=queue_id, preferred=agent_id))
        case "created" | "scheduled":
            interaction = turn.on(interaction, ev.InteractionQueued(queue_id=queue_id))
        case "offered" if interaction.offered_to == agent_id:
            return turn.accept(interaction, agent_id)
        case "offered" | "accepting":
            interaction = turn.rescind(interaction, "taken")
        case _:
            pass
    return turn.on(interaction, ev.InteractionAccepted(agent_id=agent_id))


def note(turn: Turn, command: AddNote) -> InteractionId | None:
    """Raises NotFound."""
    customer_id = command.customer_id
    channel_id = None
    if command.interaction_id is not None:
        interaction = turn.interaction(command.interaction_id)
        customer_id, channel_id = interaction.customer_id, interaction.channel_id
    elif turn.tx.customer(customer_id) is None:
        raise NotFound("There is no such customer.")
    turn.tx.append(
        New(
            data=ev.NoteAdded(text=command.text, mentions=command.mentions),
            actor=turn.actor,
            customer_id=customer_id,
            interaction_id=command.interaction_id,
            channel_id=channel_id,
            cause=command.client_id,
        )
    )
    return command.interaction_id


def resend(turn: Turn, agent_id: AgentId, command: Resend) -> InteractionId:
    """A person settles what the outbox could not. Raises NotFound, Forbidden, Conflict."""
    event = stream.event(turn.tx, command.event_id)
    if event is None or event.interaction_id is None or event.customer_id is None:
        raise NotFound("There is no such message of ours.")
    interaction = turn.interaction(event.interaction_id)
    message = turn.tx.message(EventId(command.event_id))
    if message is None:
        raise NotFound("There is no such message of ours.")
    require_right(turn, agent_id, interaction)
    status = message.delivery.status
    if status not in ("uncertain", "failed"):
        raise Conflict(f"This message is {status}: there is nothing to settle.")
    if command.how == "resend":
        later = stream.answers_since(turn.tx, [event.customer_id], event.position)
        if any(resent_from(one) == event.event_id for one in later):
            raise Conflict("This was sent again already.")
        _again(turn, interaction, event, command, is_uncertain=status == "uncertain")
        return interaction.interaction_id
    if status == "failed":
        raise Conflict("This message was not sent, that is certain. You can send it again.")
    settled = _SETTLES[command.how]
    words = "marked by a person"
    turn.on(interaction, ev.DeliveryUpdated(status=settled, message=event.event_id, words=words))  # type: ignore[arg-type]  # one of two
    settle_outbox(turn.tx, message.outbox_id, "done" if settled == "sent" else "failed")
    return interaction.interaction_id


def resent_from(event: ev.Event) -> EventId | None:
    data = event.read()
    return data.resend_of if isinstance(data, ev.MessageQueued) else None


def _again(turn: Turn, interaction: Interaction, event: ev.Event, command: Resend, *, is_uncertain: bool) -> None:
    """A new message, linked to the old one."""
    data = event.read()
    assert isinstance(data, ev.MessageQueued)
    if is_uncertain:
        failed = ev.DeliveryUpdated(status="failed", message=event.event_id, words="sent again by a person")
        interaction = turn.on(interaction, failed)
        settle_outbox(turn.tx, data.outbox_id, "failed")
    again = ev.MessageQueued(
        outbox_id=OutboxId(turn.tx.ids.new()),
        to=data.to,
        text=data.text,
        html=data.html,
        subject=data.subject,
        attachments=data.attachments,
        cc=data.cc,
        reply_to=data.reply_to,
        client_id=command.client_id,
        resend_of=event.event_id,
    )
    turn.on(interaction, again, cause=command.client_id)
