"""Stores for tests: migrated and running, one on SQLite and one on PostgreSQL for each test that asks."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub.store import Store, migrate, open_store
from tests import given
from tests.peers.postgres import PostgresServer


@asynccontextmanager
async def running(store: Store) -> AsyncIterator[Store]:
    await store.start()
    try:
        yield store
    finally:
        await store.close()


@pytest.fixture
def clock() -> given.FixedClock:
    """Noon, until the test moves it."""
    return given.FixedClock()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty migrated SQLite store, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "continuo.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_store_url(migrated_file: Path, tmp_path: Path) -> str:
    """An empty SQLite store with its tables."""
    return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'continuo.db')}"


@pytest.fixture
def postgres_store_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL store with its tables."""
    with postgres_server.database(postgres_server.template("migrated", migrate)) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_url(request: pytest.FixtureRequest) -> str:
    """An empty store with its tables, of each kind."""
    wanted = "sqlite_store_url" if request.param == "sqlite" else "postgres_store_url"
    url: str = request.getfixturevalue(wanted)
    return url


@pytest.fixture
async def store(migrated_url: str, clock: given.FixedClock) -> AsyncIterator[Store]:
    """A running store of each kind. Its clock stands still."""
    async with running(open_store(migrated_url, clock, given.ids())) as opened:
        yield opened


@pytest.fixture
async def sqlite_store(sqlite_store_url: str, clock: given.FixedClock) -> AsyncIterator[Store]:
    async with running(open_store(sqlite_store_url, clock, given.ids())) as opened:
        yield opened


@pytest.fixture
async def postgres_store(postgres_store_url: str, clock: given.FixedClock) -> AsyncIterator[Store]:
    async with running(open_store(postgres_store_url, clock, given.ids())) as opened:
        yield opened
