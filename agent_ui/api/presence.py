"""The status agents choose."""

from __future__ import annotations

from agent_ui.call import Call
from agent_ui.routes import route
from hub.commands import SetPresence
from hub.service import Result


@route("POST", "/api/presence")
async def set_presence(call: Call, *, body: SetPresence) -> Result:
    """Choose a status; with work in hand it waits as the next one."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)
