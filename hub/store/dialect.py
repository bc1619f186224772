"""The only place where SQLite and PostgreSQL differ."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, Protocol

import msgspec
import psycopg
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.dml import Insert

Name = Literal["sqlite", "postgresql"]
Blame = Literal["lost", "store", "clash", "change"]
"""Why a statement failed: the connection is gone; the store can't do its work; two writers met and the same work may
succeed when it is done again; the statement itself can't be carried out."""
Rows = Sequence[Mapping[str, Any]]
_BUSY_MS: Final = 10_000
_json: Final = msgspec.json.Encoder()


class Dialect(Protocol):
    """What the rest of the store asks of a database."""

    name: Name

    def writer(self, url: str) -> Engine:
        """One connection, for the writer thread."""
        ...

    def readers(self, url: str, size: int) -> Engine:
        """Connections that can't write; each transaction sees one moment."""
        ...

    def insert(self, connection: Connection, table: Table, rows: Rows) -> None:
        """New rows, all columns given. One statement."""
        ...

    def change(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Rows that are there, all columns given, found by their primary key. One statement."""
        ...

    def claim(self, connection: Connection, table: Table, rows: Rows) -> Sequence[Row[Any]]:
        """Insert what is not there yet; gives the primary keys of the rows that were new. One statement."""
        ...

    def among(self, column: Column[str], values: Collection[str]) -> ColumnElement[bool]:
        """The column is one of the values, however many."""
        ...

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        """Insert a row that is not there yet; gives it back when it was new."""
        ...

    def put(self, table: Table) -> Insert:
        """Insert, or replace the row with the same primary key."""
        ...

    def locked(self, query: Select[Any]) -> Select[Any]:
        """The query, holding its rows until the commit."""
        ...

    def blame(self, error: DBAPIError) -> Blame: ...


class Sqlite:
    name: Name = "sqlite"

    def writer(self, url: str) -> Engine:
        return self._engine(url, 1, "BEGIN IMMEDIATE", ())

    def readers(self, url: str, size: int) -> Engine:
        return self._engine(url, size, "BEGIN", ("PRAGMA query_only=ON",))

    def _engine(self, url: str, size: int, begin: str, more: tuple[str, ...]) -> Engine:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000, "cached_statements": 512},
        )
        pragmas = (
            f"PRAGMA busy_timeout={_BUSY_MS}",
            "PRAGMA journal_mode=WAL",
            "PRAGMA synchronous=FULL",
            "PRAGMA foreign_keys=ON",
            "PRAGMA cache_size=-65536",
            *more,
        )

        @event.listens_for(engine, "connect")
        def _(connection: sqlite3.Connection, record: object) -> None:
            # sqlite3's own transaction control breaks savepoints: an outer rollback would keep the rows.
            connection.isolation_level = None
            for pragma in pragmas:
                connection.execute(pragma)

        @event.listens_for(engine, "begin")
        def _(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def insert(self, connection: Connection, table: Table, rows: Rows) -> None:
        connection.execute(table.insert(), rows)

    def change(self, connection: Connection, table: Table, rows: Rows) -> None:
        connection.execute(_change_each(table), rows)

    def claim(self, connection: Connection, table: Table, rows: Rows) -> Sequence[Row[Any]]:
        return connection.execute(_claim_sqlite(table), {"rows": _text(rows)}).all()

    def among(self, column: Column[str], values: Collection[str]) -> ColumnElement[bool]:
        each = func.json_each(_text(values)).table_valued("value")
        return column.in_(select(each.c.value))

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        return sqlite.insert(table).on_conflict_do_nothing().returning(*returning)

    def put(self, table: Table) -> Insert:
        statement = sqlite.insert(table)
        return statement.on_conflict_do_update(index_elements=_keys(table), set_=_rest(table, statement.excluded))

    def locked(self, query: Select[Any]) -> Select[Any]:
        return query

    def blame(self, error: DBAPIError) -> Blame:
        # Full, busy, read-only, broken file, I/O error: all of them are operational.
        return "store" if isinstance(error.orig, sqlite3.OperationalError | sqlite3.InternalError) else "change"


class Postgresql:
    name: Name = "postgresql"

    def writer(self, url: str) -> Engine:
        engine = create_engine(url, pool_size=1, max_overflow=0, connect_args=_CONNECT)

        @event.listens_for(engine, "connect")
        def _(connection: psycopg.Connection[Any], record: object) -> None:
            # A process that stands still inside a transaction holds the counter's row: nobody waits for it for ever.
            connection.execute(f"SET lock_timeout = {_BUSY_MS}")
            connection.execute(f"SET idle_in_transaction_session_timeout = {_BUSY_MS}")
            connection.commit()

        return engine

    def readers(self, url: str, size: int) -> Engine:
        return create_engine(
            url,
            pool_size=size,
            max_overflow=0,
            connect_args=_CONNECT,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

    def insert(self, connection: Connection, table: Table, rows: Rows) -> None:
        connection.execute(_insert_postgresql(table), {"rows": _text(rows)})

    def change(self, connection: Connection, table: Table, rows: Rows) -> None:
        connection.execute(_change_postgresql(table), {"rows": _text(rows)})

    def claim(self, connection: Connection, table: Table, rows: Rows) -> Sequence[Row[Any]]:
        return connection.execute(_claim_postgresql(table), {"rows": _text(rows)}).all()

    def among(self, column: Column[str], values: Collection[str]) -> ColumnElement[bool]:
        return column == func.any(bindparam(None, list(values), postgresql.ARRAY(Text)))

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        return postgresql.insert(table).on_conflict_do_nothing().returning(*returning)

    def put(self, table: Table) -> Insert:
        statement = postgresql.insert(table)
        return statement.on_conflict_do_update(index_elements=_keys(table), set_=_rest(table, statement.excluded))

    def locked(self, query: Select[Any]) -> Select[Any]:
        return query.with_for_update()

    def blame(self, error: DBAPIError) -> Blame:
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated:
            return "lost"
        if state in _CLASHES:
            return "clash"
        if isinstance(error.orig, psycopg.OperationalError | psycopg.InternalError) and state not in _TOO_MUCH:
            return "store"
        return "change"


SQLITE: Final = Sqlite()
POSTGRESQL: Final = Postgresql()
_CONNECT: Final = {"connect_timeout": 5, "tcp_user_timeout": _BUSY_MS}
_CLASHES: Final = ("40001", "40P01", "23505")
"""Serialization failure, deadlock, unique violation: the row came into being meanwhile."""
_TOO_MUCH: Final = ("54000", "54001", "54011", "54023")
"""Limits of the program that one value or one statement goes beyond."""


def dialect_of(url: str) -> Dialect:
    """Raises ValueError for a database that is neither."""
    if url.startswith("sqlite:///"):
        return SQLITE
    if url.startswith("postgresql+psycopg://"):
        return POSTGRESQL
    raise ValueError("a store is sqlite:///FILE or postgresql+psycopg://user:password@host/database")


def now_sql(dialect: Name) -> str:
    """The database's own clock in microseconds: leases must not depend on the clocks of processes."""
    if dialect == "sqlite":
        return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


def database_now(connection: Connection, dialect: Name) -> int:
    return int(connection.execute(text(f"SELECT {now_sql(dialect)}")).scalar_one())


# statements that are made once per table; many rows travel as one JSON text, which costs the least to hand over


def _text(value: Any) -> str:
    return _json.encode(value).decode()


def _keys(table: Table) -> list[Column[Any]]:
    return list(table.primary_key.columns)


def _rest(table: Table, new: Any) -> dict[str, Any]:
    return {column.name: new[column.name] for column in table.columns if not column.primary_key}


@cache
def _change_each(table: Table) -> Any:
    changed = {name: bindparam(name) for name in _rest(table, table.columns)}
    return update(table).where(*(key == bindparam(key.name) for key in _keys(table))).values(changed)


@cache
def _claim_sqlite(table: Table) -> Any:
    names, keys = _names(table.columns), _names(_keys(table))
    values = ", ".join(f"value ->> '{name}'" for name in names.split(", "))
    return text(
        f"INSERT INTO {table.name} ({names}) SELECT {values} FROM json_each(:rows) WHERE true"  # noqa: S608 - our names
        f" ON CONFLICT DO NOTHING RETURNING {keys}"
    )


@cache
def _insert_postgresql(table: Table) -> Any:
    return text(f"INSERT INTO {table.name} ({_names(table.columns)}) {_rows_postgresql(table)}")  # noqa: S608 - our names


@cache
def _claim_postgresql(table: Table) -> Any:
    return text(
        f"INSERT INTO {table.name} ({_names(table.columns)}) {_rows_postgresql(table)}"  # noqa: S608 - our names
        f" ON CONFLICT DO NOTHING RETURNING {_names(_keys(table))}"
    )


@cache
def _change_postgresql(table: Table) -> Any:
    changed = ", ".join(f"{name} = new.{name}" for name in _rest(table, table.columns))
    same = " AND ".join(f"{table.name}.{key.name} = new.{key.name}" for key in _keys(table))
    return text(f"UPDATE {table.name} SET {changed} FROM ({_rows_postgresql(table)}) AS new WHERE {same}")  # noqa: S608 - our names


def _rows_postgresql(table: Table) -> str:
    columns = ", ".join(f"{c.name} {'bigint' if _is_number(c) else 'text'}" for c in table.columns)
    return f"SELECT {_names(table.columns)} FROM json_to_recordset(CAST(:rows AS json)) AS row({columns})"  # noqa: S608 - our names


def _is_number(column: Column[Any]) -> bool:
    return isinstance(column.type, Integer | BigInteger)


def _names(columns: Any) -> str:
    return ", ".join(column.name for column in columns)
