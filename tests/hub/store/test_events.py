"""The stream as it is read: by position, by customer, by id, by the provider's id."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from hub import events as ev
from hub.errors import Invalid
from hub.ids import EventId
from hub.interactions import Interaction
from hub.people import Customer
from hub.store import Store, Tx
from hub.store import events as stream
from hub.store.events import Cursor, Key, cursor_of
from tests import given
from tests.given import NOON


async def talk(store: Store, name: str = "Ada") -> tuple[Customer, Interaction]:
    customer = await store.write(given.customer(name))
    return customer, await store.write(given.interaction(customer))


def texts(events: list[ev.Event]) -> list[str]:
    return [data.text for event in events if isinstance(data := event.read(), ev.MessageReceived)]


async def test_a_late_message_stands_where_it_was_said(store: Store) -> None:
    """Messages arrive out of order by the provider's clock: the timeline shows them as they were said."""
    ada, chat = await talk(store)
    for minutes, words in ((-5, "second"), (-1, "third"), (-9, "first")):
        await store.write(given.message(chat, words, occurred_at=NOON + timedelta(minutes=minutes)))
    page = await store.read(lambda view: stream.timeline(view, [ada.customer_id], None, 10, types=["message.received"]))
    assert texts(page) == ["third", "second", "first"]
    assert [one.position for one in page] == [6, 5, 7]


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        pytest.param(timedelta(minutes=4), timedelta(minutes=4), id="a clock a little ahead is believed"),
        pytest.param(timedelta(minutes=6), timedelta(), id="a clock far ahead is not"),
        pytest.param(timedelta(days=-400), timedelta(days=-400), id="old messages keep their time"),
    ],
)
async def test_a_message_from_the_future_stands_now(store: Store, ahead: timedelta, shown: timedelta) -> None:
    _, chat = await talk(store)
    said = await store.write(given.message(chat, occurred_at=NOON + ahead))
    assert said.event.shown_at == NOON + shown
    assert said.event.occurred_at == NOON + ahead
    assert said.event.recorded_at == NOON


async def test_pages_of_a_person_miss_and_repeat_nothing(store: Store) -> None:
    """Three records of one person, many events of the same moment: pages of five give each event once, in order."""
    people = [await talk(store, name) for name in ("Ada", "A. Lovelace", "Countess")]
    records = [customer.customer_id for customer, _ in people]
    for number in range(18):
        at = NOON - timedelta(minutes=number % 4)
        await store.write(given.message(people[number % 3][1], f"{number}", occurred_at=at))
    whole = await store.read(lambda view: stream.timeline(view, records, None, 1000))
    seen: list[ev.Event] = []
    before: Cursor | None = None
    while page := await store.read(partial(stream.timeline, records=records, before=before, limit=5)):
        seen += page
        before = Cursor.read(str(cursor_of(page[-1])))
    assert seen == whole
    assert [cursor_of(one) for one in whole] == sorted((cursor_of(one) for one in whole), reverse=True)
    assert len({one.event_id for one in whole}) == len(whole) == 18 + 3 * 4


async def test_events_are_found_by_id(store: Store) -> None:
    """One, several, a thousand, none, one that does not exist."""
    _, chat = await talk(store)
    said = [await store.write(given.message(chat, f"{number}")) for number in range(3)]
    ids = [slot.event_id for slot in said]
    assert await store.read(lambda view: stream.event(view, ids[0])) == said[0].event
    assert await store.read(lambda view: stream.event(view, "nothing")) is None
    wanted = [*reversed(ids), *(f"unknown {number}" for number in range(1000))]
    assert await store.read(lambda view: stream.events_by_id(view, wanted)) == [slot.event for slot in said]
    assert await store.read(lambda view: stream.events_by_id(view, [])) == []


async def test_a_key_is_given_once(store: Store) -> None:
    """Keys claimed twice, within one group and after it: the first event holds them."""
    keys = [Key("chat", f"x{number}", "message.received") for number in range(700)]

    def claim(tx: Tx, name: str) -> set[Key]:
        return stream.add_keys(
            tx, {key: EventId(f"{name} {key.external_id}") for key in keys[: 350 if name == "a" else 700]}
        )

    assert await store.write(partial(claim, name="a")) == set(keys[:350])
    assert await store.write(partial(claim, name="b")) == set(keys[350:])
    held = await store.read(lambda view: stream.first_of(view, keys))
    assert held == {key: f"{'a' if number < 350 else 'b'} {key.external_id}" for number, key in enumerate(keys)}
    assert await store.read(lambda view: stream.first_of(view, [])) == {}


async def test_a_key_is_never_cut_short(store: Store) -> None:
    """Keys that differ only behind a NUL, a quote or a backslash are two keys, or refused: never one."""
    odd = ['q"', "q", "q\\", "q\\u0000", "q'", "ключ", "鍵", "q\n"]
    keys = {Key("chat", text, "message.received"): EventId(f"{number}") for number, text in enumerate(odd)}
    assert await store.write(lambda tx: stream.add_keys(tx, keys)) == set(keys)
    assert await store.read(lambda view: stream.first_of(view, list(keys))) == keys
    with pytest.raises(Invalid):
        await store.write(lambda tx: stream.add_keys(tx, {Key("chat", "q\x00r", "message.received"): EventId("x")}))


async def test_a_reply_finds_its_interaction(store: Store) -> None:
    """By the provider's id of the customer's message, and of ours; the same id on another account is nobody's."""
    _, chat = await talk(store)
    said = await store.write(given.message(chat, external_id="theirs"))
    await store.write(lambda tx: stream.add_keys(tx, {Key("chat", "theirs", "message.received"): said.event_id}))
    answer = await store.write(given.answer(chat))
    await store.write(given.delivered(answer, "sent", external="ours"))
    wanted = [("chat", "theirs"), ("chat", "ours"), ("other", "theirs"), ("chat", "nobody's")]
    found = await store.read(lambda view: stream.by_external(view, wanted))
    assert found == {wanted[0]: chat.interaction_id, wanted[1]: chat.interaction_id}


async def test_a_command_is_remembered(store: Store) -> None:
    """What a client id led to is found again, of the same agent only."""

    def once(tx: Tx) -> tuple[EventId, ...]:
        given.agent("mia")(tx)
        stream.remember(tx, "mia", "c1", None)
        return tuple(slot.event_id for slot in tx.appended)

    made = await store.write(once)
    assert await store.read(lambda view: stream.done_before(view, "mia", "c1")) == stream.Done(made, None)
    assert await store.read(lambda view: stream.done_before(view, "ben", "c1")) is None
