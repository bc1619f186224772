"""Signing in and out, and everything a console needs to begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from agent_ui.auth import COOKIE, LONGEST, set_cookie, sign_in
from agent_ui.call import Call
from agent_ui.live import SCREENS
from agent_ui.routes import route
from hub.events import Moment
from hub.people import AgentState, ChannelState, Draft, QueueState, Role, Snapshot
from hub.store import users
from hub.store.drafts import drafts_of_agent
from hub.turn import WEIGHTS


class SignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Annotated[str, Meta(max_length=320)]
    password: Annotated[str, Meta(max_length=LONGEST)]


class Me(msgspec.Struct, frozen=True, kw_only=True):
    agent: AgentState
    roles: tuple[Role, ...]


class Boot(msgspec.Struct, frozen=True, kw_only=True):
    """One request: who I am, everything a desk shows, at one position."""

    me: Me
    snapshot: Snapshot
    queues: tuple[QueueState, ...]
    channels: tuple[ChannelState, ...]
    drafts: tuple[Draft, ...]
    server_time: Moment
    version: str
    weights: Mapping[str, int]
    """Units of capacity by kind of work."""


@route("POST", "/api/session", is_open=True)
async def begin_session(call: Call, *, body: SignIn) -> Me:
    """Sign in. Sets the session cookie. A wrong guess costs time: 429 says how long to wait."""
    user, token = await sign_in(call.request, body.email, body.password)
    me = Me(agent=await call.hub.desk.agent(user.agent_id), roles=user.roles)
    response = web.Response(body=msgspec.json.encode(me), content_type="application/json")
    set_cookie(call.request, response, token)
    return response  # type: ignore[return-value]  # the declared answer, with its cookie


@route("DELETE", "/api/session")
async def end_session(call: Call) -> None:
    """Sign out. The live connection of this session ends too."""
    await call.hub.store.write(lambda tx: users.end_session(tx, call.token_hash))
    await call.request.app[SCREENS].tell_ended()
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/")
    return response  # type: ignore[return-value]  # nothing, and the cookie goes


@route("GET", "/api/boot")
async def boot(call: Call) -> Boot:
    """Everything a console needs to begin; then it follows the live connection from ``snapshot.position``."""
    desk, agent_id = call.hub.desk, call.agent_id
    snapshot = await desk.snapshot(agent_id)
    return Boot(
        me=Me(agent=await desk.agent(agent_id), roles=call.user.roles),
        snapshot=snapshot,
        queues=await desk.queues(),
        channels=await desk.channels(),
        drafts=tuple(await call.hub.store.read(lambda view: drafts_of_agent(view, agent_id))),
        server_time=call.hub.clock.now(),
        version=call.options.version,
        weights=WEIGHTS,
    )


@route("GET", "/api/snapshot")
async def snapshot(call: Call) -> Snapshot:
    """All rows of a desk at one position: after a gap that is too large to patch."""
    return await call.hub.desk.snapshot(call.agent_id)
