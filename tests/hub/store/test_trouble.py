"""Disks that are full, servers that go away, processes that are killed: what was promised holds."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from hub import events as ev
from hub.errors import HubError, Unavailable
from hub.ids import SYSTEM, CustomerId
from hub.store import New, Store, Tx, View, open_store
from hub.store import events as stream
from hub.store.dialect import dialect_of
from hub.store.rebuild import differences
from tests import given
from tests.peers.postgres import PostgresServer
from tests.stores import running

ROOT = Path(__file__).parents[3]


def label(text: str) -> Callable[[Tx], object]:
    return lambda tx: tx.append(New(data=ev.LabelAdded(label=text), actor=SYSTEM))


async def labels(store: Store) -> list[str]:
    """All labels; fails when a position is missing."""
    events = await store.read(lambda view: stream.events_after(view, 0, 100_000))
    assert [one.position for one in events] == list(range(1, len(events) + 1))
    return [data.label for one in events if isinstance(data := one.read(), ev.LabelAdded)]


def backend(view: View) -> int:
    return int(view.connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end(server: PostgresServer, pid: int) -> None:
    """End a connection from the server's side, and wait until it is gone."""
    with server.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))


async def test_a_full_disk_refuses_and_recovers(sqlite_store: Store) -> None:
    """The file may not grow any more: that group is Unavailable and leaves no gap; with room again, writes work."""

    def no_room(tx: Tx) -> None:
        pages = tx.connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    await sqlite_store.write(label("before"))
    await sqlite_store.write(no_room)
    large = [sqlite_store.write(label("x" * 20_000)) for _ in range(20)]
    refused = await asyncio.gather(*large, return_exceptions=True)
    assert any(isinstance(one, Unavailable) for one in refused)
    assert sqlite_store.counters.failures >= 1
    await sqlite_store.write(label("after"))
    kept = await labels(sqlite_store)
    assert (kept[0], kept[-1]) == ("before", "after")
    assert len(kept) == 2 + sum(not isinstance(one, Exception) for one in refused)


async def test_a_connection_that_ended_while_idle_is_not_noticed(
    postgres_store: Store, postgres_server: PostgresServer
) -> None:
    """The server ends the writer's and a reader's connection between two groups: both go on with new ones."""
    await postgres_store.write(label("one"))
    for pid in (await postgres_store.write(backend), await postgres_store.read(backend)):
        await asyncio.to_thread(end, postgres_server, pid)
    await postgres_store.write(label("two"))
    assert await labels(postgres_store) == ["one", "two"]


async def test_a_connection_that_ends_within_a_group_is_done_again(
    postgres_store: Store, postgres_server: PostgresServer
) -> None:
    """The server ends the connection in the middle of a transaction: the group is done once more, and once only."""
    ended: list[int] = []

    def ends(tx: Tx) -> None:
        label("unlucky")(tx)
        if not ended:
            ended.append(backend(tx))
            end(postgres_server, ended[0])

    await asyncio.gather(postgres_store.write(label("one")), postgres_store.write(ends))
    assert await labels(postgres_store) == ["one", "unlucky"]


async def test_a_server_that_stays_away_is_said(postgres_store: Store, postgres_server: PostgresServer) -> None:
    """Every new connection is ended too: Unavailable, not an endless loop; the next group works."""

    def ends(tx: Tx) -> None:
        end(postgres_server, backend(tx))
        tx.customer(CustomerId("nobody"))

    with pytest.raises(Unavailable):
        await postgres_store.write(ends)
    await postgres_store.write(label("next"))
    assert await labels(postgres_store) == ["next"]


@contextmanager
def before_commit(act: Callable[[Connection], None]) -> Iterator[None]:
    event.listen(Engine, "commit", act)
    try:
        yield
    finally:
        event.remove(Engine, "commit", act)


async def test_a_commit_that_nobody_confirmed_is_not_repeated(
    postgres_store: Store, postgres_server: PostgresServer
) -> None:
    """The connection ends at COMMIT: whether it was done is unknown, so it is said and never done twice by itself."""
    runs = []

    def once(tx: Tx) -> None:
        runs.append(1)
        label("unsure")(tx)

    def act(connection: Connection) -> None:
        if threading.current_thread().name == "continuo-writer":
            end(postgres_server, int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one()))

    with before_commit(act), pytest.raises(Unavailable):
        await postgres_store.write(once)
    assert len(runs) == 1
    await postgres_store.write(label("next"))
    assert await labels(postgres_store) in (["next"], ["unsure", "next"])


async def test_a_process_that_stands_still_does_not_hold_the_others(postgres_store: Store) -> None:
    """The server itself ends a transaction that idles, and a wait for a lock that lasts."""

    def limits(tx: Tx) -> list[Any]:
        names = ("idle_in_transaction_session_timeout", "lock_timeout")
        return [tx.connection.execute(text(f"SHOW {name}")).scalar_one() for name in names]

    assert await postgres_store.write(limits) == ["10s", "10s"]


async def test_a_new_file_that_somebody_writes_is_waited_for(sqlite_store_url: str) -> None:
    """Its log is not turned on yet, and can't be while another connection writes: SQLite would refuse at once."""
    other = sqlite3.connect(sqlite_store_url.removeprefix("sqlite:///"), isolation_level=None)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    other.execute("BEGIN IMMEDIATE")
    engine = dialect_of(sqlite_store_url).writer(sqlite_store_url)
    connecting = asyncio.create_task(asyncio.to_thread(engine.connect))
    assert not (await asyncio.wait([connecting], timeout=0.2))[0]
    other.close()
    with await connecting as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
    engine.dispose()


async def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    """No server at the address: start says so and does not wait."""
    url = f"postgresql+psycopg://postgres:@/nothing?host={tmp_path}"
    with pytest.raises(Unavailable):
        await open_store(url, given.FixedClock(), given.ids()).start()


async def test_readers_cannot_write(store: Store) -> None:
    """A query that tries to change a row is refused by the database."""
    with pytest.raises(HubError):
        await store.read(lambda view: view.connection.execute(text("UPDATE counter SET position = 99")))
    assert await store.head() == 0


async def test_a_read_sees_one_moment(store: Store) -> None:
    """A commit between two statements of one read: the read still sees the world as it was when it began."""
    loop = asyncio.get_running_loop()
    begun, go_on = asyncio.Event(), threading.Event()

    def twice(view: View) -> list[int]:
        first = len(stream.events_after(view, 0, 10))
        loop.call_soon_threadsafe(begun.set)
        assert go_on.wait(10)
        return [first, len(stream.events_after(view, 0, 10))]

    reading = asyncio.create_task(store.read(twice))
    await begun.wait()
    await store.write(label("meanwhile"))
    go_on.set()
    assert await reading == [0, 0]
    assert await store.head() == 1


async def test_errors_do_not_quote_rows(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """A statement fails on a row that holds a password's hash: neither the answer nor the log shows it."""

    def fails(tx: Tx) -> None:
        tx.connection.execute(
            text("INSERT INTO users (agent_id, email, name, password_hash) VALUES ('a', 'b', NULL, :hash)"),
            {"hash": "$argon2id$hidden"},
        )

    with pytest.raises(HubError) as caught:
        await store.write(fails)
    assert "argon2id" not in f"{caught.value!r} {caught.value} {caplog.text}"
    assert "a change failed" in caplog.text


WORKER = """
import asyncio, sys
from hub.ids import Ids
from hub.store import open_store
from tests import given
from tests.hub.store.test_trouble import label

async def main():
    store = open_store(sys.argv[1], given.FixedClock(), Ids())
    await store.start()
    async def one(lane):
        for n in range(100_000):
            await store.write(label(f"{sys.argv[2]}.{lane}.{n}"))
            print(f"{sys.argv[2]}.{lane}.{n}", flush=True)
    await asyncio.gather(*(one(lane) for lane in range(20)))

asyncio.run(main())
"""


def killed_after(lines: int, url: str) -> list[str]:
    """What a writing process had been told was stored when it was killed."""
    command = [sys.executable, "-c", WORKER, url, f"run{lines}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        return [*told, *(line.strip() for line in process.stdout if line.endswith("\n"))]


async def test_what_was_acknowledged_survives_a_kill(migrated_url: str) -> None:
    """A writer under load is killed twice: each label it was told of is there once, no position is missing."""
    told = [line for lines in (150, 400) for line in await asyncio.to_thread(killed_after, lines, migrated_url)]
    async with running(open_store(migrated_url, given.FixedClock(), given.ids())) as store:
        kept = await labels(store)
    assert set(told) <= set(kept)
    assert len(set(kept)) == len(kept)
    assert await asyncio.to_thread(differences, migrated_url) == []
