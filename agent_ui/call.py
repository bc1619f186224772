"""One request of a signed-in person, as handlers get it."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from agent_ui.options import Options
from hub.errors import Forbidden
from hub.ids import AgentId
from hub.people import Role
from hub.runtime import Hub
from hub.store.users import User

HUB: Final = web.AppKey("hub", Hub)
OPTIONS: Final = web.AppKey("options", Options)


class Call:
    """``user`` is None only for routes that are open to everybody."""

    __slots__ = ("_user", "request", "token_hash")

    def __init__(self, request: web.Request, user: User | None, token_hash: str = "") -> None:
        self.request = request
        self.token_hash = token_hash
        self._user = user

    @property
    def hub(self) -> Hub:
        return self.request.app[HUB]

    @property
    def options(self) -> Options:
        return self.request.app[OPTIONS]

    @property
    def user(self) -> User:
        assert self._user is not None, "the route is for signed-in people"
        return self._user

    @property
    def agent_id(self) -> AgentId:
        return self.user.agent_id

    def require(self, *roles: Role) -> None:
        """Raises Forbidden."""
        if not set(roles) & set(self.user.roles):
            raise Forbidden(f"Only a person with the role {' or '.join(roles)} may do this.")
