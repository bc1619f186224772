"""The outbox: every class of failure, order, rate, dead workers, two processes. Nothing is sent twice or lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from hub import errors
from hub import events as ev
from hub.addresses import address
from hub.catalog import Catalog
from hub.errors import SendError, Throttled, Uncertain
from hub.ids import ChannelId
from hub.interactions import Interaction
from hub.outbox import GIVE_UP, LONGEST_WAIT, Outbox, backoff
from hub.outcome import Outcome, record
from hub.ports import Sent
from hub.store import Slot, Store, View, open_store
from hub.store import outbox as box
from hub.store import tables as t
from hub.store.channels import doing
from hub.store.events import events_after
from hub.store.outbox import Room
from tests import given
from tests.hub.provider import Held, Provider, Watch, catalog, never
from tests.stores import running

CHAT = given.CHAT
OTHER = ChannelId("other")


@asynccontextmanager
async def working(store: Store, known: Catalog, *, drain: float = 5, seed: int = 1) -> AsyncIterator[Outbox]:
    """An outbox at work; leaving the block stops it as the hub does."""
    outbox = Outbox(store, known, given.ids(seed), drain_seconds=drain)
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def talk(store: Store, channel: ChannelId = CHAT) -> Interaction:
    ada = await store.write(given.customer("Ada"))
    return await store.write(given.interaction(ada, channel=channel))


async def queue(store: Store, to: Interaction, *texts: str) -> list[Slot]:
    return [await store.write(given.answer(to, text)) for text in texts]


def news(view: View) -> list[ev.DeliveryUpdated]:
    """Every ``delivery.updated``, in order."""
    found = (event.read() for event in events_after(view, 0, 10_000) if event.type == "delivery.updated")
    return [data for data in found if isinstance(data, ev.DeliveryUpdated)]


def states(view: View) -> list[str]:
    """The states of the rows in the order in which they were queued."""
    return list(view.connection.execute(select(t.outbox.c.state).order_by(t.outbox.c.outbox_id)).scalars())


async def settled(store: Store, *wanted: str) -> list[str]:
    """Wait until the rows have these states."""
    return await Watch(store).until(states, lambda found: found == list(wanted))


async def test_a_message_is_sent_once_and_the_stream_says_so(store: Store) -> None:
    provider = Provider()
    to = await talk(store)
    heard = await store.write(given.message(to, "Where is my parcel?", external_id="m-1"))
    [queued] = await queue(store, to, "On its way")
    async with working(store, catalog(chat=provider)):
        await settled(store, "done")
    [call] = provider.taken
    data = queued.data
    assert isinstance(data, ev.MessageQueued)
    assert (call.outbox_id, call.message, call.to, call.attempt) == (data.outbox_id, data, to.address, 1)
    assert call.history == (heard.data,)
    assert await store.read(news) == [
        ev.DeliveryUpdated(
            status="sent",
            message=queued.event_id,
            outbox_id=data.outbox_id,
            external=f"at-provider-{data.outbox_id}",
            attempt=1,
        )
    ]


async def test_what_is_queued_while_it_works_goes_out_at_once(store: Store) -> None:
    """A commit wakes it: nobody waits for the next look."""
    provider = Provider()
    to = await talk(store)
    async with working(store, catalog(chat=provider)):
        await asyncio.sleep(0)
        for number in range(1, 6):
            await queue(store, to, f"{number}")
            async with asyncio.timeout(0.8):
                await provider.calls(number)
        await settled(store, *["done"] * 5)


async def test_one_on_its_way_per_interaction_keeps_the_order(store: Store) -> None:
    """The first message hangs: the second one waits behind it, another interaction does not."""
    held = Held()
    provider = Provider()
    provider.answers = [held]
    one, other = await talk(store), await talk(store)
    await queue(store, one, "1", "2", "3")
    async with working(store, catalog(chat=provider)):
        await provider.calls(1)
        await queue(store, other, "other")
        await provider.calls(2)
        assert provider.texts == ["1", "other"]
        held.go.set()
        await settled(store, *["done"] * 4)
    assert provider.texts == ["1", "other", "2", "3"]


async def test_a_retry_keeps_its_place(store: Store, clock: given.FixedClock) -> None:
    """The first one must wait for its next try; the ones behind it do not overtake."""
    provider = Provider()
    provider.answers = [errors.Unreachable("connection refused")]
    to = await talk(store)
    await queue(store, to, "1", "2")
    async with working(store, catalog(chat=provider)) as outbox:
        await Watch(store).until(news, lambda found: len(found) == 1)
        assert await store.read(states) == ["waiting", "waiting"]
        clock.forward(seconds=2)
        outbox.kick()
        await settled(store, "done", "done")
    assert provider.texts == ["1", "1", "2"]
    assert [call.attempt for call in provider.taken] == [1, 2, 1]


@pytest.mark.parametrize("repeat", ["none", "echo", "key"])
@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Throttled("slow down", after=7), "queued"),
        (errors.Throttled("slow down"), "queued"),
        (errors.Unreachable("connection refused"), "queued"),
        (errors.ProviderBroken("131016"), "queued"),
        (errors.Uncertain("reset after the request"), "uncertain"),
        (errors.BadSettings("190"), "failed"),
        (errors.BadAddress("131026"), "failed"),
        (errors.OptedOut("21610"), "failed"),
        (errors.OutsideWindow("131047"), "failed"),
        (errors.TooLong("too long"), "failed"),
        (errors.Refused("100"), "failed"),
        (ValueError("a defect of the channel"), "uncertain"),
        (KeyError("id"), "uncertain"),
        (TimeoutError("the channel's own"), "uncertain"),
        (OSError("connection reset"), "uncertain"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
async def test_each_class_of_failure_ends_as_the_contract_says(
    sqlite_store: Store, clock: given.FixedClock, error: Exception, status: str, repeat: str
) -> None:
    """Retried, failed or uncertain; uncertain is retried only where the provider knows the key."""
    store = sqlite_store
    provider = Provider(repeat=repeat)
    provider.answers = [error]
    to = await talk(store)
    await queue(store, to, "Hello")
    if status == "uncertain" and repeat == "key":
        status = "queued"
    async with working(store, catalog(chat=provider)):
        [said] = await Watch(store).until(news, lambda found: len(found) == 1)
        state = {"queued": "waiting"}.get(status, status)
        assert await store.read(states) == [state]
    assert said.status == status
    assert said.code == (error.code if isinstance(error, SendError) else "uncertain")
    if isinstance(error, SendError):
        assert said.words == error.words
    assert (said.retry_at is not None) == (status == "queued")
    if isinstance(error, Throttled) and error.after:
        assert said.retry_at == clock.now() + timedelta(seconds=7)


async def test_a_defect_of_a_channel_tells_no_secret(sqlite_store: Store) -> None:
    """The words of an unknown exception may hold anything: only its name is kept."""
    provider = Provider()
    provider.answers = [ValueError("token 12345 is bad")]
    await queue(sqlite_store, await talk(sqlite_store), "Hello")
    async with working(sqlite_store, catalog(chat=provider)):
        [said] = await Watch(sqlite_store).until(news, lambda found: len(found) == 1)
    assert said.words == "The channel failed: ValueError"


async def test_an_uncertain_message_is_never_repeated_by_itself(store: Store, clock: given.FixedClock) -> None:
    """Days pass, the outbox is started again: it goes to a person. What stands behind it goes out."""
    provider = Provider(repeat="echo")
    provider.answers = [Uncertain("timeout after the request was written")]
    await queue(store, await talk(store), "1", "2")
    async with working(store, catalog(chat=provider)):
        await settled(store, "uncertain", "done")
        clock.forward(days=3)
    async with working(store, catalog(chat=provider), seed=2) as outbox:
        outbox.kick()
        await queue(store, await talk(store), "3")
        await settled(store, "uncertain", "done", "done")
    assert provider.texts == ["1", "2", "3"]


async def test_with_a_key_it_is_repeated_under_the_same_id(store: Store, clock: given.FixedClock) -> None:
    provider = Provider(repeat="key")
    provider.answers = [Uncertain("timeout"), RuntimeError("who knows")]
    await queue(store, await talk(store), "Hello")
    async with working(store, catalog(chat=provider)) as outbox:
        for tries in (1, 2):
            await Watch(store).until(news, lambda found, tries=tries: len(found) == tries)  # type: ignore[misc]  # bound now
            clock.forward(minutes=1)
            outbox.kick()
        await settled(store, "done")
    assert len({call.outbox_id for call in provider.taken}) == 1
    assert [call.attempt for call in provider.taken] == [1, 2, 3]


async def test_a_receipt_settles_what_was_uncertain(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The customer has it: the row is done, and no person is asked any more."""
    monkeypatch.setattr("hub.outbox.TOLD_SECONDS", 0.0)
    provider = Provider(repeat="echo")
    provider.answers = [Uncertain("timeout")]
    [queued] = await queue(store, await talk(store), "Hello")
    async with working(store, catalog(chat=provider)):
        await settled(store, "uncertain")
        await store.write(given.delivered(queued, "delivered"))
        await settled(store, "done")
    assert len(provider.taken) == 1


async def test_a_receipt_stops_a_retry(store: Store, clock: given.FixedClock) -> None:
    """The provider said that it is broken, and delivered all the same: it is not sent again."""
    provider = Provider()
    provider.answers = [errors.ProviderBroken("500")]
    [queued] = await queue(store, await talk(store), "Hello")
    async with working(store, catalog(chat=provider)) as outbox:
        await Watch(store).until(news, lambda found: len(found) == 1)
        await store.write(given.delivered(queued, "delivered"))
        clock.forward(minutes=1)
        outbox.kick()
        await settled(store, "done")
    assert len(provider.taken) == 1


async def test_it_is_tried_for_two_days_and_then_a_person_is_told(
    sqlite_store: Store, clock: given.FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten minutes apart at most; the last try ends it with the provider's own words."""
    store = sqlite_store
    monkeypatch.setattr("hub.rate.THRESHOLD", 10_000)
    provider = Provider()
    provider.always = errors.Unreachable("connection refused")
    await queue(store, await talk(store), "Hello")
    began, watch = clock.now(), Watch(store)
    async with working(store, catalog(chat=provider)) as outbox:
        count = 0
        while True:
            count += 1
            said = (await watch.until(news, lambda found, count=count: len(found) >= count))[-1]  # type: ignore[misc]  # bound now
            if said.status == "failed":
                break
            assert said.retry_at is not None
            assert said.retry_at - clock.now() <= timedelta(seconds=LONGEST_WAIT)
            # Skip most of the two days.
            clock.at = max(said.retry_at, began + timedelta(hours=47, minutes=20)) if count == 3 else said.retry_at
            outbox.kick()
        assert await store.read(states) == ["failed"]
    assert clock.now() - began >= GIVE_UP
    assert said.words == "connection refused"


def test_the_pauses_double_up_to_ten_minutes() -> None:
    assert [backoff(attempt, 0.0) for attempt in range(1, 12)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600]
    assert backoff(10_000, 0.0) == LONGEST_WAIT
    assert all(0.75 * backoff(n, 0.0) <= backoff(n) <= backoff(n, 0.0) for n in range(1, 20))


# accounts


async def test_a_provider_that_hangs_holds_no_other_account(sqlite_store: Store) -> None:
    """A hundred messages into the void; those of another account pass."""
    store = sqlite_store
    dead, well = Provider(), Provider()
    dead.always = never
    for _ in range(30):
        await queue(store, await talk(store), "into the void")
    await queue(store, await talk(store, OTHER), "hello")
    async with working(store, catalog(chat=dead, other=well), drain=0):
        await well.calls(1)
        await dead.calls(16)
        for number in range(2, 6):
            await queue(store, await talk(store, OTHER), "hello")
            await well.calls(number)
        assert len(dead.taken) == 16


async def test_the_rate_of_an_account_is_kept(store: Store, clock: given.FixedClock) -> None:
    """Five a second: the sixth goes out in the next second."""
    provider = Provider(rate=5.0)
    to = [await talk(store) for _ in range(12)]
    for one in to:
        await queue(store, one, "Hello")
    async with working(store, catalog(chat=provider)) as outbox:
        for sent in (5, 10, 12):
            watch = Watch(store)
            await watch.until(states, lambda found, sent=sent: found.count("done") == sent)  # type: ignore[misc]  # bound now
            outbox.kick()
            assert len(provider.taken) == sent
            clock.forward(seconds=1.01)
            outbox.kick()


async def test_a_slow_rate_counts_over_the_time_one_message_takes(store: Store, clock: given.FixedClock) -> None:
    """One in four seconds."""
    rooms = {CHAT: Room(100, 0.25)}
    for _ in range(3):
        await queue(store, await talk(store), "Hello")
    claims = []
    for _ in range(9):
        claims.append(len(await store.write(lambda tx: box.claim(tx, "w", 60, rooms))))
        clock.forward(seconds=1)
    assert claims == [1, 0, 0, 0, 1, 0, 0, 0, 1]


async def test_a_throttled_account_rests_as_long_as_the_provider_asked(sqlite_store: Store) -> None:
    """The messages behind it are not tried meanwhile; those of other accounts are."""
    store = sqlite_store
    slow, well = Provider(), Provider()
    slow.always = Throttled("429", after=3600)
    held = Held()
    slow.answers = [held]
    first = await talk(store)
    await queue(store, first, "1")
    async with working(store, catalog(chat=slow, other=well)) as outbox:
        await slow.calls(1)
        outbox.breakers[CHAT].throttled(3600)
        for _ in range(3):
            await queue(store, await talk(store), "waits")
        await queue(store, await talk(store, OTHER), "passes")
        await well.calls(1)
        held.go.set()
        await settled(store, "done", "waiting", "waiting", "waiting", "done")
    assert len(slow.taken) == 1


async def test_a_provider_that_is_down_is_tried_with_one_message(
    sqlite_store: Store, clock: given.FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five failures in a row: the account rests and says so. One message tries; its success lets the others go."""
    store = sqlite_store
    monkeypatch.setattr("hub.rate.REST_SECONDS", (0.05,))
    provider = Provider()
    provider.always = errors.Unreachable("connection refused")
    for _ in range(10):
        await queue(store, await talk(store), "Hello")
    watch = Watch(store)
    async with working(store, catalog(chat=provider)) as outbox:
        await watch.until(news, lambda found: len(found) >= 10)
        said = (await watch.until(lambda view: doing(view, [CHAT]), lambda found: found[CHAT].said.words != ""))[CHAT]
        assert said.said == ("degraded", "Waiting for the provider: connection refused")
        before, held = len(provider.taken), Held()
        provider.always = held
        clock.forward(minutes=20)
        outbox.kick()
        await provider.calls(before + 1)
        await asyncio.sleep(0.1)
        assert len(provider.taken) == before + 1
        held.go.set()
        await settled(store, *["done"] * 10)
        now = (await store.read(lambda view: doing(view, [CHAT])))[CHAT]
        assert now.said == ("connected", "")


async def test_wrong_credentials_show_on_the_account(sqlite_store: Store) -> None:
    provider = Provider()
    provider.always = errors.BadSettings("Error validating access token")
    await queue(sqlite_store, await talk(sqlite_store), "Hello")
    async with working(sqlite_store, catalog(chat=provider)):
        await settled(sqlite_store, "failed")
    found = await sqlite_store.read(lambda view: doing(view, [CHAT]))
    assert found[CHAT].said == ("broken", "Error validating access token")


async def test_an_account_that_is_gone_fails_its_messages(sqlite_store: Store) -> None:
    """Taken out of the settings while messages waited."""
    await queue(sqlite_store, await talk(sqlite_store), "Hello")
    async with working(sqlite_store, catalog(other=Provider())):
        await settled(sqlite_store, "failed")
    [said] = await sqlite_store.read(news)
    assert said.words == "This channel is not connected any more."


async def test_a_customer_who_opted_out_is_kept_as_such(sqlite_store: Store) -> None:
    provider = Provider()
    provider.always = errors.OptedOut("21610")
    to = await talk(sqlite_store)
    await queue(sqlite_store, to, "Hello")
    async with working(sqlite_store, catalog(chat=provider)):
        await settled(sqlite_store, "failed")
    found = await sqlite_store.read(lambda view: events_after(view, 0, 100))
    assert [event.read() for event in found if event.type == "customer.opted_out"] == [
        ev.CustomerOptedOut(sender=to.address, text="21610")
    ]


async def test_a_new_address_that_the_provider_tells_joins_the_customer(sqlite_store: Store) -> None:
    """Unless somebody else has it already."""
    fresh, taken = address("external", "chat:-200"), given.email()
    await sqlite_store.write(given.customer("Bob", taken))
    provider = Provider()

    async def moved(message: object) -> Sent:
        return Sent(external_id="x", address=fresh)

    async def stolen(message: object) -> Sent:
        return Sent(external_id="y", address=taken)

    provider.answers = [moved, stolen]
    to = await talk(sqlite_store)
    await queue(sqlite_store, to, "1", "2")
    async with working(sqlite_store, catalog(chat=provider)):
        await settled(sqlite_store, "done", "done")
    ada = await sqlite_store.write(lambda tx: tx.customer(to.customer_id))
    assert ada is not None
    assert {(one.kind, one.value) for one in ada.addresses} == {
        (to.address.kind, to.address.value),
        ("external", "chat:-200"),
    }


# workers that die


async def lapse(store: Store) -> None:
    """The lease of every claimed row has run out."""
    await store.write(lambda tx: tx.connection.execute(update(t.outbox).values(lease_until=1)).rowcount)


@pytest.mark.parametrize(
    ("repeat", "is_written", "state", "calls"),
    [
        ("none", False, "done", 1),
        ("none", True, "uncertain", 0),
        ("echo", True, "uncertain", 0),
        ("key", True, "done", 1),
    ],
)
async def test_a_worker_that_dies_gives_its_row_back(
    store: Store, repeat: str, is_written: bool, state: str, calls: int
) -> None:
    """Killed before the request: sent. Killed after it was marked: uncertain, unless the provider knows the key."""
    provider = Provider(repeat=repeat)
    await queue(store, await talk(store), "Hello")
    [row] = await store.write(lambda tx: box.claim(tx, "dead", 60, {CHAT: Room(10, 100)}))
    if is_written:
        assert await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "dead"))
    async with working(store, catalog(chat=provider)) as outbox:
        outbox.kick()
        await queue(store, await talk(store), "another")
        await provider.calls(1)
        assert provider.texts == ["another"]
        await lapse(store)
        outbox.kick()
        await settled(store, state, "done")
    assert len(provider.taken) == calls + 1


async def test_a_worker_that_was_overtaken_sends_nothing(store: Store) -> None:
    """Its lease ran out before the request; somebody else has the row."""
    await queue(store, await talk(store), "Hello")
    rooms = {CHAT: Room(10, 100)}
    [row] = await store.write(lambda tx: box.claim(tx, "slow", 60, rooms))
    assert await store.write(lambda tx: box.claim(tx, "other", 60, rooms)) == []
    await lapse(store)
    [again] = await store.write(lambda tx: box.claim(tx, "other", 60, rooms))
    assert (again.outbox_id, again.attempt) == (row.outbox_id, 2)
    assert not await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "slow"))
    assert await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "other"))


async def test_late_news_of_an_overtaken_worker(store: Store) -> None:
    """Its failure counts for nothing; its success is the truth, and stops the other one."""
    known = catalog(chat=Provider())
    await queue(store, await talk(store), "Hello")
    rooms = {CHAT: Room(10, 100)}
    [row] = await store.write(lambda tx: box.claim(tx, "slow", 60, rooms))
    await lapse(store)
    await store.write(lambda tx: box.claim(tx, "other", 60, rooms))
    late = Outcome("queued", retry_at=store.clock.now())
    assert not await store.write(lambda tx: record(tx, known, row, "slow", late))
    assert not await store.write(lambda tx: record(tx, known, row, "slow", Outcome("failed", words="no")))
    assert await store.read(states) == ["sending"]
    assert await store.read(news) == []
    assert await store.write(lambda tx: record(tx, known, row, "slow", Outcome("sent", external="x")))
    assert await store.read(states) == ["done"]
    assert not await store.write(lambda tx: box.mark_written(tx, row.outbox_id, "other"))


async def test_stopping_lets_a_send_end(store: Store) -> None:
    """The hub stops while a message is on its way: its outcome is recorded first."""
    held, provider = Held(), Provider()
    provider.answers = [held]
    await queue(store, await talk(store), "Hello")
    async with working(store, catalog(chat=provider)):
        await provider.calls(1)
        asyncio.get_running_loop().call_later(0.05, held.go.set)
    assert await store.read(states) == ["done"]


@pytest.mark.parametrize(("repeat", "state"), [("none", "uncertain"), ("key", "waiting")])
async def test_stopping_does_not_wait_for_ever(store: Store, repeat: str, state: str) -> None:
    """A provider that hangs: after the time to drain the message is uncertain, or waits for the next start."""
    provider = Provider(repeat=repeat)
    provider.answers = [never]
    await queue(store, await talk(store), "1", "2")
    async with working(store, catalog(chat=provider), drain=0.05):
        await provider.calls(1)
    assert await store.read(states) == [state, "waiting"]


async def test_what_was_claimed_and_not_begun_is_given_back(store: Store) -> None:
    await queue(store, await talk(store), "Hello")
    await store.write(lambda tx: box.claim(tx, "me", 60, {CHAT: Room(10, 100)}))
    await store.write(lambda tx: box.release(tx, "me"))
    [row] = await store.write(lambda tx: box.claim(tx, "other", 60, {CHAT: Room(10, 100)}))
    assert row.attempt == 1


# several processes


async def test_two_processes_never_send_one_message_twice(postgres_store: Store, postgres_store_url: str) -> None:
    """Both work on the same rows at once: every message once, every conversation in order."""
    store, provider = postgres_store, Provider(rate=100_000.0)
    talks = [await talk(store) for _ in range(20)]
    for number in range(6):
        await asyncio.gather(*(store.write(given.answer(one, f"{number}")) for one in talks))
    other = open_store(postgres_store_url, given.FixedClock(), given.ids(7))
    known = catalog(chat=provider)
    async with running(other), working(store, known), working(other, known, seed=2):
        await Watch(store).until(states, lambda found: found == ["done"] * 120, 30)
    assert set(Counter(call.outbox_id for call in provider.taken).values()) == {1}
    for one in talks:
        texts = [call.message.text for call in provider.taken if call.interaction_id == one.interaction_id]
        assert texts == [f"{number}" for number in range(6)]


async def test_claims_of_two_processes_skip_one_another(postgres_store: Store, postgres_store_url: str) -> None:
    """Many at once: no row is given to two, and nobody waits for a lock until it fails."""
    for _ in range(40):
        await queue(postgres_store, await talk(postgres_store), "Hello")
    stores = [open_store(postgres_store_url, given.FixedClock(), given.ids(n)) for n in (7, 8, 9)]
    rooms = {CHAT: Room(3, 100_000.0)}
    async with running(stores[0]), running(stores[1]), running(stores[2]):
        rows = await asyncio.gather(
            *(
                one.write(lambda tx, holder=f"{number}-{n}": box.claim(tx, holder, 60, rooms))  # type: ignore[misc]  # bound now
                for number in range(5)
                for n, one in enumerate(stores)
            )
        )
    found = [row.outbox_id for some in rows for row in some]
    assert len(found) == len(set(found)) > 20
