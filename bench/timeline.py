"""The newest page of one customer in a stream of millions, against the read of one row by its key."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from bench.harness import Result, judge
from bench.probes import ROOT
from config.clock import SystemClock
from hub.ids import CustomerId, Ids
from hub.store import View, migrate, open_store
from hub.store import events as stream

EVENTS = int(os.environ.get("BENCH_EVENTS", "10000000"))
PER_CUSTOMER = 20
PAGE = 50
READS = 300
ROUNDS = 5
BEGAN = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
FOLDER = ROOT / ".continuo" / "bench"


def run(say: Callable[[str], None]) -> list[Result]:
    large, small = data_set(EVENTS, say), data_set(EVENTS // 100, say)
    return asyncio.run(compare(large, small))


async def compare(large: Path, small: Path) -> list[Result]:
    pages, cold_points, points, growth = [], [], [], []
    cold, warm, ratios = [], [], []
    for number in range(ROUNDS):
        forget(large)
        page, point = sql_medians(large, EVENTS, random.Random(number))
        cold.append(page / point)
        cold_points.append(point)
        page, point = sql_medians(large, EVENTS, random.Random(number))
        warm.append(page / point)
        forget(large)
        forget(small)
        page, point = await medians(large, EVENTS, random.Random(number))
        page_small, _ = await medians(small, EVENTS // 100, random.Random(number))
        pages.append(page)
        points.append(point)
        ratios.append(page / point)
        growth.append(page / page_small)
    details: dict[str, float | int | str] = {"events": EVENTS, "page us": round(statistics.median(pages) * 1e6)}
    return [
        judge(
            "timeline page / point read in SQL, p50, read from the disk",
            cold,
            {"point read": cold_points},
            target=1.5,
            better="low",
            details=details,
        ),
        judge("the same, all in memory", warm, {}, target=None, better="low"),
        judge(
            "the page of events / one event by its id, from the disk",
            ratios,
            {"point read": points},
            target=None,
            better="low",
        ),
        judge(
            f"timeline page at {EVENTS:,} / at {EVENTS // 100:,} events, p50",
            growth,
            {"page": pages},
            target=1.5,
            better="low",
        ),
    ]


def forget(path: Path) -> None:
    """Drop the file from the memory of the system: who has not been seen for weeks is read from the disk."""
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def sql_medians(path: Path, events: int, chance: random.Random) -> tuple[float, float]:
    """Seconds of the page's statement and of one row by its key, in turns, through the bare driver.

    Each reads a customer of its own, whom nobody has just read: a probe that finds its page warm measures memory.
    """
    page_sql = "SELECT * FROM events WHERE customer_id = ? ORDER BY shown_at DESC, position DESC LIMIT ?"
    point_sql = "SELECT * FROM events WHERE customer_id = ? AND shown_at = ? AND position = ?"
    pages, points = [], []
    with sqlite3.connect(path) as connection:
        for _ in range(READS):
            customer = customer_id(chance.randrange(events // PER_CUSTOMER))
            key = key_of(chance.randrange(events // PER_CUSTOMER), PER_CUSTOMER - 1, events // PER_CUSTOMER)
            began = time.perf_counter()
            connection.execute(page_sql, (customer, PAGE)).fetchall()
            middle = time.perf_counter()
            found = connection.execute(point_sql, key).fetchall()
            points.append(time.perf_counter() - middle)
            pages.append(middle - began)
            assert len(found) == 1, "the probe reads a row"
    connection.close()
    return statistics.median(pages), statistics.median(points)


async def medians(path: Path, events: int, chance: random.Random) -> tuple[float, float]:
    """Seconds of a page and of a point read, taken in turns on the same connection."""
    store = open_store(f"sqlite:///{path}", SystemClock(), Ids(), readers=1)
    await store.start()
    count = events // PER_CUSTOMER
    pairs = [(customer_id(chance.randrange(count)), chance.randrange(1, events)) for _ in range(READS)]

    def query(view: View) -> tuple[float, float]:
        pages, points = [], []
        for customer, position in pairs:
            began = time.perf_counter()
            stream.timeline(view, [customer], None, PAGE)
            middle = time.perf_counter()
            stream.event(view, event_id(position))
            points.append(time.perf_counter() - middle)
            pages.append(middle - began)
        return statistics.median(pages), statistics.median(points)

    try:
        return await store.read(query)
    finally:
        await store.close()


def customer_id(number: int) -> CustomerId:
    return CustomerId(f"{number:08x}-0000-7000-8000-000000000000")


def event_id(position: int) -> str:
    return f"{position:012x}-7000-8000-000000000000"


def key_of(customer: int, number: int, customers: int) -> tuple[CustomerId, int, int]:
    """The key of a customer's event: positions of one customer lie far apart, as they do in life."""
    position = number * customers + customer + 1
    return customer_id(customer), BEGAN + position * 1_000, position


def data_set(events: int, say: Callable[[str], None]) -> Path:
    """A store with so many events; made once and kept for the next run."""
    path = FOLDER / f"timeline-{events}.db"
    if path.exists():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    say(f"    making {events:,} events (once; a few minutes, about {events * 550 / 1e9:.1f} GB in .continuo/bench)")
    migrate(f"sqlite:///{part}")
    with sqlite3.connect(part) as connection:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000", "locking_mode=EXCLUSIVE"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("DROP INDEX events_position")
        connection.execute("DROP INDEX events_id")
        connection.executemany(f"INSERT INTO events VALUES ({','.join('?' * 14)})", rows(events))
        say("    indexing")
        connection.execute("CREATE UNIQUE INDEX events_position ON events (position)")
        connection.execute("CREATE UNIQUE INDEX events_id ON events (event_id)")
        connection.execute("UPDATE counter SET position = ?", (events,))
    connection.close()
    part.rename(path)
    return path


def rows(events: int) -> Iterator[tuple[object, ...]]:
    """In the order of the table's key."""
    customers = events // PER_CUSTOMER
    text = (
        '{"text":"'
        + "The parcel has not come and nobody answers the phone. " * 4
        + '","sender":["email","a@example.com"]}'
    )
    for customer in range(customers):
        for number in range(PER_CUSTOMER):
            name, shown, position = key_of(customer, number, customers)
            yield (
                name,
                shown,
                position,
                event_id(position),
                "message.received",
                1,
                name,
                "shop",
                f"m{position}",
                "customer",
                shown,
                shown,
                None,
                text,
            )
