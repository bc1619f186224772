"""The only place where SQLite and PostgreSQL differ."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, Protocol

import msgspec
import psycopg
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Row,
    Select,
    Table,
    Text,
    TextClause,
    bindparam,
    create_engine,
    event,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.dml import Insert

from hub.errors import Invalid, Unavailable

Name = Literal["sqlite", "postgresql"]
Blame = Literal["lost", "store", "clash", "change"]
"""Why a statement failed: the connection is gone; the store can't do its work; two writers met and the same work may
succeed when it is done again; the statement itself can't be carried out."""
Rows = Sequence[Mapping[str, Any]]
Given = dict[str, Any]
"""Parameters of a statement."""
_BUSY_MS: Final = 10_000
_BUSY_PAUSE: Final = 0.005
_json: Final = msgspec.json.Encoder()
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Dialect(Protocol):
    """What the rest of the store asks of a database. One object per kind of database, without state."""

    name: Name

    def __hash__(self) -> int: ...

    def require(self) -> None:
        """Raises Unavailable when the program that is installed can't do what the store needs."""
        ...

    def keep_out(self, connection: Connection) -> None:
        """Until the transaction ends nobody else migrates."""
        ...

    def writer(self, url: str) -> Engine:
        """One connection, for the writer thread."""
        ...

    def readers(self, url: str, size: int) -> Engine:
        """Connections that can't write; each transaction sees one moment."""
        ...

    def insert(self, connection: Connection, table: Table, rows: Rows) -> None:
        """New rows, all columns given. One statement."""
        ...

    def replace(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Rows in the place of those with the same primary key, all columns given. One statement."""
        ...

    def claim(self, connection: Connection, table: Table, rows: Rows) -> Sequence[Row[Any]]:
        """Insert what is not there yet; gives the primary keys of the rows that were new. One statement."""
        ...

    def among(self, *columns: Column[str]) -> ColumnElement[bool]:
        """The columns together are one of the rows that ``given`` hands over: one statement for any number of them."""
        ...

    def given(self, values: Collection[str]) -> Given:
        """The values for ``among`` of one column."""
        ...

    def given_rows(self, values: Collection[Sequence[str]]) -> Given:
        """The rows for ``among`` of several columns."""
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

    def require(self) -> None:
        if sqlite3.sqlite_version_info < (3, 35):
            raise Unavailable(f"SQLite 3.35 or newer is needed; this Python has {sqlite3.sqlite_version}.")

    def keep_out(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has done it."""

    def writer(self, url: str) -> Engine:
        return self._engine(url, 1, "BEGIN IMMEDIATE", ())

    def readers(self, url: str, size: int) -> Engine:
        return self._engine(url, size, "BEGIN", ("PRAGMA query_only=ON",))

    def _engine(self, url: str, size: int, begin: str, more: tuple[str, ...]) -> Engine:
        engine = create_engine(
            url,
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=size,
            max_overflow=0,
            connect_args={"check_same_thread": False, "timeout": _BUSY_MS / 1000, "cached_statements": 512},
        )
        pragmas = (
            f"PRAGMA busy_timeout={_BUSY_MS}",
            "PRAGMA synchronous=FULL",
            "PRAGMA foreign_keys=ON",
            "PRAGMA cache_size=-65536",
            *more,
        )

        @event.listens_for(engine, "connect")
        def _(connection: sqlite3.Connection, record: object) -> None:
            # sqlite3's own transaction control breaks savepoints: an outer rollback would keep the rows.
            connection.isolation_level = None
            _write_ahead(connection)
            for pragma in pragmas:
                connection.execute(pragma)

        @event.listens_for(engine, "begin")
        def _(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def insert(self, connection: Connection, table: Table, rows: Rows) -> None:
        _sqlite_each(connection, _sqlite_insert(table), table, rows)

    def replace(self, connection: Connection, table: Table, rows: Rows) -> None:
        _sqlite_each(connection, _sqlite_replace(table), table, rows)

    def claim(self, connection: Connection, table: Table, rows: Rows) -> Sequence[Row[Any]]:
        return connection.execute(_sqlite_claim(table), {"rows": _text_without_nul(rows)}).all()

    def among(self, *columns: Column[str]) -> ColumnElement[bool]:
        each = func.json_each(bindparam("given")).table_valued("value")
        if len(columns) == 1:
            return columns[0].in_(select(each.c.value))
        parts = [func.json_extract(each.c.value, f"$[{number}]") for number in range(len(columns))]
        return tuple_(*columns).in_(select(*parts))

    def given(self, values: Collection[str]) -> Given:
        return {"given": _text_without_nul(list(values))}

    def given_rows(self, values: Collection[Sequence[str]]) -> Given:
        return {"given": _text_without_nul(list(values))}

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        return sqlite.insert(table).on_conflict_do_nothing().returning(*returning)

    def put(self, table: Table) -> Insert:
        statement = sqlite.insert(table)
        return statement.on_conflict_do_update(index_elements=_keys(table), set_=_excluded(statement))

    def locked(self, query: Select[Any]) -> Select[Any]:
        return query

    def blame(self, error: DBAPIError) -> Blame:
        # Full, busy, read-only, broken file, I/O error: all of them are operational.
        return "store" if isinstance(error.orig, sqlite3.OperationalError | sqlite3.InternalError) else "change"


class Postgresql:
    name: Name = "postgresql"

    def require(self) -> None:
        """The server's version is its operator's."""

    def keep_out(self, connection: Connection) -> None:
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATION)))

    def writer(self, url: str) -> Engine:
        engine = create_engine(url, hide_parameters=True, pool_size=1, max_overflow=0, connect_args=_CONNECT)

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
            hide_parameters=True,
            pool_size=size,
            max_overflow=0,
            connect_args=_CONNECT,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

    def insert(self, connection: Connection, table: Table, rows: Rows) -> None:
        connection.execute(_postgresql_insert(table), {"rows": _text(rows)})

    def replace(self, connection: Connection, table: Table, rows: Rows) -> None:
        connection.execute(_postgresql_replace(table), {"rows": _text(rows)})

    def claim(self, connection: Connection, table: Table, rows: Rows) -> Sequence[Row[Any]]:
        return connection.execute(_postgresql_claim(table), {"rows": _text(rows)}).all()

    def among(self, *columns: Column[str]) -> ColumnElement[bool]:
        given = [bindparam(f"given{number}", type_=postgresql.ARRAY(Text)) for number in range(len(columns))]
        if len(columns) == 1:
            return columns[0] == func.any(given[0])
        return tuple_(*columns).in_(select(*(func.unnest(part) for part in given)))

    def given(self, values: Collection[str]) -> Given:
        return {"given0": list(values)}

    def given_rows(self, values: Collection[Sequence[str]]) -> Given:
        return {f"given{number}": list(part) for number, part in enumerate(zip(*values, strict=True))}

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        return postgresql.insert(table).on_conflict_do_nothing().returning(*returning)

    def put(self, table: Table) -> Insert:
        statement = postgresql.insert(table)
        return statement.on_conflict_do_update(index_elements=_keys(table), set_=_excluded(statement))

    def locked(self, query: Select[Any]) -> Select[Any]:
        return query.with_for_update()

    def blame(self, error: DBAPIError) -> Blame:
        # Class 54: a value or a statement goes beyond a limit of the program.
        state = getattr(error.orig, "sqlstate", None) or ""
        if error.connection_invalidated:
            return "lost"
        if state in _CLASHES:
            return "clash"
        if isinstance(error.orig, psycopg.OperationalError | psycopg.InternalError) and not state.startswith("54"):
            return "store"
        return "change"


SQLITE: Final = Sqlite()
POSTGRESQL: Final = Postgresql()
_CONNECT: Final = {"connect_timeout": 5, "tcp_user_timeout": _BUSY_MS}
_MIGRATION: Final = 0x636F6E74
"""Any number that no other program locks."""
_CLASHES: Final = ("40001", "40P01", "23505")
"""Serialization failure, deadlock, unique violation: the row came into being meanwhile."""


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


# statements that are made once per table; on PostgreSQL many rows travel as one JSON text, the cheapest to hand over


def _text(value: Any) -> str:
    return _json.encode(value).decode()


def _text_without_nul(value: Any) -> str:
    """SQLite's JSON ends a text at a NUL, which would make two values one. Raises Invalid."""
    found = _text(value)
    if r"\u0000" in found and _NUL.search(found):
        raise Invalid("A NUL character can't be stored here.")
    return found


def _keys(table: Table) -> list[Column[Any]]:
    return list(table.primary_key.columns)


def _excluded(statement: Any) -> dict[str, Any]:
    return {column.name: statement.excluded[column.name] for column in _rest(statement.table)}


def _rest(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if not column.primary_key]


def _names(columns: Iterable[Column[Any]]) -> str:
    return ", ".join(column.name for column in columns)


def _insert(table: Table, rows: str) -> str:
    return f"INSERT INTO {table.name} ({_names(table.columns)}) {rows}"


def _claim(table: Table, rows: str) -> str:
    return f"{_insert(table, rows)} ON CONFLICT DO NOTHING RETURNING {_names(_keys(table))}"


def _replace(table: Table, rows: str) -> str:
    changed = ", ".join(f"{column.name} = excluded.{column.name}" for column in _rest(table))
    return f"{_insert(table, rows)} ON CONFLICT ({_names(_keys(table))}) DO UPDATE SET {changed}"


def _write_ahead(connection: sqlite3.Connection) -> None:
    """The first connection to a new or restored file turns its log on. SQLite's busy time does not hold for that."""
    limit = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > limit:
                raise
            time.sleep(_BUSY_PAUSE)
        else:
            return


def _sqlite_each(connection: Connection, statement: str, table: Table, rows: Rows) -> None:
    """Tuples straight to the driver: with what SQLAlchemy does per row an event costs a third more."""
    names = [column.name for column in table.columns]
    connection.exec_driver_sql(statement, [tuple([row[name] for name in names]) for row in rows])


@cache
def _sqlite_insert(table: Table) -> str:
    return _insert(table, f"VALUES ({', '.join('?' for _ in table.columns)})")


@cache
def _sqlite_replace(table: Table) -> str:
    return _replace(table, f"VALUES ({', '.join('?' for _ in table.columns)})")


@cache
def _sqlite_claim(table: Table) -> TextClause:
    values = ", ".join(f"json_extract(value, '$.{column.name}')" for column in table.columns)
    return text(_claim(table, f"SELECT {values} FROM json_each(:rows) WHERE true"))  # noqa: S608 - our own names


@cache
def _postgresql_insert(table: Table) -> TextClause:
    return text(_insert(table, _postgresql_rows(table)))


@cache
def _postgresql_replace(table: Table) -> TextClause:
    return text(_replace(table, _postgresql_rows(table)))


@cache
def _postgresql_claim(table: Table) -> TextClause:
    return text(_claim(table, _postgresql_rows(table)))


def _postgresql_rows(table: Table) -> str:
    types = ", ".join(f"{c.name} {'bigint' if isinstance(c.type, Integer) else 'text'}" for c in table.columns)
    return f"SELECT {_names(table.columns)} FROM json_to_recordset(CAST(:rows AS json)) AS row({types})"  # noqa: S608 - our own names
