"""A conversation as its customer may see it: no note, no routing, no word of the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub import events as ev
from hub.addresses import Address
from hub.catalog import Catalog
from hub.events import Event
from hub.ids import AgentId, ChannelId, actor_agent
from hub.interactions import Interaction
from hub.ports import Conversation, Said
from hub.store import View, head, talk, users


def conversation(
    view: View, catalog: Catalog, channel: ChannelId, address: Address, *, after: int, limit: int
) -> Conversation:
    """What both sides said behind a position, ascending; the newest ``limit`` with ``resync`` when there is more."""
    found = talk.talk(view, channel, address, after, limit)
    names = {one.agent_id: one.name for one in users.agent_states(view, _agents_of(found))}
    account = catalog.accounts.get(channel)
    from_name = account.from_name if account else ""
    return Conversation(
        messages=tuple(said(event, found.statuses, names, from_name) for event in found.events),
        position=head(view),
        state=public_state(found.interaction),
        agent=_holder(found.interaction, names, from_name),
        resync=found.is_more,
    )


_PUBLIC: Final = {"queued": "waiting", "offered": "waiting", "accepting": "waiting", "created": "waiting"}


def public_state(interaction: Interaction | None) -> str:
    """What the customer may know of where it stands."""
    if interaction is None:
        return "none"
    if interaction.state == "closed":
        return "closed"
    return _PUBLIC.get(interaction.state, "live")


def said(event: Event, statuses: Mapping[str, str], names: Mapping[AgentId, str], from_name: str) -> Said:
    data = event.read()
    if isinstance(data, ev.MessageReceived):
        return Said(
            position=event.position,
            event_id=event.event_id,
            by="customer",
            name=data.name or "",
            text=data.text,
            at=event.shown_at,
            external_id=event.external_id,
            attachments=data.attachments,
        )
    assert isinstance(data, ev.MessageQueued)
    agent_id = actor_agent(event.actor)
    return Said(
        position=event.position,
        event_id=event.event_id,
        by="agent",
        name=from_name or (names.get(agent_id, "") if agent_id else ""),
        text=data.text,
        at=event.shown_at,
        status=statuses.get(event.event_id, "queued"),
        attachments=data.attachments,
    )


def _agents_of(found: talk.Talk) -> set[AgentId]:
    agents = {agent for event in found.events if (agent := actor_agent(event.actor))}
    if found.interaction is not None and found.interaction.agent_id:
        agents.add(found.interaction.agent_id)
    return agents


def _holder(interaction: Interaction | None, names: Mapping[AgentId, str], from_name: str) -> str:
    """The name the customer sees while somebody has the conversation in hand."""
    if interaction is None or interaction.agent_id is None or public_state(interaction) != "live":
        return ""
    return from_name or names.get(interaction.agent_id, "")
