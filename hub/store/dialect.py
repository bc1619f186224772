"""The only place where SQLite and PostgreSQL differ."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any, Literal, Protocol

from sqlalchemy import Column, Connection, Engine, Select, Table, create_engine, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.dml import Insert

Name = Literal["sqlite", "postgresql"]
_BUSY_MS = 10_000


class Dialect(Protocol):
    """What the rest of the store asks of a database."""

    name: Name

    def writer(self, url: str) -> Engine:
        """One connection, for the writer thread."""
        ...

    def readers(self, url: str, size: int) -> Engine:
        """Connections that can't write; each transaction sees one moment."""
        ...

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        """Insert what is not there yet; gives back the rows that were new."""
        ...

    def put(self, table: Table) -> Insert:
        """Insert, or replace the row with the same primary key."""
        ...

    def locked(self, query: Select[Any]) -> Select[Any]:
        """The query, holding its rows until the commit."""
        ...

    def is_passing(self, error: DBAPIError) -> bool:
        """The same work may succeed when it is done again alone: a deadlock, a clash of two writers."""
        ...


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

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        return sqlite.insert(table).on_conflict_do_nothing().returning(*returning)

    def put(self, table: Table) -> Insert:
        statement = sqlite.insert(table)
        keys = list(table.primary_key.columns)
        rest = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
        return statement.on_conflict_do_update(index_elements=keys, set_=rest)

    def locked(self, query: Select[Any]) -> Select[Any]:
        return query

    def is_passing(self, error: DBAPIError) -> bool:
        return isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig)


class Postgresql:
    name: Name = "postgresql"

    def writer(self, url: str) -> Engine:
        return create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=False)

    def readers(self, url: str, size: int) -> Engine:
        return create_engine(
            url,
            pool_size=size,
            max_overflow=0,
            pool_pre_ping=True,
            isolation_level="REPEATABLE READ",
            execution_options={"postgresql_readonly": True},
        )

    def add_if_new(self, table: Table, returning: Sequence[Column[Any]]) -> Insert:
        return postgresql.insert(table).on_conflict_do_nothing().returning(*returning)

    def put(self, table: Table) -> Insert:
        statement = postgresql.insert(table)
        keys = list(table.primary_key.columns)
        rest = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
        return statement.on_conflict_do_update(index_elements=keys, set_=rest)

    def locked(self, query: Select[Any]) -> Select[Any]:
        return query.with_for_update()

    def is_passing(self, error: DBAPIError) -> bool:
        # Serialization failure, deadlock, unique violation, lock not available.
        return getattr(error.orig, "sqlstate", None) in ("40001", "40P01", "23505", "55P03")


def dialect_of(url: str) -> Dialect:
    """Raises ValueError for a database that is neither."""
    if url.startswith("sqlite:///"):
        return Sqlite()
    if url.startswith("postgresql+psycopg://"):
        return Postgresql()
    raise ValueError("a store is sqlite:///FILE or postgresql+psycopg://user:password@host/database")


def now_sql(dialect: Name) -> str:
    """The database's own clock in microseconds: leases must not depend on the clocks of processes."""
    if dialect == "sqlite":
        return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"
    return "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)"


def database_now(connection: Connection, dialect: Name) -> int:
    return int(connection.execute(text(f"SELECT {now_sql(dialect)}")).scalar_one())
