"""The one writer thread: many changes, one commit. Law: a future is resolved only after the commit.

No savepoints: a change that fails is dropped from memory, and where that is not enough the group is undone and halved.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from hub.errors import HubError, Unavailable
from hub.events import Event
from hub.ids import Ids
from hub.ports import Clock
from hub.store.dialect import Dialect
from hub.store.faults import told, words
from hub.store.tx import Change, Tx

log = logging.getLogger(__name__)
_TRIES: Final = 5
_PAUSE: Final = 0.02
_SIBLINGS: Final = 8
_LINGER: Final = 0.001
"""Seconds that a group waits for more when the last one was larger than ``_SIBLINGS``: senders whom one commit has
answered come back together. Larger groups cost less a change, and while the writer sleeps the loop has the interpreter.
"""
Together = Callable[[Tx, Sequence[Any]], Sequence[Any]]


@dataclass
class Counters:
    """Exact counts of what the writer did: they gate the cost of a message without a clock."""

    statements: int = 0
    commits: int = 0
    changes: int = 0
    events: int = 0
    failures: int = 0
    """Groups that the store did not take."""
    repeats: int = 0
    """Groups that were undone and begun again: whole, or in halves."""


@dataclass(eq=False)
class Job:
    """A change that waits. ``item`` is set for those that may run together."""

    future: asyncio.Future[Any]
    change: Change[Any] | None = None
    together: Together | None = None
    item: Any = None
    outcome: Any = None
    error: Exception | None = None

    def run(self, tx: Tx) -> Any:
        if self.together is not None:
            return self.together(tx, (self.item,))[0]
        assert self.change is not None
        return self.change(tx)


class SpoiltError(Exception):
    """A change failed after statements of its own: only the end of the transaction undoes those."""


class UnsureError(Exception):
    """The commit itself failed: nobody knows whether it was done."""


@dataclass
class Writer:
    engine: Engine
    dialect: Dialect
    clock: Clock
    ids: Ids
    group: int
    loop: asyncio.AbstractEventLoop
    tell: Callable[[Sequence[Event]], None]
    """Called on the loop with the events of a commit that appended some."""
    counters: Counters = field(default_factory=Counters)

    def __post_init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="continuo-writer", daemon=True)
        self._tx: Tx | None = None
        self._is_crowded = False
        event.listen(self.engine, "before_cursor_execute", self._note)

    def start(self) -> None:
        self._thread.start()

    def put(self, job: Job) -> None:
        self._jobs.put(job)

    def stop(self) -> None:
        """Everything that waits is still written. Blocking."""
        self._jobs.put(None)
        self._thread.join()
        self.engine.dispose()

    def _note(self, connection: object, cursor: object, statement: str, *_: object) -> None:
        self.counters.statements += 1
        if self._tx is not None:
            self._tx.note(statement)

    def _run(self) -> None:
        while True:
            jobs, is_last = self._take()
            self._is_crowded = len(jobs) > _SIBLINGS
            if jobs:
                self._write(jobs)
            if is_last:
                return

    def _take(self) -> tuple[list[Job], bool]:
        """Wait for one, then take what else is there."""
        jobs: list[Job] = []
        job = self._jobs.get()
        if self._is_crowded:
            time.sleep(_LINGER)
        while job is not None:
            if not job.future.cancelled():
                jobs.append(job)
            if len(jobs) >= self.group:
                return jobs, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _write(self, jobs: list[Job], number: int = 1, before: Tx | None = None) -> None:
        """These jobs in one transaction, for the ``number``-th time; ``before`` is what the last time came to."""
        try:
            events = self._group(jobs, before)
        except Exception as error:  # noqa: BLE001 - whatever it is, somebody waits for an answer
            self._undone(jobs, error, number)
        else:
            self._answer(jobs, events)

    def _undone(self, jobs: list[Job], error: Exception, number: int) -> None:
        """Nothing of the group was kept. A fault of one change is found by halving, so the others pay little for it."""
        blame = self.dialect.blame(error) if isinstance(error, DBAPIError) else "change"
        tries = {"clash": _TRIES if len(jobs) == 1 else 2, "lost": 2}.get(blame, 1)
        if isinstance(error, UnsureError):
            self._refuse(jobs, error)
        elif number < tries:
            self.counters.repeats += 1
            # The other writer first finishes what it had begun; else both meet again at the same place.
            time.sleep(_PAUSE)
            self._write(jobs, number + 1, self._tx)
        elif blame in ("store", "lost"):
            self._refuse(jobs, error)
        elif len(jobs) > 1:
            self.counters.repeats += 1
            middle = len(jobs) // 2
            self._write(jobs[:middle])
            self._write(jobs[middle:])
        else:
            self._fail(jobs[0], error)

    def _group(self, jobs: list[Job], before: Tx | None) -> Sequence[Event]:
        with self.engine.connect() as connection:
            connection.begin()
            tx = self._tx = Tx(connection, self.dialect, self.clock.now(), self.ids)
            if before is not None:
                tx.hold(before)
            for together, part in runs(jobs):
                if together is None or not self._together(tx, together, part):
                    for job in part:
                        self._one(tx, job)
            tx.finish()
            try:
                connection.commit()
            except SQLAlchemyError as error:
                raise UnsureError from error
        self.counters.commits += 1
        self.counters.changes += len(jobs)
        self.counters.events += len(tx.pending)
        return [slot.event for slot in tx.pending]

    def _together(self, tx: Tx, together: Together, jobs: list[Job]) -> bool:
        """All of them as one change. False when one of them spoils it: then each is tried by itself."""
        if len(jobs) == 1:
            return False
        outcomes = guarded(tx, lambda: together(tx, [job.item for job in jobs]))
        if isinstance(outcomes, Failed):
            return False
        for job, outcome in zip(jobs, outcomes, strict=True):
            job.outcome, job.error = outcome, None
        return True

    def _one(self, tx: Tx, job: Job) -> None:
        outcome = guarded(tx, lambda: job.run(tx))
        if isinstance(outcome, Failed):
            job.outcome, job.error = None, outcome.error
        else:
            job.outcome, job.error = outcome, None

    def _fail(self, job: Job, error: Exception) -> None:
        """The job alone is to blame."""
        job.outcome, job.error = None, told(origin(error), self.dialect)
        report(origin(error))
        self._answer([job])

    def _refuse(self, jobs: list[Job], error: Exception) -> None:
        """The store took nothing. The connection is thrown away: the next group begins with a new one."""
        self.counters.failures += 1
        log.error("the store does not take writes: %s", words(origin(error)))
        self.engine.dispose()
        for job in jobs:
            job.outcome, job.error = None, Unavailable()
        self._answer(jobs)

    def _answer(self, jobs: list[Job], events: Sequence[Event] = ()) -> None:
        self._tx = None
        self.loop.call_soon_threadsafe(resolve, jobs, events, self.tell)


@dataclass(frozen=True)
class Failed:
    error: Exception


def guarded(tx: Tx, change: Callable[[], Any]) -> Any:
    """Run a change; drop it from memory when it fails. Raises SpoiltError when that does not undo all of it."""
    tx.begin()
    try:
        outcome = change()
    except DBAPIError:
        raise
    except Exception as error:  # whatever a change raises belongs to its caller
        tx.discard()
        if tx.has_written:
            raise SpoiltError from error
        report(error)
        return Failed(error)
    tx.keep()
    return outcome


def origin(error: Exception) -> Exception:
    cause = error.__cause__
    return cause if isinstance(error, SpoiltError | UnsureError) and isinstance(cause, Exception) else error


def report(error: Exception) -> None:
    """An error of the hub is an answer; anything else is a fault. What a database says may name values of rows."""
    if isinstance(error, SQLAlchemyError):
        log.error("a change failed: %s", words(error))
    elif not isinstance(error, HubError):
        log.error("a change failed", exc_info=error)


def runs(jobs: Iterable[Job]) -> list[tuple[Together | None, list[Job]]]:
    """Jobs that may run together, collected at the place of the first; the others one by one, in order.

    What comes in from outside may overtake a command that waits beside it: neither has been answered yet.
    """
    found: list[tuple[Together | None, list[Job]]] = []
    places: dict[Together, list[Job]] = {}
    for job in jobs:
        if job.together is None:
            found.append((None, [job]))
        elif job.together in places:
            places[job.together].append(job)
        else:
            places[job.together] = [job]
            found.append((job.together, places[job.together]))
    return found


def resolve(jobs: Sequence[Job], events: Sequence[Event], tell: Callable[[Sequence[Event]], None]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if isinstance(job.error, StopIteration):
            # A future refuses it: it would end whoever waits without a word.
            job.future.set_exception(RuntimeError("a change raised StopIteration"))
        elif job.error is not None:
            job.future.set_exception(job.error)
        else:
            job.future.set_result(job.outcome)
    if events:
        tell(events)
