"""Queues, colleagues and channels as they are now."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from agent_ui.call import Call
from agent_ui.routes import route
from hub.events import Event
from hub.people import AgentState, ChannelState, QueueState
from hub.store.events import events_after
from hub.store.traces import traces_of


@route("GET", "/api/queues")
async def queues(call: Call) -> tuple[QueueState, ...]:
    """Every queue with what waits in it."""
    return await call.hub.desk.queues()


@route("GET", "/api/agents")
async def agents(call: Call) -> tuple[AgentState, ...]:
    """Everybody who may sign in, with status and load."""
    return await call.hub.desk.agents()


@route("GET", "/api/channels")
async def channels(call: Call) -> tuple[ChannelState, ...]:
    """Every channel account and how it is doing."""
    return await call.hub.desk.channels()


@route("GET", "/api/unreadable")
async def unreadable(call: Call, *, limit: Annotated[int, Meta(ge=1, le=200)] = 50) -> tuple[Event, ...]:
    """Payloads that could not be read, newest first; their raw bytes are files."""
    call.require("supervisor", "admin")
    return await call.hub.desk.unreadable(limit)


@route("GET", "/api/events")
async def events(
    call: Call,
    *,
    after: Annotated[int, Meta(ge=0, le=9_000_000_000_000_000)] = 0,
    limit: Annotated[int, Meta(ge=1, le=1000)] = 200,
) -> tuple[Event, ...]:
    """The stream behind a position. Positions have no gap, so a reader can prove that it missed nothing."""
    call.require("supervisor", "admin")
    return tuple(await call.hub.store.read(lambda view: events_after(view, after, limit)))


@route("GET", "/api/messages/{event_id}/traces")
async def traces(call: Call, *, event_id: str) -> tuple[dict[str, Any], ...]:
    """The redacted calls to the provider for one message of ours, newest first."""
    return tuple(await call.hub.store.read(lambda view: traces_of(view, event_id)))
