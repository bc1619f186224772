"""The inbound transaction: once, to the right customer, into the right interaction, at a constant price."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from hub import events as ev
from hub.addresses import Address
from hub.commands import Close, SendMessage, Snooze, Take
from hub.ids import EventId, OutboxId
from hub.ports import Incoming
from hub.store import open_store
from tests import given
from tests.hub.office import CHAT, MAIL, MIA, Office, new_id
from tests.stores import running

FIRST = ["customer.first_seen", "address.linked", "interaction.created", "interaction.queued", "message.received"]


async def test_a_first_message_makes_customer_and_interaction(office: Office) -> None:
    """An unknown address: one customer, one interaction that waits, one message, in this order."""
    ada = given.email()
    taken = await office.writes(ada, "Hello", name="Ada")
    assert await office.types() == FIRST
    customer = await office.read(lambda tx: given.found(tx.customer(given.found(taken.customer_id))))
    assert (customer.name, [a.value for a in customer.addresses]) == ("Ada", [ada.value])
    interaction = await office.interaction(given.found(taken.interaction_id))
    assert (interaction.state, interaction.queue_id, interaction.preview) == ("queued", "support", "Hello")
    assert taken.position == 5


async def test_the_same_message_again_is_the_same_event(office: Office) -> None:
    """Duplicated: five deliveries, in one group, in one batch and later, are one event with one answer."""
    one = given.incoming("Hello", external_id="m1")
    answers = await asyncio.gather(office.take(one, one), office.take(one))
    again = await office.take(one)
    found = [item for answer in (*answers, again) for item in answer]
    assert {(item.event_id, item.position) for item in found} == {(found[0].event_id, 5)}
    assert sorted(item.duplicate for item in found) == [False, True, True, True]
    assert (await office.types()).count("message.received") == 1


async def test_the_same_id_on_another_account_is_another_message(office: Office) -> None:
    """Forged or by chance: ids count within their account only."""
    await office.writes(given.email(), external_id="m1")
    taken = await office.writes(given.email(), external_id="m1", channel=MAIL)
    assert not taken.duplicate


async def test_the_next_message_continues_the_open_interaction(office: Office) -> None:
    """Two messages of one address are one interaction; the preview follows."""
    ada = given.email()
    first, second = await office.writes(ada, "One"), await office.writes(ada, "Two")
    assert first.interaction_id == second.interaction_id
    interaction = await office.interaction(given.found(second.interaction_id))
    assert (interaction.preview, interaction.unanswered, interaction.messages) == ("Two", 2, 2)


async def test_a_group_of_new_customers_opens_one_interaction_each(office: Office) -> None:
    """Burst: forty messages of eight new addresses in one group are eight customers with five messages each."""
    senders = [given.email() for _ in range(8)]
    await asyncio.gather(*(office.writes(senders[number % 8], f"{number}") for number in range(40)))
    types = await office.types()
    assert [types.count(one) for one in ("customer.first_seen", "interaction.created", "message.received")] == [
        8,
        8,
        40,
    ]


async def test_an_answer_in_time_re_opens_what_was_closed(office: Office) -> None:
    """Within 72 hours the interaction comes back to its last agent; later a new one begins."""
    ada = given.email()
    first = await office.writes(ada)
    assert first.interaction_id is not None
    await office.does(MIA, Take(client_id=new_id(), interaction_id=first.interaction_id))
    await office.does(MIA, Close(client_id=new_id(), interaction_id=first.interaction_id))
    office.later(hours=71)
    second = await office.writes(ada, "One more thing")
    again = await office.interaction(first.interaction_id)
    assert (second.interaction_id, again.state, again.preferred) == (first.interaction_id, "queued", MIA)
    await office.does(MIA, Close(client_id=new_id(), interaction_id=first.interaction_id))
    office.later(hours=73)
    assert (await office.writes(ada, "Much later")).interaction_id != first.interaction_id


async def test_what_no_person_wrote_waits_for_nobody(office: Office) -> None:
    """Looped: an automatic mail is kept on the timeline, opens no work and re-opens none."""
    ada = given.email()
    data = ev.MessageReceived(text="I am away", sender=ada, automatic="auto-replied")
    (taken,) = await office.take(Incoming(data=data, external_id="a1", sender=ada))
    assert (await office.interaction(given.found(taken.interaction_id))).state == "closed"
    (again,) = await office.take(Incoming(data=data, external_id="a2", sender=ada))
    assert again.interaction_id == taken.interaction_id
    assert "interaction.queued" not in await office.types()


async def test_a_thread_id_joins_from_another_address_unverified(office: Office) -> None:
    """Forged: whoever answers somebody else's thread joins it visibly unproven, and is linked to nobody."""
    ada, bob = given.email("ada@example.org"), given.email("bob@example.org")
    first = await office.writes(ada, external_id="thread-1")
    second = await office.writes(bob, "I answer for Ada", refs=("thread-1",))
    assert second.interaction_id == first.interaction_id
    (event,) = [one for one in await office.events() if one.event_id == second.event_id]
    assert event.customer_id == first.customer_id
    data = event.read()
    assert isinstance(data, ev.MessageReceived)
    assert data.unverified
    known = await office.read(lambda tx: given.found(tx.customer(given.found(first.customer_id))))
    assert [a.value for a in known.addresses] == ["ada@example.org"]


async def test_a_message_is_found_by_its_other_id(office: Office) -> None:
    """A mail's key is more than its Message-ID; who answers the Message-ID still lands in the conversation."""
    first = await office.writes(given.email(), external_id="<m1>:hash", also="<m1>")
    second = await office.writes(given.email(), "I answer", refs=("<m1>",))
    assert second.interaction_id == first.interaction_id


async def test_the_same_id_with_other_bytes_is_kept_and_marked(office: Office) -> None:
    """Forged or broken: two mails with one Message-ID are two events; the second says whose id it carries."""
    ada = given.email()
    await office.writes(ada, "one", external_id="<m1>:a", also="<m1>")
    await office.take(
        given.incoming("two", sender=ada, external_id="<m1>:b", also="<m1>"),
        given.incoming("three", sender=ada, external_id="<m2>:a", also="<m2>"),
    )
    said = [one.read() for one in await office.events(types=("message.received",))]
    assert [(one.text, one.duplicate_of) for one in said if isinstance(one, ev.MessageReceived)] == [
        ("one", None),
        ("two", "<m1>"),
        ("three", None),
    ]


async def test_a_thread_id_of_another_account_means_nothing(office: Office) -> None:
    """Forged: ids of one account open no conversation of another."""
    first = await office.writes(given.email(), external_id="thread-1")
    second = await office.writes(given.email(), refs=("thread-1",), channel=MAIL)
    assert second.interaction_id != first.interaction_id


async def test_a_typed_address_is_kept_only_where_nobody_has_it(office: Office) -> None:
    """Forged: claiming somebody's mail address in a chat merges nothing."""
    ada = given.email("ada@example.org")
    owner = await office.writes(ada, channel=MAIL)
    visitor = Address("visitor", "v1")
    claimed = given.email("new@example.org")
    taken = await office.writes(visitor, claims=(ada, claimed))
    known = await office.read(lambda tx: given.found(tx.customer(given.found(taken.customer_id))))
    assert [(a.value, a.verified) for a in known.addresses] == [("new@example.org", None), ("v1", None)]
    assert taken.customer_id != owner.customer_id


async def test_delivery_news_finds_our_message(office: Office) -> None:
    """By outbox id, by the provider's id, forward only: a late ``sent`` does not undo ``read``."""
    interaction = await office.asks()
    sent = await office.does(
        MIA,
        SendMessage(client_id=new_id(), interaction_id=interaction.interaction_id, text="Hi", last_seen=99),
    )
    (queued,) = [one for one in await office.events() if one.event_id == sent.event_ids[-1]]
    data = queued.read()
    assert isinstance(data, ev.MessageQueued)
    news = [
        ev.DeliveryUpdated(status="sent", outbox_id=data.outbox_id, external="p1"),
        ev.DeliveryUpdated(status="read", external="p1"),
        ev.DeliveryUpdated(status="delivered", message=queued.event_id),
    ]
    for number, one in enumerate(news):
        (taken,) = await office.take(Incoming(data=one, external_id=f"news-{number}"))
        assert taken.customer_id == interaction.customer_id
    kept = await office.read(lambda tx: given.found(tx.message(queued.event_id)))
    assert (kept.delivery.status, kept.external_id) == ("read", "p1")


async def test_news_of_a_message_of_another_account_touches_nothing(office: Office) -> None:
    """Forged: an account can't settle another account's message."""
    interaction = await office.asks()
    sent = await office.does(
        MIA, SendMessage(client_id=new_id(), interaction_id=interaction.interaction_id, text="Hi", last_seen=99)
    )
    forged = ev.DeliveryUpdated(status="read", message=sent.event_ids[-1], outbox_id=OutboxId("none"))
    await office.take(Incoming(data=forged, external_id="x"), channel=MAIL)
    kept = await office.read(lambda tx: given.found(tx.message(sent.event_ids[-1])))
    assert kept.delivery.status == "queued"


async def test_what_could_not_be_read_is_an_event_of_nobody(office: Office) -> None:
    """Truncated: the payload is kept and listed; no customer is made."""
    (taken,) = await office.take(Incoming(data=ev.PayloadUnreadable(reason="no JSON", size=3), external_id="u1"))
    assert taken.customer_id is None
    assert [one.event_id for one in await office.desk.unreadable(10)] == [taken.event_id]


async def test_a_clock_that_runs_ahead_is_clamped(office: Office) -> None:
    """Wrong clock: a message from next year stands at our time, its own is kept."""
    ahead = office.clock.now() + timedelta(days=365)
    taken = await office.writes(given.email(), occurred_at=ahead)
    (event,) = [one for one in await office.events() if one.event_id == taken.event_id]
    assert (event.occurred_at, event.shown_at) == (ahead, office.clock.now())


GROUPS: dict[str, tuple[Callable[[int, Address, EventId], Incoming], int]] = {
    "known customers": (lambda n, known, sent: given.incoming(f"{n}", sender=known), 12),
    "strangers": (lambda n, known, sent: given.incoming(f"{n}"), 11),
    "typed addresses": (lambda n, known, sent: given.incoming(f"{n}", claims=(given.email(),)), 12),
    "guests in a thread": (lambda n, known, sent: given.incoming(f"{n}", refs=(f"first-{known.value}",)), 17),
    "receipts": (
        lambda n, known, sent: Incoming(data=ev.DeliveryUpdated(status="read", message=sent), external_id=f"r{n}"),
        8,
    ),
    "payloads nobody can read": (
        lambda n, known, sent: Incoming(data=ev.PayloadUnreadable(reason="no JSON"), external_id=f"u{n}"),
        5,
    ),
}


@pytest.mark.parametrize("name", GROUPS)
async def test_the_price_of_a_group_does_not_grow_with_its_messages(office: Office, name: str) -> None:
    """Counted: of whatever kind, a hundred in a group cost as many statements as ten, and one commit."""
    make, most = GROUPS[name]
    senders = [given.email() for _ in range(100)]
    first = await asyncio.gather(*(office.writes(one, external_id=f"first-{one.value}") for one in senders))
    told = [given.found(one.interaction_id) for one in first]
    sent = [
        await office.does(MIA, SendMessage(client_id=new_id(), interaction_id=key, text="Hi", last_seen=10**6))
        for key in told
    ]
    prices = []
    for part in (range(10), range(10, 110)):
        group = [make(n, senders[n % 100], sent[n % 100].event_ids[-1]) for n in part]
        before = office.store.counters.statements, office.store.counters.commits
        await office.take(*group)
        prices.append((office.store.counters.statements - before[0], office.store.counters.commits - before[1]))
    assert prices[0] == prices[1]
    assert prices[0][0] <= most
    assert prices[0][1] == 1


async def test_another_record_of_the_person_is_no_guest(office: Office) -> None:
    """Two addresses, linked into one person: answering the thread from the other one proves nothing wrong."""
    ada, also = given.email(), given.email()
    first, second = await office.writes(ada, external_id="thread-1"), await office.writes(also)
    keys = [given.found(one.customer_id) for one in (first, second)]
    known = await office.read(lambda tx: tx.customers(keys))
    await office.store.write(given.merged(known[keys[0]], known[keys[1]]))
    third = await office.writes(also, refs=("thread-1",))
    (event,) = [one for one in await office.events() if one.event_id == third.event_id]
    data = event.read()
    assert isinstance(data, ev.MessageReceived)
    assert (third.interaction_id, event.customer_id, data.unverified) == (first.interaction_id, keys[0], False)


async def test_a_guest_of_a_thread_that_is_long_over_begins_anew(office: Office) -> None:
    """Late: a year after the thread was closed, its id opens a conversation of the guest's own."""
    first = await office.writes(given.email(), external_id="thread-1")
    await office.does(MIA, Take(client_id=new_id(), interaction_id=first.interaction_id))
    await office.does(MIA, Close(client_id=new_id(), interaction_id=given.found(first.interaction_id)))
    office.later(days=365)
    second = await office.writes(given.email(), refs=("thread-1",))
    assert second.interaction_id != first.interaction_id
    assert second.customer_id != first.customer_id
    (event,) = [one for one in await office.events() if one.event_id == second.event_id]
    data = event.read()
    assert isinstance(data, ev.MessageReceived)
    assert not data.unverified


async def test_two_type_the_same_address_at_once(office: Office) -> None:
    """Raced within a group: it belongs to the first; whoever writes from it in the same group has it before both."""
    typed, real = given.email(), given.email()
    visitors = [Address("visitor", f"v{n}") for n in range(3)]
    group = [given.incoming("Hi", sender=one, claims=(typed, real)) for one in visitors]
    taken = await office.take(*group, given.incoming("By mail", sender=real))
    keys = [given.found(one.customer_id) for one in taken]
    known = await office.read(lambda tx: tx.customers(keys))
    assert [[a.value for a in known[key].addresses if a.kind == "email"] for key in keys] == [
        [typed.value],
        [],
        [],
        [real.value],
    ]


async def test_what_wakes_is_the_routers_matter(office: Office) -> None:
    """A customer writes to what sleeps: the message lands and is counted, the state stays."""
    interaction = await office.asks()
    key = interaction.interaction_id
    await office.does(MIA, Take(client_id=new_id(), interaction_id=key))
    await office.does(MIA, Snooze(client_id=new_id(), interaction_id=key))
    taken = await office.writes(interaction.address, "Any news?")
    now = await office.interaction(key)
    assert (taken.interaction_id, now.state, now.preview, now.unanswered) == (key, "snoozed", "Any news?", 2)


async def test_two_processes_take_the_same_first_message(migrated_url: str, clock: given.FixedClock) -> None:
    """Duplicated and raced: two stores on one database ingest one new customer's message at once: one of everything."""
    if not migrated_url.startswith("postgresql"):
        clock.forward(seconds=1)  # one file, one writer at a time: the same holds
    one, two = given.ids(1), given.ids(2)
    async with (
        running(open_store(migrated_url, clock, one)) as first,
        running(open_store(migrated_url, clock, two)) as second,
    ):
        offices = [Office(store, clock) for store in (first, second)]
        for round_ in range(5):
            sender = given.email()
            message = given.incoming(sender=sender, external_id=f"race-{round_}")
            answers = await asyncio.gather(*(office.take(message) for office in offices))
            assert len({answer[0].event_id for answer in answers}) == 1
            assert len({answer[0].customer_id for answer in answers}) == 1
        types = await offices[0].types()
    assert [types.count(kind) for kind in FIRST] == [5, 5, 5, 5, 5]


@pytest.mark.parametrize("text", ["\u202eevil", "\U0001f469\u200d\U0001f467" * 500, "نص عربي", "\ufeffa"])
async def test_every_script_comes_out_as_it_went_in(office: Office, text: str) -> None:
    """Wrongly written: right-to-left marks, families of emoji, Arabic: bytes in, the same bytes out."""
    taken = await office.writes(given.email(), text)
    (event,) = [one for one in await office.events() if one.event_id == taken.event_id]
    data = event.read()
    assert isinstance(data, ev.MessageReceived)
    assert data.text == text
    assert event.channel_id == CHAT
