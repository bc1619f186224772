"""What is known of stored files besides their bytes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import select

from hub.ids import MediaId
from hub.store import rows
from hub.store import tables as t
from hub.store.tx import Tx, View


class Stored(NamedTuple):
    media_id: MediaId
    type: str
    size: int


def put_media(tx: Tx, files: Iterable[Stored]) -> None:
    """What a file was first found to be, it stays: nobody changes its type by sending the same bytes again."""
    new = {file.media_id: file._asdict() | {"made_at": rows.micros(tx.now)} for file in files}
    statement = tx.dialect.add_if_new(t.media, (t.media.c.media_id,))
    tx.connection.execute(statement, [new[key] for key in sorted(new)])


def stored(view: View, ids: Collection[MediaId]) -> dict[MediaId, Stored]:
    """What is known of these files; what was never stored is missing."""
    m = t.media.c
    query = select(m.media_id, m.type, m.size).where(view.dialect.among(m.media_id))
    return {
        MediaId(row.media_id): Stored(MediaId(row.media_id), row.type, row.size)
        for row in view.connection.execute(query, view.dialect.given(sorted(ids)))
    }


def media_type(view: View, media_id: MediaId) -> str | None:
    return view.connection.execute(select(t.media.c.type).where(t.media.c.media_id == media_id)).scalar()
