"""What agents say to customers and to the team."""

from __future__ import annotations

from agent_ui.call import Call
from agent_ui.routes import route
from hub.commands import AddNote, Resend, SendMessage
from hub.service import Result


@route("POST", "/api/messages")
async def send_message(call: Call, *, body: SendMessage) -> Result:
    """Answer a customer. 409 ``changed`` with ``since`` when a colleague answered after ``last_seen``."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/messages/resend")
async def settle_message(call: Call, *, body: Resend) -> Result:
    """Settle a message that failed or whose outcome nobody knows."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/notes")
async def add_note(call: Call, *, body: AddNote) -> Result:
    """Tell only the team."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)
