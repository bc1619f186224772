"""What screens read: pages of one person over all channels, queues, agents, a customer's own view."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub import events as ev
from hub.commands import AddNote, Close, SendMessage, Take
from hub.conversation import conversation
from hub.errors import Invalid, NotFound
from hub.ids import CustomerId
from hub.interactions import Interaction
from hub.ports import Conversation
from hub.store.drafts import save_draft
from tests import given
from tests.hub.office import CATALOG, CHAT, MAIL, MIA, SUPPORT, Office, new_id


async def test_pages_follow_one_another_without_gap_or_overlap(office: Office) -> None:
    """Twenty-three events in pages of five, newest first, by the cursor of each page."""
    ada = given.email()
    for number in range(19):
        await office.writes(ada, f"m{number}")
        office.later(seconds=1)
    customer_id = (await office.events())[0].customer_id
    assert customer_id is not None
    texts: list[str] = []
    before: str | None = None
    while True:
        page = await office.desk.timeline(customer_id, before, 5)
        texts = [one.event_id for one in page.events] + texts
        before = page.before
        if before is None:
            break
    assert texts == [one.event_id for one in await office.events() if one.customer_id == customer_id]


async def test_a_late_message_stands_where_it_was_said(office: Office) -> None:
    """Reordered: what arrives an hour late stands an hour back; its position says when it came."""
    ada = given.email()
    await office.writes(ada, "second")
    await office.writes(ada, "first", occurred_at=office.clock.now() - timedelta(hours=1))
    customer_id = given.found((await office.events())[0].customer_id)
    page = await office.desk.timeline(customer_id)
    said = [data.text for one in page.events if isinstance(data := one.read(), ev.MessageReceived)]
    assert said == ["first", "second"]


async def test_one_timeline_for_all_records_of_a_person(office: Office) -> None:
    """Two records linked into one person read as one; unlinked they are two again, exactly as before."""
    chat, mail = await office.asks("by chat"), await office.asks("by mail", channel=MAIL)
    separate = [await office.desk.timeline(one.customer_id) for one in (chat, mail)]
    first = await office.read(lambda tx: given.found(tx.customer(chat.customer_id)))
    second = await office.read(lambda tx: given.found(tx.customer(mail.customer_id)))
    link = await office.store.write(given.merged(first, second))
    merged = await office.desk.timeline(mail.customer_id)
    assert {data.text for one in merged.events if isinstance(data := one.read(), ev.MessageReceived)} == {
        "by chat",
        "by mail",
    }
    assert len(merged.customer.addresses) == 2
    await office.store.write(given.unmerged(first, second, link))
    again = [await office.desk.timeline(one.customer_id) for one in (chat, mail)]
    kept = [[one.event_id for one in page.events if not one.type.startswith("customers.")] for page in again]
    assert kept == [[one.event_id for one in page.events] for page in separate]


async def test_the_brief_names_what_is_open(office: Office) -> None:
    """Without any AI: wants, promised, open, last, each with the events that prove it."""
    interaction = await office.asks("My parcel is lost")
    await office.does(
        MIA, SendMessage(client_id=new_id(), interaction_id=interaction.interaction_id, text="Checking", last_seen=99)
    )
    office.later(seconds=5)
    again = await office.writes(interaction.address, "Any news?")
    lines = {one.kind: one for one in (await office.desk.timeline(interaction.customer_id)).brief}
    assert list(lines) == ["wants", "promised", "open", "last"]
    assert (lines["wants"].text, lines["wants"].events) == ("Any news?", (again.event_id,))
    assert lines["open"].text == "1 message without an answer"
    assert lines["last"].text == "Checking"


async def test_a_colleagues_draft_is_on_the_page(office: Office) -> None:
    interaction = await office.asks()
    await office.store.write(lambda tx: save_draft(tx, given.draft(interaction.interaction_id, "Dear")))
    page = await office.desk.timeline(interaction.customer_id)
    assert [(one.agent_id, one.text) for one in page.drafts] == [("mia", "Dear")]


@pytest.mark.parametrize("cursor", ["", "x", "1", "1.2.3", "1e9.2", "9" * 30 + ".x", "9" * 30 + ".1", "-1.1"])
async def test_a_cursor_that_is_none_is_refused(office: Office, cursor: str) -> None:
    """Forged: a cursor is two numbers, or the request is not valid."""
    interaction = await office.asks()
    with pytest.raises(Invalid):
        await office.desk.timeline(interaction.customer_id, cursor)


async def test_nobody(office: Office) -> None:
    with pytest.raises(NotFound):
        await office.desk.timeline(CustomerId("none"))
    with pytest.raises(NotFound):
        await office.desk.customer(CustomerId("none"))


async def test_people_are_found_by_name_and_address(office: Office) -> None:
    """Hostile: per cent and underscore are letters, not patterns."""
    await office.writes(given.email("ada@example.org"), name="Ada Lima")
    await office.writes(given.email("bob_100%@example.org"), name="Bob")
    assert [one.name for one in await office.desk.find_customers("LIMA", 5)] == ["Ada Lima"]
    assert [one.name for one in await office.desk.find_customers("100%", 5)] == ["Bob"]
    assert await office.desk.find_customers("b%b", 5) == ()


async def test_queues_count_what_waits(office: Office) -> None:
    await office.available(MIA)
    first = await office.asks()
    office.later(seconds=7)
    await office.asks()
    await office.offers(MIA, first)
    (support,) = [one for one in await office.desk.queues() if one.queue_id == SUPPORT]
    assert (support.waiting, support.offered, support.live, support.members) == (1, 1, 0, ("eva", "mia", "tom"))
    assert support.longest_since == office.clock.now()


async def seen_by_customer(office: Office, interaction: Interaction) -> Conversation:
    return await office.store.read(
        lambda view: conversation(view, CATALOG, CHAT, interaction.address, after=0, limit=50)
    )


async def test_a_customer_sees_no_word_of_the_team(office: Office) -> None:
    """Unauthorised: notes, routing and names of queues stay inside; only what both said comes out."""
    interaction = await office.asks("Hello")
    note = AddNote(
        client_id=new_id(),
        customer_id=interaction.customer_id,
        interaction_id=interaction.interaction_id,
        text="secret",
    )
    await office.does(MIA, note)
    assert (await seen_by_customer(office, interaction)).state == "waiting"
    await office.does(MIA, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    await office.does(
        MIA, SendMessage(client_id=new_id(), interaction_id=interaction.interaction_id, text="Hi", last_seen=99)
    )
    talk = await seen_by_customer(office, interaction)
    assert [(one.by, one.name, one.text) for one in talk.messages] == [
        ("customer", "", "Hello"),
        ("agent", "Mia", "Hi"),
    ]
    assert (talk.state, talk.agent) == ("live", "Mia")
    await office.does(MIA, Close(client_id=new_id(), interaction_id=interaction.interaction_id))
    assert (await seen_by_customer(office, interaction)).state == "closed"


async def test_a_long_absence_asks_for_a_fresh_start(office: Office) -> None:
    """Huge gap: the newest messages come, with the word that there are more."""
    interaction = await office.asks("0")
    for number in range(1, 8):
        await office.writes(interaction.address, str(number))
    talk = await office.store.read(
        lambda view: conversation(view, CATALOG, CHAT, interaction.address, after=0, limit=3)
    )
    assert ([one.text for one in talk.messages], talk.resync) == (["5", "6", "7"], True)
