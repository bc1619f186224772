"""What agents do with work."""

from __future__ import annotations

from agent_ui.call import Call
from agent_ui.routes import route
from hub.commands import Close, Open, Reopen, Snooze, Take, Transfer, Wake
from hub.service import Result


@route("POST", "/api/interactions/take")
async def take(call: Call, *, body: Take) -> Result:
    """Take waiting work by hand; without an id the one that waits longest in my queues."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/interactions/close")
async def close(call: Call, *, body: Close) -> Result:
    """Resolve it."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/interactions/wake")
async def wake(call: Call, *, body: Wake) -> Result:
    """End a snooze."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/interactions/reopen")
async def reopen(call: Call, *, body: Reopen) -> Result:
    """Take up again what was closed."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/interactions/open")
async def open_interaction(call: Call, *, body: Open) -> Result:
    """Write first to an address of a customer."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/interactions/snooze")
async def snooze(call: Call, *, body: Snooze) -> Result:
    """Put it aside until the customer answers, or until a time."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/interactions/transfer")
async def transfer(call: Call, *, body: Transfer) -> Result:
    """To a queue, or to a colleague through that queue."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)
