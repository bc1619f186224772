"""The people who sign in, and their sessions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, RowMapping, delete, select, update

from hub.ids import AgentId, QueueId
from hub.people import AgentState, Role
from hub.projection import AgentNow
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View

_s: Final = t.sessions.c
_now: Final = msgspec.json.Decoder(AgentNow)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Who somebody is and what they may do. ``queues`` empty: every queue that names no members."""

    agent_id: AgentId
    email: str
    name: str
    roles: tuple[Role, ...] = ("agent",)
    active: bool = True
    queues: tuple[QueueId, ...] = ()
    password_hash: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    token_hash: str
    agent_id: AgentId
    created_at: datetime
    expires_at: datetime
    client: str = ""


def users(view: View) -> list[User]:
    """Everybody, by name."""
    return [_user(row) for row in view.connection.execute(select(t.users).order_by(t.users.c.name)).mappings()]


def user(view: View, agent_id: str) -> User | None:
    row = view.connection.execute(select(t.users).where(t.users.c.agent_id == agent_id)).mappings().first()
    return None if row is None else _user(row)


def user_by_email(view: View, email: str) -> User | None:
    row = view.connection.execute(select(t.users).where(t.users.c.email == email.casefold())).mappings().first()
    return None if row is None else _user(row)


def put_user(tx: Tx, one: User) -> None:
    """Add the user, or change what is known of them."""
    row = {
        "agent_id": one.agent_id,
        "email": one.email.casefold(),
        "name": one.name,
        "roles": rows.text(one.roles),
        "password_hash": one.password_hash,
        "active": int(one.active),
        "queues": rows.text(one.queues),
        "created_at": rows.micros(tx.now),
    }
    if user(tx, one.agent_id) is None:
        tx.connection.execute(t.users.insert(), row)
    else:
        del row["created_at"]
        tx.connection.execute(update(t.users).where(t.users.c.agent_id == one.agent_id).values(row))


def agent_states(view: View, ids: Collection[str] | None = None) -> list[AgentState]:
    """Users joined with their presence; ``load`` is not filled."""
    query = select(t.users, t.agents.c.body).outerjoin(t.agents, t.agents.c.agent_id == t.users.c.agent_id)
    if ids is not None:
        query = query.where(t.users.c.agent_id.in_(sorted(ids)))
    found = view.connection.execute(query.order_by(t.users.c.name, t.users.c.agent_id)).mappings()
    return [_state(row) for row in found]


def _state(row: RowMapping) -> AgentState:
    one = _user(row)
    now = _now.decode(row["body"]) if row["body"] else AgentNow(agent_id=one.agent_id)
    return AgentState(
        agent_id=one.agent_id,
        name=one.name,
        email=one.email,
        roles=one.roles,
        active=one.active,
        queues=one.queues,
        status=now.status,
        reason=now.reason,
        next=now.next,
        next_reason=now.next_reason,
        reachable=now.reachable,
        cause=now.cause,
        since=now.since,
        available_since=now.available_since,
        capacity=now.capacity,
        version=now.version,
    )


def _user(row: RowMapping) -> User:
    return User(
        agent_id=row["agent_id"],
        email=row["email"],
        name=row["name"],
        roles=msgspec.json.decode(row["roles"], type=tuple[Role, ...]),
        active=bool(row["active"]),
        queues=msgspec.json.decode(row["queues"], type=tuple[QueueId, ...]),
        password_hash=row["password_hash"],
    )


# sessions


def add_session(tx: Tx, one: Session) -> None:
    row = {
        "token_hash": one.token_hash,
        "agent_id": one.agent_id,
        "created_at": rows.micros(one.created_at),
        "expires_at": rows.micros(one.expires_at),
        "client": one.client[:200],
    }
    tx.connection.execute(t.sessions.insert(), row)


def session(view: View, token_hash: str, now: datetime) -> tuple[Session, User] | None:
    """A session that has not ended, of a user who may sign in."""
    query = (
        select(_s.token_hash, _s.created_at.label("begun_at"), _s.expires_at, _s.client, t.users)
        .join(t.users, t.users.c.agent_id == _s.agent_id)
        .where(_s.token_hash == token_hash, *_is_valid(now))
    )
    row = view.connection.execute(query).mappings().first()
    if row is None:
        return None
    found = Session(
        token_hash=row["token_hash"],
        agent_id=row["agent_id"],
        created_at=rows.moment(row["begun_at"]),
        expires_at=rows.moment(row["expires_at"]),
        client=row["client"],
    )
    return found, _user(row)


def valid_sessions(view: View, hashes: Collection[str], now: datetime) -> set[str]:
    """Those of them that ``session`` would find."""
    query = (
        select(_s.token_hash)
        .join(t.users, t.users.c.agent_id == _s.agent_id)
        .where(_s.token_hash.in_(hashes), *_is_valid(now))
    )
    return set(view.connection.execute(query).scalars())


def _is_valid(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return _s.expires_at > rows.micros(now), t.users.c.active == 1


def end_session(tx: Tx, token_hash: str) -> None:
    tx.connection.execute(delete(t.sessions).where(_s.token_hash == token_hash))


def end_sessions(tx: Tx, agent_id: str) -> None:
    """Sign somebody out everywhere."""
    tx.connection.execute(delete(t.sessions).where(_s.agent_id == agent_id))


def drop_expired(tx: Tx) -> None:
    tx.connection.execute(delete(t.sessions).where(_s.expires_at <= rows.micros(tx.now)))
