"""Messages on their way: rows with a lease on the database's clock. A worker that dies gives its rows back by it.

``next_try_at`` of a waiting row is when it is due; of any other row it is when it was claimed last.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from hub.ids import ChannelId, EventId, InteractionId, OutboxId
from hub.ranks import RANKS
from hub.store import rows
from hub.store import tables as t
from hub.store.dialect import database_now
from hub.store.tx import Tx, View

State = Literal["waiting", "sending", "uncertain", "done", "failed"]
_o: Final = t.outbox.c
_OPEN: Final = ("waiting", "sending")
_TRIED: Final = ("sending", "uncertain", "done", "failed")
_SECOND: Final = 1_000_000


class Waiting(NamedTuple):
    """A row that a worker has claimed."""

    outbox_id: OutboxId
    event_id: EventId
    channel_id: ChannelId
    interaction_id: InteractionId
    attempt: int
    made_at: datetime
    was_written: bool
    """An earlier worker may have handed it to the provider, and died."""


class Room(NamedTuple):
    """What an account may take: messages at once, and messages a second over all processes."""

    messages: int
    rate: float


def due(view: View, now: datetime) -> dict[ChannelId, int]:
    """Account -> rows that are due, or whose worker seems to be dead."""
    clock = database_now(view.connection, view.dialect.name)
    query = select(_o.channel_id, func.count()).where(_is_due(now, clock)).group_by(_o.channel_id)
    return {ChannelId(row[0]): row[1] for row in view.connection.execute(query)}


def claim(tx: Tx, holder: str, seconds: float, rooms: Mapping[ChannelId, Room]) -> list[Waiting]:
    """Take rows that are due, and rows whose worker died: only the first of an interaction of which none is on its way.

    That keeps the order. What other processes have in hand is skipped, not waited for.
    """
    clock = database_now(tx.connection, tx.dialect.name)
    found = [row for channel, room in sorted(rooms.items()) for row in _claimable(tx, clock, channel, room)]
    if not found:
        return []
    values = {
        "state": "sending",
        "holder": holder,
        "lease_until": clock + int(seconds * _SECOND),
        "attempt": _o.attempt + 1,
        "next_try_at": rows.micros(tx.now),
    }
    tx.connection.execute(update(t.outbox).where(_o.outbox_id.in_([row.outbox_id for row in found])).values(values))
    return [
        Waiting(
            row.outbox_id,
            row.event_id,
            ChannelId(row.channel_id),
            row.interaction_id,
            row.attempt + 1,
            rows.moment(row.made_at),
            bool(row.written),
        )
        for row in found
    ]


def _claimable(tx: Tx, clock: int, channel: ChannelId, room: Room) -> list[Any]:
    count = min(room.messages, _left(tx, channel, room.rate))
    if count <= 0:
        return []
    other = t.outbox.alias("other")
    is_before = or_(other.c.state == "sending", and_(other.c.state == "waiting", other.c.outbox_id < _o.outbox_id))
    blocked = select(other.c.outbox_id).where(
        other.c.interaction_id == _o.interaction_id, other.c.outbox_id != _o.outbox_id, is_before
    )
    query = (
        select(t.outbox)
        .where(_o.channel_id == channel, _is_due(tx.now, clock), ~blocked.exists())
        .order_by(_o.next_try_at, _o.outbox_id)
        .limit(count)
        .with_for_update(skip_locked=True)
    )
    return list(tx.connection.execute(query))


def _left(tx: Tx, channel: ChannelId, rate: float) -> int:
    """Tokens of the running second (for less than one a second: of the time that one takes)."""
    window = max(1.0, 1.0 / rate)
    since = rows.micros(tx.now) - int(window * _SECOND)
    query = select(func.count()).where(_o.state.in_(_TRIED), _o.next_try_at > since, _o.channel_id == channel)
    return max(1, int(rate * window)) - int(tx.connection.execute(query).scalar_one())


def _is_due(now: datetime, clock: int) -> ColumnElement[bool]:
    return or_(
        and_(_o.state == "waiting", _o.next_try_at <= rows.micros(now)),
        and_(_o.state == "sending", _o.lease_until <= clock),
    )


def mark_written(tx: Tx, outbox_id: OutboxId, holder: str) -> bool:
    """From now on the provider may have it. False when the lease has lapsed and somebody else has the row."""
    return _change(tx, outbox_id, holder, {"written": 1})


def give_back(tx: Tx, outbox_id: OutboxId, holder: str, at: datetime) -> bool:
    """It was certainly not sent: try again then. False when somebody else has the row."""
    values = {"state": "waiting", "next_try_at": rows.micros(at), "written": 0, "lease_until": None, "holder": None}
    return _change(tx, outbox_id, holder, values)


def settle_mine(tx: Tx, outbox_id: OutboxId, holder: str, state: State) -> bool:
    """False when somebody else has the row, or a person has settled it."""
    return _change(tx, outbox_id, holder, {"state": state, "lease_until": None, "holder": None})


def settle_outbox(tx: Tx, outbox_id: OutboxId, state: State) -> None:
    """Whoever has it: the outcome is known."""
    values = {"state": state, "lease_until": None, "holder": None}
    tx.connection.execute(update(t.outbox).where(_o.outbox_id == outbox_id).values(values))


def release(tx: Tx, holder: str) -> None:
    """A worker that stops gives back what it had claimed and not begun."""
    mine = (_o.holder == holder, _o.state == "sending", _o.written == 0)
    values = {"state": "waiting", "lease_until": None, "holder": None, "attempt": _o.attempt - 1}
    tx.connection.execute(update(t.outbox).where(*mine).values(values))


def told(view: View) -> list[tuple[OutboxId, State]]:
    """Uncertain rows whose outcome a receipt or an echo has told since."""
    d = t.deliveries.c
    query = (
        select(_o.outbox_id, d.rank)
        .join(t.deliveries, d.event_id == _o.event_id)
        .where(_o.state == "uncertain", d.rank >= RANKS["sent"])
    )
    return [(row[0], "failed" if row[1] == RANKS["failed"] else "done") for row in view.connection.execute(query)]


def settle_told(tx: Tx, outbox_id: OutboxId, state: State) -> None:
    tx.connection.execute(
        update(t.outbox).where(_o.outbox_id == outbox_id, _o.state == "uncertain").values(state=state)
    )


def _change(tx: Tx, outbox_id: OutboxId, holder: str, values: Mapping[str, Any]) -> bool:
    mine = (_o.outbox_id == outbox_id, _o.holder == holder, _o.state == "sending")
    return tx.connection.execute(update(t.outbox).where(*mine).values(values)).rowcount == 1


def counts(view: View) -> dict[tuple[str, str], int]:
    """(account, state) -> rows that are not done."""
    query = (
        select(_o.channel_id, _o.state, func.count())
        .where(_o.state.in_((*_OPEN, "uncertain")))
        .group_by(_o.channel_id, _o.state)
    )
    return {(row[0], row[1]): row[2] for row in view.connection.execute(query)}
