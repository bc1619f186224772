"""When agents' screens were last heard, by any process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select

from hub.ids import AgentId
from hub.projection import AgentNow
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View, batches


class Heard(NamedTuple):
    now: AgentNow
    seen_at: datetime | None


def put_beats(tx: Tx, process: str, beats: Mapping[AgentId, datetime]) -> None:
    new = [{"agent_id": one, "process": process, "seen_at": rows.micros(at)} for one, at in sorted(beats.items())]
    if new:
        tx.connection.execute(tx.dialect.put(t.beats), new)


def heard(view: View) -> list[Heard]:
    """Every agent who is reachable or at work, with the newest beat."""
    last = select(t.beats.c.agent_id, func.max(t.beats.c.seen_at).label("seen")).group_by(t.beats.c.agent_id).subquery()
    query = select(t.agents.c.body, last.c.seen).outerjoin(last, last.c.agent_id == t.agents.c.agent_id)
    found = [
        Heard(rows.AGENTS.from_row(row), rows.moment_or_none(row["seen"]))
        for row in view.connection.execute(query).mappings()
    ]
    return [one for one in found if one.now.reachable or one.now.status != "offline"]


def unreachable(view: View, ids: Sequence[AgentId]) -> list[AgentId]:
    """Which of these agents count as not reachable, so far."""
    known = {
        row["agent_id"]: rows.AGENTS.from_row(row).reachable
        for part in batches(sorted(ids))
        for row in view.connection.execute(select(t.agents).where(t.agents.c.agent_id.in_(part))).mappings()
    }
    return [one for one in sorted(ids) if not known.get(one, False)]


def forget_beats(tx: Tx, before: datetime) -> None:
    tx.connection.execute(delete(t.beats).where(t.beats.c.seen_at < rows.micros(before)))
