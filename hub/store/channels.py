"""How channel accounts are doing: last in, last out, what they said of themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple

from sqlalchemy import func, select

from hub.ids import ChannelId
from hub.store import outbox, rows
from hub.store import tables as t
from hub.store.tx import Tx, View

_i: Final = t.interactions.c


State = Literal["connected", "degraded", "broken"]


class Words(NamedTuple):
    state: State
    words: str


class Doing(NamedTuple):
    last_in: datetime | None
    last_out: datetime | None
    unreadable: int
    waiting_out: int
    uncertain: int
    said: Words


def put_health(tx: Tx, channel_id: ChannelId, state: State, words: str) -> None:
    row = {"channel_id": channel_id, "state": state, "words": words, "at": rows.micros(tx.now)}
    tx.connection.execute(tx.dialect.put(t.channel_health), row)


def doing(view: View, channels: list[ChannelId]) -> dict[ChannelId, Doing]:
    said = {row.channel_id: Words(row.state, row.words) for row in view.connection.execute(select(t.channel_health))}
    last_in = _latest(view, "last_in")
    last_out = _last_out(view)
    unreadable = _unreadable(view)
    waiting = outbox.counts(view)
    return {
        channel: Doing(
            last_in=last_in.get(channel),
            last_out=last_out.get(channel),
            unreadable=unreadable.get(channel, 0),
            waiting_out=waiting.get((channel, "waiting"), 0) + waiting.get((channel, "sending"), 0),
            uncertain=waiting.get((channel, "uncertain"), 0),
            said=said.get(channel, Words("connected", "")),
        )
        for channel in channels
    }


def _latest(view: View, name: str) -> dict[str, datetime]:
    query = select(_i.channel_id, func.max(_i.last_at).label(name)).group_by(_i.channel_id)
    return {row[0]: rows.moment(row[1]) for row in view.connection.execute(query)}


def _last_out(view: View) -> dict[str, datetime]:
    o = t.outbox.c
    query = select(o.channel_id, func.max(o.made_at)).where(o.state == "done").group_by(o.channel_id)
    return {row[0]: rows.moment(row[1]) for row in view.connection.execute(query)}


def _unreadable(view: View) -> dict[str, int]:
    c = t.events.c
    query = (
        select(c.channel_id, func.count())
        .where(c.customer_id == "", c.type == "payload.unreadable")
        .group_by(c.channel_id)
    )
    return {row[0]: row[1] for row in view.connection.execute(query)}
