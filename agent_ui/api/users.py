"""The people who sign in: administrators add them, change them, sign them out."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from agent_ui.auth import LONGEST, THROTTLE, hash_password
from agent_ui.call import Call
from agent_ui.live import SCREENS
from agent_ui.routes import route
from hub.errors import Conflict, Invalid, NotFound
from hub.ids import AgentId, QueueId
from hub.people import Role
from hub.store import Tx, users
from hub.store.users import User

Email = Annotated[str, Meta(pattern=r"^[^@\s]{1,64}@[^@\s]{1,255}$", max_length=320)]
Password = Annotated[str, Meta(max_length=LONGEST)]


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A user without the password."""

    agent_id: AgentId
    email: str
    name: str
    roles: tuple[Role, ...]
    active: bool
    queues: tuple[QueueId, ...]


class AddUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    email: Email
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    password: Password
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=3)] = ("agent",)
    queues: Annotated[tuple[QueueId, ...], Meta(max_length=1000)] = ()


class ChangeUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. A new password, or ``active: false``, signs the user out everywhere."""

    name: Annotated[str, Meta(min_length=1, max_length=120)] | None = None
    password: Password | None = None
    roles: Annotated[tuple[Role, ...], Meta(min_length=1, max_length=3)] | None = None
    queues: Annotated[tuple[QueueId, ...], Meta(max_length=1000)] | None = None
    active: bool | None = None


@route("GET", "/api/users")
async def list_users(call: Call) -> tuple[Person, ...]:
    """Everybody, by name."""
    call.require("admin")
    return tuple(person(one) for one in await call.hub.store.read(users.users))


@route("POST", "/api/users", status=201)
async def add_user(call: Call, *, body: AddUser) -> Person:
    """Add somebody. 409 when the e-mail address is taken."""
    call.require("admin")
    require_queues(call, body.queues)
    password_hash = await hashed(call, body.password)

    def add(tx: Tx) -> User:
        if users.user_by_email(tx, body.email) is not None:
            raise Conflict("Somebody has this e-mail address already.", field="email")
        made = User(
            agent_id=AgentId(tx.ids.new()),
            email=body.email,
            name=body.name,
            roles=body.roles,
            queues=body.queues,
            password_hash=password_hash,
        )
        users.put_user(tx, made)
        return made

    return person(await call.hub.store.write(add))


@route("PATCH", "/api/users/{agent_id}")
async def change_user(call: Call, *, agent_id: AgentId, body: ChangeUser) -> Person:
    """Change somebody. An administrator can't lock out himself."""
    call.require("admin")
    require_queues(call, body.queues or ())
    if agent_id == call.agent_id and (body.active is False or (body.roles is not None and "admin" not in body.roles)):
        raise Invalid("You can't take your own administration away.", field="roles")
    changes = {
        name: value for name in ("name", "roles", "queues", "active") if (value := getattr(body, name)) is not None
    }
    if body.password is not None:
        changes["password_hash"] = await hashed(call, body.password)

    def change(tx: Tx) -> User:
        old = users.user(tx, agent_id)
        if old is None:
            raise NotFound("There is no such user.")
        new = msgspec.structs.replace(old, **changes)
        if not any(is_administrator(one) for one in (new, *users.users(tx)) if one is new or one.agent_id != agent_id):
            raise Conflict("Somebody has to stay an administrator.", field="roles")
        users.put_user(tx, new)
        if body.password is not None or not new.active:
            users.end_sessions(tx, agent_id)
        return new

    changed = await call.hub.store.write(change)
    await call.request.app[SCREENS].tell_ended()
    return person(changed)


def is_administrator(user: User) -> bool:
    return user.active and "admin" in user.roles


async def hashed(call: Call, password: str) -> str:
    return await call.request.app[THROTTLE].hashing(lambda: hash_password(password))


def require_queues(call: Call, queues: tuple[QueueId, ...]) -> None:
    unknown = [queue for queue in queues if queue not in call.hub.catalog.queues]
    if unknown:
        raise Invalid(f"There is no queue {unknown[0]}.", field="queues")


def person(user: User) -> Person:
    return Person(
        agent_id=user.agent_id,
        email=user.email,
        name=user.name,
        roles=user.roles,
        active=user.active,
        queues=user.queues,
    )
