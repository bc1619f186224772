"""What a channel is given to send: the message, where it goes, and what it answers."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from hub.catalog import Account
from hub.errors import NotFound
from hub.events import MessageQueued, MessageReceived
from hub.ids import actor_agent
from hub.ports import Outbound
from hub.ranks import RANKS
from hub.store import View, users
from hub.store import events as stream
from hub.store.outbox import State, Waiting
from hub.store.talk import statuses_of

HISTORY: Final = 3


class Told(NamedTuple):
    """A receipt or a person has said meanwhile what became of it: there is nothing to send."""

    state: State


def outbound(view: View, row: Waiting, account: Account) -> Outbound | Told:
    """Read everything in one transaction. Raises NotFound when the message is gone."""
    event = stream.event(view, row.event_id)
    if event is None or event.customer_id is None:
        raise NotFound("The message to send is not there.")
    status = statuses_of(view, [row.event_id]).get(row.event_id, "queued")
    if status == "failed" or RANKS[status] >= RANKS["sent"]:  # type: ignore[index]  # stored as one of them
        return Told("failed" if status == "failed" else "done")
    message = event.read()
    assert isinstance(message, MessageQueued)
    received = [
        data
        for one in stream.last_received(view, row.interaction_id, event.customer_id, HISTORY)
        if isinstance(data := one.read(), MessageReceived)
    ]
    thread: dict[str, Any] = next((data.thread for data in received if data.thread), {})
    agent_id = actor_agent(event.actor)
    agent = users.user(view, agent_id) if agent_id else None
    return Outbound(
        outbox_id=row.outbox_id,
        channel_id=account.channel_id,
        interaction_id=row.interaction_id,
        to=message.to,
        message=message,
        from_name=account.from_name or (agent.name if agent else ""),
        reply_to=message.reply_to,
        thread=thread,
        history=tuple(received),
        attempt=row.attempt,
    )
