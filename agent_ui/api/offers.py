"""Offers: the right to accept one interaction, until the server's deadline."""

from __future__ import annotations

from agent_ui.call import Call
from agent_ui.routes import route
from hub.commands import Accept, Decline
from hub.service import Result


@route("POST", "/api/offers/accept")
async def accept_offer(call: Call, *, body: Accept) -> Result:
    """Take it. 409 ``gone`` with ``cause`` and ``by`` when it is over."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)


@route("POST", "/api/offers/decline")
async def decline_offer(call: Call, *, body: Decline) -> Result:
    """It goes back to its old place and never comes to me again."""
    return await call.hub.service.do(body, call.agent_id, call.user.roles)
