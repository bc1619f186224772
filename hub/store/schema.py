"""Which version the tables have. Law: a database newer than the code is refused, never guessed at."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from hub.errors import HubError, Unavailable
from hub.store import tables as t
from hub.store.dialect import dialect_of
from hub.store.faults import words

if TYPE_CHECKING:
    from alembic.config import Config  # imported where it is used: Alembic is slow to load

FOLDER = Path(__file__).parent / "migrations"


class SchemaTooOld(HubError):
    """The tables are older than this version. Run: continuo migrate."""

    code = "schema_too_old"


class SchemaTooNew(HubError):
    """The tables were made by a newer version. Install that version; this one would damage them."""

    code = "schema_too_new"


def migrate(url: str) -> None:
    """Bring the tables up to this version. Raises SchemaTooNew, Unavailable."""
    from alembic import command

    config = _config()
    with _connection(url) as connection:
        dialect_of(url).keep_out(connection)
        if _version(connection) not in (None, *_known()):
            raise SchemaTooNew
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if not connection.execute(select(t.counter.c.position)).first():
            connection.execute(t.counter.insert(), {"one": 1, "position": 0})
        if connection.dialect.name == "sqlite" and (
            broken := connection.execute(text("PRAGMA foreign_key_check")).all()
        ):
            raise Unavailable(f"The migration would break references: {broken[:3]}")


def check_schema(url: str) -> None:
    """Raises SchemaTooOld, SchemaTooNew, Unavailable."""
    with _connection(url) as connection:
        version = _version(connection)
    known = _known()
    if version == known[0]:
        return
    raise SchemaTooOld if version is None or version in known else SchemaTooNew


def sqlite_words() -> tuple[bool, str]:
    """Whether this Python's SQLite is new enough (RETURNING came with 3.35), and a sentence."""
    if sqlite3.sqlite_version_info < (3, 35):
        return False, f"SQLite is {sqlite3.sqlite_version}; Continuo needs 3.35 or newer, or PostgreSQL."
    return True, f"SQLite {sqlite3.sqlite_version}"


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _known() -> list[str]:
    """Every revision, the newest first: read off the names of the files, which is much quicker than Alembic."""
    return sorted((path.stem.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*_*.py")), reverse=True)


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return version


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    """A connection of its own, in a transaction. On SQLite foreign keys are off: a rebuilt table would cascade."""
    dialect_of(url).require()
    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    try:
        with engine.begin() as connection:
            yield connection
    except SQLAlchemyError as error:
        raise Unavailable(f"The store can't be opened: {words(error)}") from error
    finally:
        engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA busy_timeout=10000")

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
