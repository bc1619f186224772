"""The store as the hub sees it: write on one thread with group commit, read on several."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hub.errors import Unavailable
from hub.events import Event
from hub.ids import Ids
from hub.ports import Clock
from hub.store import tables as t
from hub.store.dialect import dialect_of
from hub.store.faults import told
from hub.store.schema import check_schema
from hub.store.tail import Tail
from hub.store.tx import Change, Tx, View
from hub.store.writer import Counters, Job, Writer

A = TypeVar("A")
R = TypeVar("R")
T = TypeVar("T")


class Store:
    """Start it inside a running loop. Every method may be called from that loop only."""

    def __init__(self, url: str, clock: Clock, ids: Ids, *, readers: int = 4, group: int = 500) -> None:
        self.url = url
        self.clock = clock
        self.ids = ids
        self.dialect = dialect_of(url)
        self._readers = readers
        self._group = group
        self.tail = Tail()
        self._tellers: list[Callable[[Sequence[Event]], None]] = []
        self._writer: Writer | None = None

    async def start(self) -> None:
        """Raises SchemaTooOld, SchemaTooNew, Unavailable."""
        loop = self._loop = asyncio.get_running_loop()
        writer, self._read_engine = await loop.run_in_executor(None, self._open)
        self._pool = ThreadPoolExecutor(self._readers, thread_name_prefix="continuo-reader")
        self._writer = Writer(
            engine=writer,
            dialect=self.dialect,
            clock=self.clock,
            ids=self.ids,
            group=self._group,
            loop=loop,
            tell=self._tell,
        )
        self._writer.start()

    def _open(self) -> tuple[Engine, Engine]:
        check_schema(self.url)
        return self.dialect.writer(self.url), self.dialect.readers(self.url, self._readers)

    async def close(self) -> None:
        """What waits is still written; then nothing more is taken."""
        writer, self._writer = self._writer, None
        if writer is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, writer.stop)
            await loop.run_in_executor(None, self._pool.shutdown)
            self._read_engine.dispose()

    @property
    def counters(self) -> Counters:
        return self._running().counters

    async def write(self, change: Change[T]) -> T:
        """Run the change and wait for its commit. It may run more than once: it must depend on ``tx`` alone.

        Raises what the change raises, undone alone; Unavailable when the store did not take it.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._running().put(Job(future, change=change))
        return await future

    async def write_together(self, change: Callable[[Tx, Sequence[A]], Sequence[R]], item: A) -> R:
        """Like ``write``; all items that wait for the same ``change`` run as one."""
        future: asyncio.Future[R] = self._loop.create_future()
        self._running().put(Job(future, together=change, item=item))
        return await future

    async def read(self, query: Callable[[View], T]) -> T:
        """Run the query on a reader thread; it sees one moment. Raises Unavailable."""
        self._running()
        return await self._loop.run_in_executor(self._pool, self._read, query)

    async def head(self) -> int:
        """Position of the last committed event."""
        return await self.read(head)

    def on_commit(self, tell: Callable[[Sequence[Event]], None]) -> None:
        """``tell`` is called on the loop with the events of each group that appended some."""
        self._tellers.append(tell)

    def _tell(self, events: Sequence[Event]) -> None:
        self.tail.add(events)
        for tell in self._tellers:
            tell(events)

    def _read(self, query: Callable[[View], T], *, is_last: bool = False) -> T:
        try:
            return self._query(query)
        except (SQLAlchemyError, OverflowError) as error:
            # A server that was started again has closed every connection: the pool opens new ones.
            is_lost = isinstance(error, DBAPIError) and self.dialect.blame(error) == "lost"
            if is_last or not is_lost:
                raise told(error, self.dialect) from error
        return self._read(query, is_last=True)

    def _query(self, query: Callable[[View], T]) -> T:
        with self._read_engine.connect() as connection, connection.begin():
            return query(View(connection, self.dialect))

    def _running(self) -> Writer:
        if self._writer is None:
            raise Unavailable("The store is closed.")
        return self._writer


def head(view: View) -> int:
    found: Any = view.connection.execute(select(t.counter.c.position)).scalar_one()
    return int(found)


def open_store(url: str, clock: Clock, ids: Ids, *, readers: int = 4, group: int = 500) -> Store:
    return Store(url, clock, ids, readers=readers, group=group)
