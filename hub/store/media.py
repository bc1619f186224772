"""What is known of stored files besides their bytes."""

from __future__ import annotations

from sqlalchemy import select

from hub.ids import MediaId
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View


def put_media(tx: Tx, media_id: MediaId, kind: str, size: int) -> None:
    row = {"media_id": media_id, "type": kind, "size": size, "made_at": rows.micros(tx.now)}
    tx.connection.execute(tx.dialect.put(t.media), row)


def media_type(view: View, media_id: MediaId) -> str | None:
    return view.connection.execute(select(t.media.c.type).where(t.media.c.media_id == media_id)).scalar()
