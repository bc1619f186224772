"""Stores for tests: migrated and running, one on SQLite and one on PostgreSQL for each test that asks."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from hub.store import Store, migrate, open_store
from hub.store.rebuild import differences
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


@contextmanager
def told_by_its_events(request: pytest.FixtureRequest, url: str) -> Iterator[str]:
    """Whatever a test did to a store: its rows are what its events say (``rows_may_differ`` excuses a test)."""
    yield url
    if request.node.get_closest_marker("rows_may_differ") is None:
        assert differences(url) == []


@pytest.fixture
def sqlite_store_url(request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> Iterator[str]:
    """An empty SQLite store with its tables."""
    path = shutil.copy(migrated_file, tmp_path / "continuo.db")
    with told_by_its_events(request, f"sqlite:///{path}") as url:
        yield url


@pytest.fixture
def postgres_store_url(request: pytest.FixtureRequest, postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL store with its tables."""
    template = postgres_server.template("migrated", migrate)
    with postgres_server.database(template) as database, told_by_its_events(request, database) as url:
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
