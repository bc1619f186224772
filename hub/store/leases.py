"""Work that runs once: a row per name, a fencing number that only rises, and the database's own clock."""

from __future__ import annotations

from sqlalchemy import select, update

from hub.store import tables as t
from hub.store.dialect import database_now
from hub.store.tx import Tx, View

_l = t.leases.c


def take_lease(tx: Tx, name: str, holder: str, seconds: float) -> int | None:
    """Take or renew. Returns the epoch; None while somebody else holds it."""
    now = database_now(tx.connection, tx.dialect.name)
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


def is_free(view: View, name: str, holder: str) -> bool:
    """Nobody else holds it, as far as can be seen without a lock."""
    row = view.connection.execute(select(_l.holder, _l.expires_at).where(_l.name == name)).first()
    if row is None or row.holder == holder:
        return True
    return bool(row.expires_at <= database_now(view.connection, view.dialect.name))


def release_lease(tx: Tx, name: str, holder: str) -> None:
    """Give it back: the next one need not wait."""
    tx.connection.execute(update(t.leases).where(_l.name == name, _l.holder == holder).values(expires_at=0))


def holds(tx: Tx, name: str, epoch: int) -> bool:
    """The epoch is still the last one given out. A holder that was overtaken must not write."""
    query = tx.dialect.locked(select(_l.epoch).where(_l.name == name))
    return tx.connection.execute(query).scalar() == epoch
