"""The outbox: every class of failure, order, rate, dead workers, two processes. Nothing is sent twice or lost."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from hub import errors
from hub import events as ev
from hub.errors import SendError, Throttled, Uncertain
from hub.ids import EventId, InteractionId, OutboxId
from hub.outbox import GIVE_UP, LONGEST_WAIT, backoff, pause
from hub.store import Store
from hub.store import tables as t
from hub.store.outbox import Waiting
from tests import given
from tests.hub.provider import Held, Provider, Watch, catalog
from tests.hub.sending import news, queue, settled, states, talk, working


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


@pytest.mark.rows_may_differ(reason="an event was spoilt")
async def test_a_message_that_cannot_be_made_ready_ends_before_a_person(store: Store) -> None:
    """Unreadable rows behind it, a fault of ours: it is failed at once, in words, and does not come back for ever."""
    provider = Provider()
    spoilt, sound = await talk(store), await talk(store)
    heard = await store.write(given.message(spoilt, "Where is it?"))
    spoil = t.events.update().where(t.events.c.event_id == heard.event_id).values(data="null")
    await store.write(lambda tx: tx.connection.execute(spoil).rowcount)
    await queue(store, spoilt, "Here")
    await queue(store, sound, "There")
    async with working(store, catalog(chat=provider)):
        await settled(store, "failed", "done")
    assert provider.texts == ["There"]
    failed = next(one for one in await store.read(news) if one.status == "failed")
    assert failed.words


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


@pytest.mark.parametrize(("after", "seconds"), [(7, 7), (0, 0.1), (-5, 0.1), (10**9, 3600)])
def test_a_time_the_provider_asked_for_is_kept_within_reason(after: float, seconds: float) -> None:
    row = Waiting(OutboxId("o"), EventId("e"), given.CHAT, InteractionId("i"), 1, given.NOON, was_written=False)
    assert pause(row, Throttled(after=after)) == seconds
