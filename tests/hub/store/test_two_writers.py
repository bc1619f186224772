"""Several processes on one PostgreSQL: no update is lost, no position is missed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import text

from hub import events as ev
from hub.errors import Conflict
from hub.ids import SYSTEM, AgentId
from hub.store import New, Store, Tx, View, open_store
from hub.store import events as stream
from tests import given
from tests.stores import running

T = TypeVar("T")


@pytest.fixture
async def two(postgres_store_url: str, clock: given.FixedClock) -> AsyncIterator[tuple[Store, Store]]:
    """Two stores on one database, as two processes have them."""
    async with AsyncExitStack() as stack:
        one, other = [
            await stack.enter_async_context(running(open_store(postgres_store_url, clock, given.ids(n))))
            for n in (1, 2)
        ]
        yield one, other


class Gate:
    """Lets a change stop on its writer thread until the test goes on."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.reached = asyncio.Event()
        self.opened = asyncio.Event()

    def after(self, change: Callable[[Tx], T]) -> Callable[[Tx], T]:
        def stopped(tx: Tx) -> T:
            result = change(tx)
            if not self.reached.is_set():
                self.loop.call_soon_threadsafe(self.reached.set)
                asyncio.run_coroutine_threadsafe(self.opened.wait(), self.loop).result(10)
            return result

        return stopped


def label(text: str) -> Callable[[Tx], object]:
    return lambda tx: tx.append(New(data=ev.LabelAdded(label=text), actor=SYSTEM))


async def done_or_blocked(task: asyncio.Task[Any], store: Store) -> None:
    """Until the task has ended or some connection of the database waits for a lock."""
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def blocked(view: View) -> bool:
        return bool(view.connection.execute(query).scalar_one())

    for _ in range(1000):
        if task.done() or await store.read(blocked):
            return
        await asyncio.sleep(0)
    raise AssertionError("neither ended nor blocked")


async def test_no_position_is_missed(two: tuple[Store, Store]) -> None:
    """Two writers commit 400 events while a reader follows the head: it sees every position once, in order."""
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 400:
            head = seen[-1] if seen else 0
            found = await two[0].read(partial(stream.events_after, position=head, limit=50))
            seen.extend(event.position for event in found)

    async with asyncio.TaskGroup() as group:
        group.create_task(follow())
        for n in range(200):
            for store in two:
                group.create_task(store.write(label(f"{n}")))
            if n % 10 == 9:
                await asyncio.sleep(0)
    assert seen == list(range(1, 401))


async def test_no_update_is_lost(two: tuple[Store, Store]) -> None:
    """Both write to the same interaction a hundred times at once: it counts two hundred messages."""
    chat = await two[0].write(given.interaction(await two[0].write(given.customer())))
    await asyncio.gather(*(store.write(given.message(chat)) for _ in range(100) for store in two))
    now = await two[1].write(lambda tx: tx.interaction(chat.interaction_id))
    assert now is not None
    assert (now.messages, now.version) == (200, chat.version + 200)
    assert await two[0].head() == 204


async def test_the_first_row_is_not_lost(two: tuple[Store, Store]) -> None:
    """Both find no row of an agent and make one: the slower one begins again and adds to what the other made."""
    gate = Gate()
    slow = asyncio.create_task(two[0].write(gate.after(given.agent("mia", "away"))))
    await gate.reached.wait()
    capacity = ev.AgentCapacityChanged(agent_id=AgentId("mia"), capacity=4)
    await two[1].write(lambda tx: tx.append(New(data=capacity, actor=SYSTEM)))
    gate.opened.set()
    await slow
    now = await two[0].write(lambda tx: tx.agent(AgentId("mia")))
    assert now is not None
    assert (now.status, now.capacity, now.version) == ("away", 4, 2)
    assert await two[0].head() == 2


async def test_a_refused_change_leaves_no_stale_row(two: tuple[Store, Store]) -> None:
    """A change reads a row and refuses; before the next change of its group the other process writes to that row."""
    chat = await two[0].write(given.interaction(await two[0].write(given.customer())))
    hold, gate = Gate(), Gate()

    def refuse(tx: Tx) -> None:
        given.message(chat)(tx)
        raise Conflict("no")

    held = asyncio.create_task(two[0].write(hold.after(label("first"))))
    await hold.reached.wait()
    changes: list[Callable[[Tx], object]] = [refuse, gate.after(label("second")), given.message(chat, "mine")]
    group = [asyncio.create_task(two[0].write(change)) for change in changes]
    await asyncio.sleep(0)
    hold.opened.set()
    await gate.reached.wait()
    theirs = asyncio.create_task(two[1].write(given.message(chat, "theirs")))
    await done_or_blocked(theirs, two[0])
    gate.opened.set()
    await asyncio.gather(held, theirs, *group, return_exceptions=True)
    now = await two[1].write(lambda tx: tx.interaction(chat.interaction_id))
    assert now is not None
    assert now.messages == 2


async def test_a_deadlock_is_done_again(two: tuple[Store, Store]) -> None:
    """Each holds one row and asks for the other's: PostgreSQL ends one of them, both changes are kept."""
    ada, ben = [await two[0].write(given.interaction(await two[0].write(given.customer()))) for _ in range(2)]
    gates = Gate(), Gate()
    crossing = [
        asyncio.create_task(store.write(given.together(gate.after(given.message(mine)), given.message(theirs))))
        for store, gate, mine, theirs in zip(two, gates, (ada, ben), (ben, ada), strict=True)
    ]
    for gate in gates:
        await gate.reached.wait()
    for gate in gates:
        gate.opened.set()
    await asyncio.gather(*crossing)
    for chat in (ada, ben):
        now = await two[0].write(partial(Tx.interaction, key=chat.interaction_id))
        assert now is not None
        assert now.messages == 2


async def test_one_command_at_both(two: tuple[Store, Store]) -> None:
    """The same client id reaches both processes at once: it is carried out once, both learn the same events."""

    def once(tx: Tx) -> tuple[str, ...]:
        done = stream.done_before(tx, "mia", "c1")
        if done is not None:
            return done.event_ids
        label("once")(tx)
        stream.remember(tx, "mia", "c1", None)
        return tuple(slot.event_id for slot in tx.appended)

    answers = await asyncio.gather(*(store.write(once) for _ in range(5) for store in two))
    assert len(set(answers)) == 1
    assert await two[0].head() == 1


async def test_chains_of_merges_at_both_make_one_person(two: tuple[Store, Store]) -> None:
    """One links A with B while the other links B with C: all three are the oldest record's person."""
    a, b, c = [await two[0].write(given.customer(name)) for name in "ABC"]
    gate = Gate()
    first = asyncio.create_task(two[0].write(gate.after(given.merged(a, b))))
    await gate.reached.wait()
    second = asyncio.create_task(two[1].write(given.merged(b, c)))
    await done_or_blocked(second, two[0])
    gate.opened.set()
    await asyncio.gather(first, second)
    ids = [one.customer_id for one in (a, b, c)]
    now = await two[0].write(lambda tx: tx.customers(ids))
    assert {one.person_id for one in now.values()} == {a.customer_id}
