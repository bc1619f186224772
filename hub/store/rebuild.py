"""Do the rows still say what the events say? Law: whatever is derived can be made again from the stream alone.

The events are folded anew into a scratch database by the very fold that writes them; then whole rows are compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Column, Connection, Engine, Table, select, tuple_
from sqlalchemy.exc import SQLAlchemyError

from hub.errors import Conflict
from hub.events import DECODERS, Event
from hub.ids import Ids
from hub.store import rows
from hub.store import tables as t
from hub.store.dialect import SQLITE, Dialect, Given, dialect_of
from hub.store.events import events_after
from hub.store.faults import told
from hub.store.schema import check_schema
from hub.store.tx import Tx, View

_PAGE: Final = 1000
_KINDS: Final[Mapping[str, rows.Kind[Any]]] = {
    kind.table.name: kind
    for kind in (rows.CUSTOMERS, rows.LINKS, rows.INTERACTIONS, rows.OFFERS, rows.AGENTS, rows.DELIVERIES)
}
_PROJECTIONS: Final = (*(kind.table for kind in _KINDS.values()), t.addresses)
_JSON: Final = frozenset({"body", "fields", "evidence"})
Cells = Mapping[str, Any]


class Difference(NamedTuple):
    """A row as it stands and as the events make it; None where there is none."""

    table: Table
    key: tuple[str, ...]
    kept: Cells | None
    told: Cells | None

    def __str__(self) -> str:
        name = f"{self.table.name} {':'.join(self.key)}"
        if self.kept is None:
            return f"{name} is missing: the events make it."
        if self.told is None:
            return f"{name} stands there, but no event makes it."
        parts = [f"{field} is {kept!r}, the events say {told!r}" for field, kept, told in _unlike(self.kept, self.told)]
        return f"{name}: {'; '.join(parts)}."


class Folded(NamedTuple):
    """The events folded anew, and what could not be folded, in a sentence each."""

    view: View
    unfolded: list[str]


def differences(url: str, most: int = 1000) -> list[str]:
    """Each difference in a sentence, at most so many; empty when all is well. The hub may run meanwhile. Blocking.

    Raises SchemaTooOld, SchemaTooNew, Unavailable.
    """
    check_schema(url)
    dialect = dialect_of(url)
    with _connection(dialect.readers(url, 1), dialect) as connection:
        live = View(connection, dialect)
        with _folded(live) as folded:
            found = (str(difference) for difference in _compare(live, folded.view))
            return [*folded.unfolded, *islice(found, most)][:most]


def rebuild(url: str) -> int:
    """Give every row that differs the form that the events say; returns how many did. Stop the hub first. Blocking.

    Raises SchemaTooOld, SchemaTooNew, Unavailable.
    """
    check_schema(url)
    dialect = dialect_of(url)
    count = 0
    with _connection(dialect.writer(url), dialect) as connection:
        # Whoever appends events takes this row: nothing comes in between.
        connection.execute(dialect.locked(select(t.counter)))
        live = View(connection, dialect)
        with _folded(live) as folded:
            found = _compare(live, folded.view)
            while part := list(islice(found, _PAGE)):
                _mend(live, part)
                count += len(part)
        connection.commit()
    return count


@contextmanager
def _connection(engine: Engine, dialect: Dialect) -> Iterator[Connection]:
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise told(error, dialect) from error
    finally:
        engine.dispose()


@contextmanager
def _folded(live: View) -> Iterator[Folded]:
    with TemporaryDirectory(prefix="continuo-") as folder:
        engine = SQLITE.writer(f"sqlite:///{Path(folder) / 'folded.db'}")
        try:
            with engine.connect() as connection:
                t.metadata.create_all(connection)
                unfolded = _fold(live, connection)
                yield Folded(View(connection, SQLITE), unfolded)
        finally:
            engine.dispose()


def _fold(live: View, scratch: Connection) -> list[str]:
    """A page of events at a time, so that memory does not grow with the stream."""
    unfolded: list[str] = []
    position = 0
    while page := events_after(live, position, _PAGE):
        tx = Tx(scratch, SQLITE, page[0].recorded_at, Ids())
        unfolded += [sentence for event in page if (sentence := _replay(tx, event))]
        tx.flush()
        position = page[-1].position
    return unfolded


def _replay(tx: Tx, event: Event) -> str:
    """What went wrong, or nothing."""
    if event.type not in DECODERS:
        return f"event {event.position} is of a type that this version does not know: {event.type}."
    try:
        tx.replay(event)
    except (Conflict, msgspec.DecodeError) as error:
        tx.discard()
        return f"event {event.position} ({event.type}) can't be folded: {error}."
    return ""


def _compare(live: View, folded: View) -> Iterator[Difference]:
    for table in _PROJECTIONS:
        for page in _pages(live, table):
            told = _rows(folded, table, page)
            yield from (
                Difference(table, key, kept, told.get(key)) for key, kept in page.items() if kept != told.get(key)
            )
        for page in _pages(folded, table):
            known = _rows(live, table, page)
            yield from (Difference(table, key, None, told) for key, told in page.items() if key not in known)


def _pages(view: View, table: Table) -> Iterator[dict[tuple[str, ...], Cells]]:
    """All rows in the order of their keys. No cursor stays open: what was read may be changed."""
    keys = _keys(table)
    query = select(table).order_by(*keys).limit(_PAGE)
    page = _cells(view, table, query)
    while page:
        yield page
        page = _cells(view, table, query.where(tuple_(*keys) > tuple_(*list(page)[-1])))


def _rows(view: View, table: Table, keys: Iterable[Sequence[str]]) -> dict[tuple[str, ...], Cells]:
    query = select(table).where(view.dialect.among(*_keys(table)))
    return _cells(view, table, query, _given(view, list(keys)))


def _given(view: View, keys: Sequence[Sequence[str]]) -> Given:
    return view.dialect.given_rows(keys) if len(keys[0]) > 1 else view.dialect.given([key for (key,) in keys])


def _cells(view: View, table: Table, query: Any, given: Given | None = None) -> dict[tuple[str, ...], Cells]:
    names = [key.name for key in _keys(table)]
    found = view.connection.execute(query, given).mappings()
    return {tuple(row[name] for name in names): _whole(table, row) for row in found}


def _whole(table: Table, row: Any) -> Cells:
    """Every cell; JSON as this version writes it, so that a field an older version did not have is no difference."""
    kind = _KINDS.get(table.name)
    if kind is None:
        return dict(row)
    written = kind.to_row(kind.from_row(row))
    return {**row, **{name: written[name] for name in written if name in _JSON}}


def _keys(table: Table) -> list[Column[str]]:
    return list(table.primary_key.columns)


def _unlike(kept: Cells, told: Cells) -> Iterator[tuple[str, Any, Any]]:
    for name in kept:
        if kept[name] == told[name]:
            continue
        if name not in _JSON:
            yield name, kept[name], told[name]
            continue
        before, after = msgspec.json.decode(kept[name]), msgspec.json.decode(told[name])
        for field in sorted(before.keys() | after.keys()):
            if before.get(field) != after.get(field):
                yield field, before.get(field), after.get(field)


def _mend(live: View, found: Sequence[Difference]) -> None:
    for table in _PROJECTIONS:
        mine = [one for one in found if one.table is table]
        if replaced := [one.told for one in mine if one.told is not None]:
            live.dialect.replace(live.connection, table, replaced)
        if gone := [one.key for one in mine if one.told is None]:
            live.connection.execute(table.delete().where(live.dialect.among(*_keys(table))), _given(live, gone))
