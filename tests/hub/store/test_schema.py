"""The tables: what migrations make is what the code names, and a version that does not fit is refused."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text

from hub.errors import Unavailable
from hub.store import SchemaTooNew, SchemaTooOld, check_schema, migrate, open_store
from hub.store import tables as t
from tests import given
from tests.peers.postgres import PostgresServer
from tests.stores import running


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def shape(url: str) -> dict[str, Any]:
    """Columns, keys and indices of every table, as the database tells them."""
    with connected(url) as connection:
        inspector = inspect(connection)
        return {
            table: {
                "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)),
                "key": inspector.get_pk_constraint(table)["constrained_columns"],
                "indexes": sorted(
                    (str(i["name"]), tuple(map(str, i["column_names"])), bool(i["unique"]))
                    for i in inspector.get_indexes(table)
                ),
            }
            for table in inspector.get_table_names()
            if table != "alembic_version"
        }


def test_migrations_make_what_the_code_names(store_url: str) -> None:
    """All migrations on an empty database: comparing it with tables.py finds nothing to do."""
    migrate(store_url)
    with connected(store_url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), t.metadata) == []


def test_migrated_equals_created_sqlite(sqlite_store_url: str, tmp_path: Any) -> None:
    """The same on SQLite, statement by statement: WITHOUT ROWID and the order of keys too."""
    fresh = f"sqlite:///{tmp_path / 'fresh.db'}"
    with connected(fresh) as connection:
        t.metadata.create_all(connection)
    assert shape(fresh) == shape(sqlite_store_url)
    clustered = text("SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%' ORDER BY name")
    found = []
    for url in (fresh, sqlite_store_url):
        with connected(url) as connection:
            found.append(connection.execute(clustered).scalars().all())
    assert found[0] == found[1] != []


def test_migrated_equals_created_postgresql(postgres_store_url: str, postgres_url: str) -> None:
    """The same on PostgreSQL."""
    with connected(postgres_url) as connection:
        t.metadata.create_all(connection)
    assert shape(postgres_url) == shape(postgres_store_url)


async def test_migrating_again_changes_nothing(migrated_url: str) -> None:
    """A filled store is migrated once more: every row is there, and the counter goes on."""
    async with running(open_store(migrated_url, given.FixedClock(), given.ids())) as store:
        chat = await store.write(given.interaction(await store.write(given.customer())))
        await store.write(given.message(chat))
        head = await store.head()
    await asyncio.to_thread(migrate, migrated_url)
    async with running(open_store(migrated_url, given.FixedClock(), given.ids(1))) as store:
        assert await store.head() == head
        await store.write(given.message(chat))
        assert await store.head() == head + 1


async def test_an_empty_database_is_not_started_on(store_url: str) -> None:
    """Nobody has run the migrations: start refuses with what to do."""
    with pytest.raises(SchemaTooOld, match="continuo migrate"):
        await open_store(store_url, given.FixedClock(), given.ids()).start()


@pytest.mark.rows_may_differ(reason="nothing can read it")
async def test_a_newer_database_is_refused(migrated_url: str) -> None:
    """A newer version has migrated it: neither start nor migrate touches it."""
    await asyncio.to_thread(make_newer, migrated_url)
    before = await asyncio.to_thread(shape, migrated_url)
    with pytest.raises(SchemaTooNew):
        await open_store(migrated_url, given.FixedClock(), given.ids()).start()
    with pytest.raises(SchemaTooNew):
        await asyncio.to_thread(migrate, migrated_url)
    assert await asyncio.to_thread(shape, migrated_url) == before


def make_newer(url: str) -> None:
    with connected(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def test_two_processes_migrate_at_once(postgres_server: PostgresServer) -> None:
    """A rolling update starts two processes on an empty database: both end well, the tables are there once."""

    async def both(url: str) -> list[Any]:
        return await asyncio.gather(*(asyncio.to_thread(migrate, url) for _ in range(2)), return_exceptions=True)

    with postgres_server.database() as url:
        assert asyncio.run(both(url)) == [None, None]
        check_schema(url)
        with connected(url) as connection:
            assert connection.execute(text("SELECT count(*) FROM counter")).scalar_one() == 1


def test_an_old_sqlite_is_refused(sqlite_store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python with an SQLite that knows no RETURNING: said at the start, not at the first message."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    with pytest.raises(Unavailable, match=r"SQLite 3\.35"):
        check_schema(sqlite_store_url)


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "postgresql://x/y"])
def test_another_database_is_refused(url: str) -> None:
    """Only what is tested is taken."""
    with pytest.raises(ValueError, match="a store is"):
        check_schema(url)
