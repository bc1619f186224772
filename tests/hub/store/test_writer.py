"""The writer: one commit for many changes, and a failure that stays alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hub import events as ev
from hub.errors import Conflict, HubError, Invalid, Unavailable
from hub.ids import SYSTEM, AgentId, OfferId
from hub.interactions import Interaction
from hub.store import New, Store, Tx, users
from hub.store import events as stream
from hub.store.drafts import save_draft
from tests import given


async def stored(store: Store) -> list[ev.Event]:
    return await store.read(lambda view: stream.events_after(view, 0, 10_000))


def label(text: str) -> Callable[[Tx], str]:
    """A change that appends one event."""

    def change(tx: Tx) -> str:
        tx.append(New(data=ev.LabelAdded(label=text), actor=SYSTEM))
        return text

    return change


def labels(events: Sequence[ev.Event]) -> list[str]:
    return [data.label for event in events if isinstance(data := event.read(), ev.LabelAdded)]


async def settle(*waiting: Any) -> list[Any]:
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_changes_that_wait_are_committed_together(store: Store) -> None:
    """Fifty changes at once cost a few commits, and their events stand in the order they were asked for."""
    before = store.counters.commits
    await asyncio.gather(*(store.write(label(f"{n:02}")) for n in range(50)))
    assert store.counters.commits - before <= 3
    assert labels(await stored(store)) == [f"{n:02}" for n in range(50)]


async def test_a_refused_change_leaves_the_others_alone(store: Store) -> None:
    """A change in the middle of a group refuses after it appended: its events are gone, no position is."""

    def refuse(tx: Tx) -> None:
        label("refused")(tx)
        raise Conflict("no")

    before, bad, after = await settle(store.write(label("before")), store.write(refuse), store.write(label("after")))
    assert (before, after) == ("before", "after")
    assert isinstance(bad, Conflict)
    events = await stored(store)
    assert labels(events) == ["before", "after"]
    assert [event.position for event in events] == [1, 2]


async def test_a_change_that_fails_after_its_own_statement_leaves_nothing(store: Store) -> None:
    """It wrote a user's row before it raised: the row is gone, its neighbours are kept."""

    def fail(tx: Tx) -> None:
        users.put_user(tx, users.User(agent_id=AgentId("mia"), email="mia@example.org", name="Mia"))
        label("lost")(tx)
        raise RuntimeError("a bug")

    outcomes = await settle(*(store.write(label(f"{n}")) for n in range(5)), store.write(fail), store.write(label("5")))
    assert isinstance(outcomes[5], RuntimeError)
    assert [one for one in outcomes if isinstance(one, Exception)] == [outcomes[5]]
    assert labels(await stored(store)) == ["0", "1", "2", "3", "4", "5"]
    assert await store.read(users.users) == []


async def test_a_change_sees_what_its_group_did_before(store: Store) -> None:
    """Two changes of one group move the same interaction: the second begins where the first ended."""
    chat = await store.write(given.interaction(await store.write(given.customer())))
    await asyncio.gather(*(store.write(given.message(chat, f"{n}")) for n in range(10)))
    now = await store.write(lambda tx: tx.interaction(chat.interaction_id))
    assert now is not None
    assert (now.messages, now.preview, now.version) == (10, "9", chat.version + 10)


async def test_an_illegal_transition_keeps_nothing(store: Store) -> None:
    """One append of a legal and an illegal event: Conflict, and the legal one is not kept either."""
    chat = await store.write(given.interaction(await store.write(given.customer())))
    head = await store.head()
    with pytest.raises(Conflict):
        await store.write(given.happens(chat, ev.InteractionMoved(queue_id=given.SUPPORT), ev.InteractionWrapped()))
    assert await store.head() == head
    assert await store.write(lambda tx: tx.interaction(chat.interaction_id)) == chat


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a\x00b", id="a NUL, which PostgreSQL's text refuses"),
        pytest.param("a\udc80b", id="half a surrogate pair, which is no Unicode text"),
    ],
)
async def test_a_value_the_database_refuses_fails_alone(store: Store, name: str) -> None:
    """One hostile name in a group: its sender is told that it is invalid, all the others are stored."""
    outcomes = await settle(
        *(store.write(given.customer(f"n{n}")) for n in range(4)),
        store.write(given.customer(name)),
        *(store.write(given.customer(f"n{n}")) for n in range(4, 8)),
    )
    failed = [one for one in outcomes if isinstance(one, Exception)]
    assert len(failed) <= 1
    assert all(isinstance(one, Invalid | UnicodeError) for one in failed)
    events = await stored(store)
    assert [event.position for event in events] == list(range(1, 2 * (9 - len(failed)) + 1))


async def test_a_row_that_is_there_twice_fails_alone(store: Store) -> None:
    """Two users with one mail address in the same group: the second is a Conflict, nobody else notices."""
    mia, ben, other = await settle(
        store.write(lambda tx: users.put_user(tx, users.User(agent_id=AgentId("mia"), email="a@b.de", name="Mia"))),
        store.write(lambda tx: users.put_user(tx, users.User(agent_id=AgentId("ben"), email="a@b.de", name="Ben"))),
        store.write(label("kept")),
    )
    assert mia is None
    assert isinstance(ben, Conflict)
    assert other == "kept"
    assert [one.name for one in await store.read(users.users)] == ["Mia"]


async def test_items_that_wait_run_as_one(store: Store) -> None:
    """Forty items of one bulk change: one call sees many of them, and each gets its own answer."""
    sizes = []

    def double(tx: Tx, items: Sequence[int]) -> list[int]:
        sizes.append(len(items))
        for item in items:
            label(str(item))(tx)
        return [2 * item for item in items]

    answers = await asyncio.gather(*(store.write_together(double, n) for n in range(40)))
    assert answers == [2 * n for n in range(40)]
    assert len(sizes) <= 3
    assert labels(await stored(store)) == [str(n) for n in range(40)]


@pytest.mark.parametrize("spoils", ["before", "after"])
async def test_one_bad_item_of_a_bulk_fails_alone(store: Store, spoils: str) -> None:
    """The bulk raises because of one item, before or after it has written: the other items are done."""

    def accept(tx: Tx, items: Sequence[int]) -> list[int]:
        if spoils == "after":
            for item in items:
                save_draft(tx, given.draft(f"i{item}"))
        for item in items:
            if item == 7:
                raise Invalid("seven")
            label(str(item))(tx)
        return list(items)

    answers = await settle(*(store.write_together(accept, n) for n in range(20)))
    assert isinstance(answers[7], Invalid)
    assert [one for one in answers if not isinstance(one, Exception)] == [n for n in range(20) if n != 7]
    assert labels(await stored(store)) == [str(n) for n in range(20) if n != 7]


async def test_a_change_whose_caller_left_is_not_begun(store: Store) -> None:
    """The caller is cancelled while its change waits: it is not carried out, and the writer goes on."""
    started = asyncio.get_running_loop().create_future()
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def hold(tx: Tx) -> None:
        loop.call_soon_threadsafe(started.set_result, None)
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result()

    holding = asyncio.create_task(store.write(hold))
    await started
    left = asyncio.create_task(store.write(label("left")))
    await asyncio.sleep(0)
    left.cancel()
    release.set()
    await holding
    await store.write(label("next"))
    assert labels(await stored(store)) == ["next"]


async def test_closing_finishes_what_waits(store: Store) -> None:
    """Close is called while thirty changes wait: all are answered; then the store takes nothing more."""
    waiting = [asyncio.create_task(store.write(label(f"{n}"))) for n in range(30)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*waiting) == [f"{n}" for n in range(30)]
    with pytest.raises(Unavailable):
        await store.write(label("late"))


async def test_events_are_told_once_per_group(store: Store) -> None:
    """A group that appended tells its events after its futures; one that only read tells nothing."""
    groups: list[Sequence[ev.Event]] = []
    store.on_commit(groups.append)
    await store.write(lambda tx: tx.interaction)
    await asyncio.gather(*(store.write(label(f"{n}")) for n in range(20)))
    assert [event.position for events in groups for event in events] == list(range(1, 21))
    assert len(groups) <= 3


async def test_the_first_row_of_an_agent_is_made_once(store: Store) -> None:
    """Presence before any row exists, capacity in the same group: both are in the row."""
    await asyncio.gather(store.write(given.agent("mia")), store.write(given.agent("mia", "away", capacity=4)))
    now = await store.write(lambda tx: tx.agent(AgentId("mia")))
    assert now is not None
    assert (now.status, now.capacity, now.version) == ("away", 4, 3)


async def test_a_change_that_stops_its_caller_stops_nobody_else(store: Store) -> None:
    """StopIteration, which no future takes: its caller gets an error, the rest of the group its answers."""

    def stops(tx: Tx) -> None:
        next(iter(()))

    found = await asyncio.gather(
        store.write(label("before")), store.write(stops), store.write(label("after")), return_exceptions=True
    )
    assert (found[0], found[2]) == ("before", "after")
    assert isinstance(found[1], RuntimeError)


async def test_an_error_of_the_hub_is_the_callers(store: Store) -> None:
    """Whatever a change raises reaches the one who asked, as it was raised."""

    class Odd(HubError):
        """Odd."""

    def odd(tx: Tx) -> None:
        assert tx.offer(OfferId("none")) is None
        raise Odd

    with pytest.raises(Odd):
        await store.write(odd)


async def test_a_group_costs_a_few_statements(store: Store) -> None:
    """A bulk of a hundred messages to a hundred known interactions: rows, events, positions cost a statement each."""
    people = await asyncio.gather(*(store.write(given.customer()) for _ in range(100)))
    chats = await asyncio.gather(*(store.write(given.interaction(one)) for one in people))

    def accept(tx: Tx, items: Sequence[Interaction]) -> list[int]:
        tx.interactions(item.interaction_id for item in items)
        return [len(given.message(item)(tx).event_id) for item in items]

    before = store.counters.statements, store.counters.commits
    await asyncio.gather(*(store.write_together(accept, chat) for chat in chats))
    groups = store.counters.commits - before[1]
    assert groups <= 2
    assert store.counters.statements - before[0] <= 5 * groups
