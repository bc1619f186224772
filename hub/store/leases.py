"""Work that runs once: a row per name, a fencing number that only rises, and the database's own clock."""

from __future__ import annotations

from sqlalchemy import select, text, update

from hub.store import tables as t
from hub.store.dialect import now_sql
from hub.store.tx import Tx

_l = t.leases.c


def take_lease(tx: Tx, name: str, holder: str, seconds: float) -> int | None:
    """Take or renew. Returns the epoch; None while somebody else holds it."""
    now = int(tx.connection.execute(text(f"SELECT {now_sql(tx.dialect.name)}")).scalar_one())
    until = now + int(seconds * 1_000_000)
    tx.connection.execute(
        tx.dialect.add_if_new(t.leases, (_l.epoch,)), {"name": name, "holder": holder, "epoch": 0, "expires_at": 0}
    )
    row = tx.connection.execute(tx.dialect.locked(select(t.leases).where(_l.name == name))).one()
    if row.holder != holder and row.expires_at > now:
        return None
    is_mine = row.holder == holder and row.epoch > 0 and row.expires_at > now
    epoch = int(row.epoch) if is_mine else int(row.epoch) + 1
    values = {"holder": holder, "epoch": epoch, "expires_at": until}
    tx.connection.execute(update(t.leases).where(_l.name == name).values(values))
    return epoch


def release_lease(tx: Tx, name: str, holder: str) -> None:
    """Give it back: the next one need not wait."""
    tx.connection.execute(update(t.leases).where(_l.name == name, _l.holder == holder).values(expires_at=0))


def holds(tx: Tx, name: str, epoch: int) -> bool:
    """The epoch is still the last one given out. A holder that was overtaken must not write."""
    query = tx.dialect.locked(select(_l.epoch).where(_l.name == name))
    return tx.connection.execute(query).scalar() == epoch
