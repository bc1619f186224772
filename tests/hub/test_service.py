"""Commands: idempotent, compared with what the sender had seen, refused in words, with their side effects."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from hub import events as ev
from hub.commands import (
    Accept,
    AddNote,
    Close,
    Decline,
    Open,
    Reopen,
    Resend,
    SendMessage,
    SetPresence,
    Snooze,
    Take,
    Transfer,
    UpdateCustomer,
    Wake,
)
from hub.errors import Changed, Conflict, Forbidden, Gone, Invalid, NotFound
from hub.events import Attachment
from hub.ids import EventId, InteractionId, MediaId, OfferId
from hub.interactions import Interaction
from hub.store.events import events_by_id
from hub.store.outbox import settle_outbox
from tests import given
from tests.hub.office import EVA, MAIL, MIA, SALES, TOM, Office, new_id


def send(interaction: Interaction, text: str = "Hi", last_seen: int = 10_000, **more: object) -> SendMessage:
    return SendMessage(
        client_id=new_id(),
        interaction_id=interaction.interaction_id,
        text=text,
        last_seen=last_seen,
        **more,  # type: ignore[arg-type]  # as in the command
    )


# once


async def test_the_same_command_again_gives_the_same_result(office: Office) -> None:
    """Duplicated: the same client id, at once and later, is one message; another agent's same id is another."""
    interaction = await office.asks()
    command = send(interaction)
    results = await asyncio.gather(*(office.does(MIA, command) for _ in range(5)))
    again = await office.does(MIA, command)
    assert {(one.position, one.event_ids) for one in (*results, again)} == {(results[0].position, results[0].event_ids)}
    assert (await office.types()).count("message.queued") == 1


# answering


async def test_answering_what_waits_takes_it(office: Office) -> None:
    """The answer and the acceptance are one transaction: the customer never has an answer without an agent."""
    interaction = await office.asks()
    await office.does(MIA, send(interaction, "Good day"))
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.agent_id, now.preview, now.waiting_since) == ("live", MIA, "Good day", None)


async def test_whoever_answers_second_is_stopped(office: Office) -> None:
    """Raced: the second answer is refused with the first one; ``anyway`` sends it; one's own answers don't count."""
    interaction = await office.asks()
    seen = (await office.events())[-1].position
    await office.does(MIA, send(interaction, "From Mia", seen))
    with pytest.raises(Changed) as caught:
        await office.does(TOM, send(interaction, "From Tom", seen))
    since = caught.value.details["since"]
    assert isinstance(since, list)
    assert [one.read().text for one in since] == ["From Mia"]
    await office.does(MIA, send(interaction, "Mia again", seen))
    await office.does(TOM, send(interaction, "From Tom all the same", seen, anyway=True))
    assert (await office.types()).count("message.queued") == 3


async def test_two_answers_in_one_group_are_compared_too(office: Office) -> None:
    """Raced: both commands wait for the same commit; exactly one goes out."""
    interaction = await office.asks()
    seen = (await office.events())[-1].position
    outcomes = await asyncio.gather(
        office.does(MIA, send(interaction, "A", seen)),
        office.does(TOM, send(interaction, "B", seen)),
        return_exceptions=True,
    )
    assert [isinstance(one, Changed) for one in outcomes].count(True) == 1
    assert (await office.types()).count("message.queued") == 1


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "x" * 101}, "text"),
        ({"cc": ("a@example.org",)}, "cc"),
        ({"html": "<b>x</b>"}, "html"),
        (
            {
                "attachments": (
                    Attachment(media_id=MediaId("0" * 64), name="a.exe", type="application/x-msdownload", size=1),
                )
            },
            "attachments",
        ),
        (
            {"attachments": (Attachment(media_id=MediaId("0" * 64), name="a.png", type="image/png", size=1001),)},
            "attachments",
        ),
    ],
    ids=["empty", "too long", "copies", "html", "type of file", "size of file"],
)
async def test_what_the_channel_cannot_carry_is_refused(office: Office, more: dict[str, object], field: str) -> None:
    """Huge, empty or of the wrong kind: refused with the field, nothing is written."""
    interaction = await office.asks()
    before = len(await office.events())
    with pytest.raises(Invalid) as caught:
        await office.does(MIA, send(interaction, **more))  # type: ignore[arg-type]  # fields of the command
    assert caught.value.details == {"field": field}
    assert len(await office.events()) == before


async def test_send_and_resolve_is_one_step(office: Office) -> None:
    interaction = await office.asks()
    await office.does(MIA, send(interaction, then="close"))
    assert (await office.interaction(interaction.interaction_id)).state == "closed"


async def test_a_note_is_for_the_team_only(office: Office) -> None:
    """A note is on the timeline and never on its way to the customer."""
    interaction = await office.asks()
    command = AddNote(
        client_id=new_id(), customer_id=interaction.customer_id, interaction_id=interaction.interaction_id, text="VIP"
    )
    await office.does(MIA, command)
    page = await office.desk.timeline(interaction.customer_id)
    talk = await office.store.read(lambda view: conversation_texts(view, interaction))
    assert page.events[-1].type == "note.added"
    assert talk == ["Hello"]


def conversation_texts(view, interaction: Interaction) -> list[str]:  # type: ignore[no-untyped-def]  # a View
    from hub.conversation import conversation
    from tests.hub.office import CATALOG

    found = conversation(view, CATALOG, interaction.channel_id, interaction.address, after=0, limit=50)
    return [one.text for one in found.messages]


async def test_a_person_settles_what_the_outbox_could_not(office: Office) -> None:
    """Uncertain: sent again as a new, linked message, or marked; a message that arrived has nothing to settle."""
    interaction = await office.asks()
    sent = await office.does(MIA, send(interaction))
    event_id = sent.event_ids[-1]
    with pytest.raises(Conflict):
        await office.does(MIA, Resend(client_id=new_id(), event_id=event_id, how="resend"))
    await office.store.write(lambda tx: uncertain(tx, interaction, event_id))
    again = await office.does(MIA, Resend(client_id=new_id(), event_id=event_id, how="resend"))
    (new,) = [one.read() for one in await office.store.read(lambda view: events_by_id(view, again.event_ids[-1:]))]
    assert isinstance(new, ev.MessageQueued)
    assert (new.resend_of, new.text) == (event_id, "Hi")
    old = await office.read(lambda tx: given.found(tx.message(event_id)))
    assert old.delivery.status == "failed"


def uncertain(tx, interaction: Interaction, event_id: EventId) -> None:  # type: ignore[no-untyped-def]  # a Tx
    message = given.found(tx.message(event_id))
    given.happens(interaction, ev.DeliveryUpdated(status="uncertain", message=event_id))(tx)
    settle_outbox(tx, message.outbox_id, "uncertain")


# offers


async def test_two_accepts_of_one_offer(office: Office) -> None:
    """Raced: two browsers of one agent accept at once: it is accepted once, and both hear that it is hers."""
    await office.available(MIA)
    interaction = await office.asks()
    assert await office.offers(MIA, interaction)
    offer = await office.offer_of(interaction)
    accepts = [Accept(client_id=new_id(), offer_id=offer.offer_id) for _ in range(2)]
    results = await asyncio.gather(*(office.does(MIA, one) for one in accepts))
    assert {one.interaction_id for one in results} == {interaction.interaction_id}
    assert (await office.types()).count("offer.accepted") == 1
    assert (await office.interaction(interaction.interaction_id)).state == "live"


async def test_a_colleague_takes_what_is_on_offer(office: Office) -> None:
    """Raced: work taken by hand ends the offer; who accepts then hears who has it."""
    await office.available(MIA)
    interaction = await office.asks()
    await office.offers(MIA, interaction)
    offer = await office.offer_of(interaction)
    await office.does(TOM, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    with pytest.raises(Gone) as caught:
        await office.does(MIA, Accept(client_id=new_id(), offer_id=offer.offer_id))
    assert caught.value.details == {"cause": "taken", "by": "Tom"}


async def test_a_declined_offer_waits_again_at_its_old_age(office: Office) -> None:
    await office.available(MIA)
    interaction = await office.asks()
    office.later(minutes=3)
    await office.offers(MIA, interaction)
    offer = await office.offer_of(interaction)
    await office.does(MIA, Decline(client_id=new_id(), offer_id=offer.offer_id, reason="lunch"))
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.age_start, now.excluded) == ("queued", interaction.age_start, (MIA,))


async def test_somebody_elses_offer_is_not_mine(office: Office) -> None:
    """Forged: an offer id of a colleague is refused; an unknown one is not found."""
    await office.available(MIA)
    interaction = await office.asks()
    await office.offers(MIA, interaction)
    offer = await office.offer_of(interaction)
    with pytest.raises(Forbidden):
        await office.does(TOM, Accept(client_id=new_id(), offer_id=offer.offer_id))
    with pytest.raises(NotFound):
        await office.does(TOM, Accept(client_id=new_id(), offer_id=OfferId("none")))


# work


async def test_the_next_one_is_the_longest_waiting(office: Office) -> None:
    first = await office.asks("first")
    office.later(seconds=5)
    await office.asks("second")
    taken = await office.does(MIA, Take(client_id=new_id()))
    assert taken.interaction_id == first.interaction_id


async def test_nothing_waits(office: Office) -> None:
    with pytest.raises(NotFound):
        await office.does(MIA, Take(client_id=new_id()))


async def test_two_agents_take_the_same_by_hand(office: Office) -> None:
    """Raced: one has it; the other hears who."""
    interaction = await office.asks()
    takes = [
        office.does(agent, Take(client_id=new_id(), interaction_id=interaction.interaction_id)) for agent in (MIA, TOM)
    ]
    outcomes = await asyncio.gather(*takes, return_exceptions=True)
    assert [isinstance(one, Conflict) for one in outcomes].count(True) == 1


async def test_closing_what_waits_cancels_it(office: Office) -> None:
    interaction = await office.asks()
    await office.does(MIA, Close(client_id=new_id(), interaction_id=interaction.interaction_id))
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.outcome) == ("closed", "canceled")
    await office.does(TOM, Reopen(client_id=new_id(), interaction_id=interaction.interaction_id))
    again = await office.interaction(interaction.interaction_id)
    assert (again.state, again.agent_id) == ("live", TOM)


async def test_snooze_needs_a_time_to_come(office: Office) -> None:
    """Wrong: a time that has passed is refused; the right one frees the slot and wakes by itself."""
    interaction = await office.asks()
    await office.does(MIA, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    past = Snooze(
        client_id=new_id(), interaction_id=interaction.interaction_id, reason="until", until=office.clock.now()
    )
    with pytest.raises(Invalid):
        await office.does(MIA, past)
    until = office.clock.now() + timedelta(hours=3)
    await office.does(
        MIA, Snooze(client_id=new_id(), interaction_id=interaction.interaction_id, reason="until", until=until)
    )
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.wake_at) == ("snoozed", until)
    await office.does(TOM, Wake(client_id=new_id(), interaction_id=interaction.interaction_id))
    assert (await office.interaction(interaction.interaction_id)).agent_id == TOM


async def test_a_transfer_keeps_the_age_and_prefers_whom_it_names(office: Office) -> None:
    interaction = await office.asks()
    office.later(seconds=10)
    await office.does(MIA, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    office.later(minutes=20)
    move = Transfer(
        client_id=new_id(), interaction_id=interaction.interaction_id, queue_id=SALES, to=TOM, reason="prices"
    )
    await office.does(MIA, move)
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.queue_id, now.preferred, now.reason) == ("queued", SALES, TOM, "prices")
    assert now.age_start == given.found(interaction.age_start) + timedelta(minutes=20), "time in hands does not age it"


async def test_writing_first(office: Office) -> None:
    """A known address only: nobody's messages go to an address that somebody typed."""
    interaction = await office.asks(channel=MAIL)
    known = Open(
        client_id=new_id(), customer_id=interaction.customer_id, channel_id=MAIL, address=str(interaction.address)
    )
    result = await office.does(MIA, known)
    assert (await office.interaction(given.found(result.interaction_id))).state == "live"
    with pytest.raises(Invalid):
        stranger = Open(
            client_id=new_id(), customer_id=interaction.customer_id, channel_id=MAIL, address="email:x@example.org"
        )
        await office.does(MIA, stranger)


async def test_what_does_not_exist(office: Office) -> None:
    """Unknown ids are not found, in words."""
    nowhere = InteractionId("none")
    for command in (
        Close(client_id=new_id(), interaction_id=nowhere),
        Take(client_id=new_id(), interaction_id=nowhere),
        SendMessage(client_id=new_id(), interaction_id=nowhere, text="x", last_seen=0),
    ):
        with pytest.raises(NotFound):
            await office.does(MIA, command)


async def test_a_customer_gets_a_name(office: Office) -> None:
    interaction = await office.asks()
    await office.does(MIA, UpdateCustomer(client_id=new_id(), customer_id=interaction.customer_id, name="Ada Lima"))
    assert (await office.desk.customer(interaction.customer_id)).name == "Ada Lima"


# presence


async def test_leaving_with_work_in_hand_waits_for_its_end(office: Office) -> None:
    """The wish is the next status; it begins in the transaction that ends the last item."""
    await office.available(MIA)
    interaction = await office.asks()
    await office.does(MIA, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    await office.does(MIA, SetPresence(client_id=new_id(), status="away", reason="lunch"))
    waiting = await office.desk.agent(MIA)
    assert (waiting.status, waiting.next, waiting.next_reason) == ("available", "away", "lunch")
    await office.does(MIA, Close(client_id=new_id(), interaction_id=interaction.interaction_id))
    now = await office.desk.agent(MIA)
    assert (now.status, now.reason, now.next, now.load) == ("away", "lunch", None, 0)


async def test_the_next_status_can_be_cancelled(office: Office) -> None:
    await office.available(MIA)
    interaction = await office.asks()
    await office.does(MIA, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    await office.does(MIA, SetPresence(client_id=new_id(), status="offline"))
    await office.does(MIA, SetPresence(client_id=new_id(), status="available", cancel_next=True))
    assert (await office.desk.agent(MIA)).next is None


async def test_leaving_takes_an_open_offer_back(office: Office) -> None:
    await office.available(MIA)
    interaction = await office.asks()
    await office.offers(MIA, interaction)
    await office.does(MIA, SetPresence(client_id=new_id(), status="away", reason="break"))
    assert (await office.interaction(interaction.interaction_id)).state == "queued"
    assert (await office.desk.agent(MIA)).status == "away"


async def test_only_supervisors_set_others(office: Office) -> None:
    """Unauthorised: an agent can't; the supervisor can, and the event names her."""
    await office.available(MIA)
    force = SetPresence(client_id=new_id(), status="away", reason="fire drill", agent_id=MIA)
    with pytest.raises(Forbidden):
        await office.does(TOM, force)
    await office.does(EVA, force)
    last = (await office.events(types=("agent.presence_changed",)))[-1]
    assert (last.actor, (await office.desk.agent(MIA)).reason) == ("agent:eva", "fire drill")
