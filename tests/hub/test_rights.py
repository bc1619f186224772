"""Who may act on what: one's own and one's teams' work; supervisors on everything; and what acting on it leads to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hub import events as ev
from hub.commands import (
    AddNote,
    Close,
    Command,
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
from hub.errors import Conflict, Forbidden, Invalid, NotFound
from hub.events import Attachment
from hub.ids import AgentId, InteractionId, MediaId, QueueId
from hub.interactions import Interaction
from hub.store import Tx, users
from hub.store.media import Stored, put_media
from hub.store.timers import due_timers
from hub.store.users import User
from tests import given
from tests.hub.office import EVA, MAIL, MIA, SALES, SUPPORT, TOM, Office, new_id

PNG = MediaId("a" * 64)


async def assign(office: Office, agent: AgentId, *queues: QueueId) -> None:
    """From now on the agent serves these queues only."""

    def change(tx: Tx) -> None:
        known = given.found(users.user(tx, agent))
        users.put_user(tx, User(agent_id=agent, email=known.email, name=known.name, roles=known.roles, queues=queues))

    await office.store.write(change)


def send(to: Interaction, text: str = "Hi", **more: Any) -> SendMessage:
    key: dict[str, Any] = {
        "client_id": new_id(),
        "interaction_id": to.interaction_id,
        "text": text,
        "last_seen": 10_000,
    }
    return SendMessage(**(key | more))


async def taken(office: Office, agent: AgentId = MIA) -> Interaction:
    """A conversation in the agent's hands."""
    interaction = await office.asks()
    await office.does(agent, Take(client_id=new_id(), interaction_id=interaction.interaction_id))
    return await office.interaction(interaction.interaction_id)


COMMANDS: dict[str, Callable[[InteractionId], Command]] = {
    "send": lambda key: SendMessage(client_id=new_id(), interaction_id=key, text="Hi", last_seen=10_000),
    "take": lambda key: Take(client_id=new_id(), interaction_id=key),
    "close": lambda key: Close(client_id=new_id(), interaction_id=key),
    "snooze": lambda key: Snooze(client_id=new_id(), interaction_id=key),
    "wake": lambda key: Wake(client_id=new_id(), interaction_id=key),
    "reopen": lambda key: Reopen(client_id=new_id(), interaction_id=key),
    "transfer": lambda key: Transfer(client_id=new_id(), interaction_id=key, queue_id=SALES),
}


@pytest.mark.parametrize("name", COMMANDS)
async def test_another_teams_work_is_not_mine(office: Office, name: str) -> None:
    """Unauthorised: Tom serves sales only; nothing of support changes, and he hears whose it is."""
    await assign(office, TOM, SALES)
    interaction = await office.asks()
    before = await office.types()
    command = COMMANDS[name](interaction.interaction_id)
    with pytest.raises(Forbidden, match="Support"):
        await office.does(TOM, command)
    assert await office.types() == before


async def test_a_supervisor_acts_on_everything(office: Office) -> None:
    await assign(office, EVA, SALES)
    interaction = await taken(office, MIA)
    await office.does(EVA, Close(client_id=new_id(), interaction_id=interaction.interaction_id))
    assert (await office.interaction(interaction.interaction_id)).state == "closed"


async def test_what_was_given_to_me_is_mine(office: Office) -> None:
    """Transferred to Tom by name through a queue that he does not serve: he may take it."""
    await assign(office, TOM, SALES)
    interaction = await taken(office, MIA)
    key = interaction.interaction_id
    await office.does(MIA, Transfer(client_id=new_id(), interaction_id=key, queue_id=SUPPORT, to=TOM))
    await office.does(TOM, Take(client_id=new_id(), interaction_id=key))
    now = await office.interaction(key)
    assert (now.state, now.agent_id) == ("live", TOM)
    events = [one.read() for one in await office.events(types=("interaction.accepted",))]
    assert [one.before for one in events if isinstance(one, ev.InteractionAccepted)] == [None, MIA]


async def test_notes_cross_teams(office: Office) -> None:
    """Whoever is asked for help may answer the team."""
    await assign(office, TOM, SALES)
    one = await office.asks()
    note = AddNote(
        client_id=new_id(), customer_id=one.customer_id, interaction_id=one.interaction_id, text="Ask billing"
    )
    await office.does(TOM, note)
    assert (await office.types())[-1] == "note.added"


async def test_the_next_one_is_of_my_queues_and_was_not_declined(office: Office) -> None:
    """Two wait longer: one of another team, one that Tom declined."""
    await assign(office, TOM, SALES)
    await office.asks()
    declined = await office.asks(channel=MAIL)
    office.later(seconds=1)
    third = await office.asks(channel=MAIL)
    await office.available(TOM)
    await office.offers(TOM, declined)
    offer = await office.offer_of(declined)
    await office.does(TOM, Decline(client_id=new_id(), offer_id=offer.offer_id))
    result = await office.does(TOM, Take(client_id=new_id()))
    assert result.interaction_id == third.interaction_id
    with pytest.raises(NotFound):
        await office.does(TOM, Take(client_id=new_id()))


# helping


async def test_helping_leaves_it_in_its_owners_hands(office: Office) -> None:
    interaction = await taken(office, MIA)
    await office.does(TOM, send(interaction))
    now = await office.interaction(interaction.interaction_id)
    assert (now.state, now.agent_id, now.preview_by) == ("live", MIA, "agent")


async def test_nobody_wakes_what_a_colleague_has_in_hand(office: Office) -> None:
    """Late: the screen still showed it asleep; the owner has woken it meanwhile."""
    interaction = await taken(office, MIA)
    with pytest.raises(Conflict):
        await office.does(TOM, Wake(client_id=new_id(), interaction_id=interaction.interaction_id))
    assert (await office.interaction(interaction.interaction_id)).agent_id == MIA


async def test_answering_what_sleeps_wakes_it_and_ends_its_timer(office: Office) -> None:
    interaction = await taken(office, MIA)
    until = office.clock.now().replace(hour=18)
    key = interaction.interaction_id
    await office.does(MIA, Snooze(client_id=new_id(), interaction_id=key, reason="until", until=until))
    await office.does(TOM, send(interaction))
    now = await office.interaction(key)
    assert (now.state, now.agent_id, now.wake_at) == ("live", TOM, None)
    assert await office.store.read(lambda view: due_timers(view, until, 10)) == []


async def test_a_transfer_of_what_sleeps_forgets_its_waking(office: Office) -> None:
    interaction = await taken(office, MIA)
    until = office.clock.now().replace(hour=18)
    key = interaction.interaction_id
    await office.does(MIA, Snooze(client_id=new_id(), interaction_id=key, reason="until", until=until))
    await office.does(MIA, Transfer(client_id=new_id(), interaction_id=key, queue_id=SALES))
    now = await office.interaction(key)
    assert (now.state, now.queue_id, now.wake_at) == ("queued", SALES, None)
    assert await office.store.read(lambda view: due_timers(view, until, 10)) == []


async def test_answering_ones_own_offer_accepts_it(office: Office) -> None:
    """No need to accept first: the offer counts as accepted, not as taken from somebody."""
    await office.available(MIA)
    interaction = await office.asks()
    await office.offers(MIA, interaction)
    offer = await office.offer_of(interaction)
    await office.does(MIA, send(interaction))
    assert (await office.read(lambda tx: given.found(tx.offer(offer.offer_id)))).state == "accepted"
    assert await office.store.read(lambda view: due_timers(view, offer.deadline, 10)) == []


async def test_leaving_while_a_colleague_ends_my_work(office: Office) -> None:
    """Mia leaves as soon as her last item ends; a supervisor gives it to another queue: she is away at once."""
    await office.available(MIA)
    interaction = await taken(office, MIA)
    await office.does(MIA, SetPresence(client_id=new_id(), status="away", reason="lunch"))
    await office.does(EVA, Transfer(client_id=new_id(), interaction_id=interaction.interaction_id, queue_id=SALES))
    now = await office.desk.agent(MIA)
    assert (now.status, now.reason, now.next) == ("away", "lunch", None)


# what can be said


async def test_a_file_is_what_the_store_knows_of_it(office: Office) -> None:
    """Forged: the sender calls a large program a small picture; the channel's limits see the truth."""
    interaction = await office.asks()
    big, small = MediaId("b" * 64), MediaId("c" * 64)
    files = [
        Stored(PNG, "application/x-msdownload", 10),
        Stored(big, "image/png", 5000),
        Stored(small, "image/png", 10),
    ]
    await office.store.write(lambda tx: put_media(tx, files))
    for media_id, field in ((PNG, "does not take"), (big, "larger"), (MediaId("d" * 64), "not uploaded")):
        lie = Attachment(media_id=media_id, name="a.png", type="image/png", size=1)
        with pytest.raises(Invalid, match=field):
            await office.does(MIA, send(interaction, attachments=(lie,)))
    modest = Attachment(media_id=small, name="a.png", type="text/html", size=1)
    result = await office.does(MIA, send(interaction, text="", attachments=(modest,)))
    (event,) = [one for one in await office.events() if one.event_id == result.event_ids[-1]]
    data = event.read()
    assert isinstance(data, ev.MessageQueued)
    assert [(one.type, one.size) for one in data.attachments] == [("image/png", 10)]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        pytest.param({"cc": ("nobody",)}, "cc", id="a copy to no address"),
        pytest.param({"cc": ("a@b.de\nBcc: c@d.de",)}, "cc", id="a header smuggled into a copy"),
    ],
)
async def test_a_copy_goes_to_addresses(office: Office, more: dict[str, Any], field: str) -> None:
    interaction = await office.asks(channel=MAIL)
    with pytest.raises(Invalid) as caught:
        await office.does(MIA, send(interaction, "Hi", **more))
    assert caught.value.details["field"] == field


async def test_a_chat_has_no_subject(office: Office) -> None:
    interaction = await office.asks()
    with pytest.raises(Invalid, match="no subject"):
        await office.does(MIA, send(interaction, subject="Hello"))


async def test_two_people_send_a_failed_message_again(office: Office) -> None:
    """Raced: the customer gets it once."""
    interaction = await office.asks()
    sent = await office.does(MIA, send(interaction))
    failed = ev.DeliveryUpdated(status="failed", message=sent.event_ids[-1])
    await office.store.write(given.happens(interaction, failed))
    await office.does(MIA, Resend(client_id=new_id(), event_id=sent.event_ids[-1], how="resend"))
    with pytest.raises(Conflict, match="again already"):
        await office.does(TOM, Resend(client_id=new_id(), event_id=sent.event_ids[-1], how="resend"))
    assert (await office.types()).count("message.queued") == 2


# writing first, names


async def test_writing_first_where_a_conversation_is_open(office: Office) -> None:
    """No second conversation beside the open one: the agent gets that."""
    interaction = await office.asks()
    key = {"customer_id": interaction.customer_id, "channel_id": interaction.channel_id}
    command = Open(client_id=new_id(), address=str(interaction.address), **key)  # type: ignore[arg-type]  # ids
    result = await office.does(MIA, command)
    now = await office.interaction(InteractionId(str(result.interaction_id)))
    assert (now.interaction_id, now.state, now.agent_id) == (interaction.interaction_id, "live", MIA)


async def test_writing_first_to_an_address_of_a_linked_record(office: Office) -> None:
    """Two records, one person: the conversation belongs to the record that has the address."""
    one, other = await office.asks(), await office.asks(channel=MAIL)
    await office.does(MIA, Close(client_id=new_id(), interaction_id=other.interaction_id))
    known = await office.read(lambda tx: tx.customers({one.customer_id, other.customer_id}))
    await office.store.write(given.merged(known[one.customer_id], known[other.customer_id]))
    command = Open(client_id=new_id(), customer_id=one.customer_id, channel_id=MAIL, address=str(other.address))
    result = await office.does(MIA, command)
    now = await office.interaction(InteractionId(str(result.interaction_id)))
    assert (now.customer_id, now.address, now.state) == (other.customer_id, other.address, "live")


async def test_a_name_is_one_printable_line(office: Office) -> None:
    """Wrongly written: spaces are folded, control characters are refused, on both stores alike."""
    interaction = await office.asks()
    key = interaction.customer_id
    await office.does(MIA, UpdateCustomer(client_id=new_id(), customer_id=key, name="  Ada \n King "))
    assert (await office.desk.customer(key)).name == "Ada King"
    with pytest.raises(Invalid):
        await office.does(MIA, UpdateCustomer(client_id=new_id(), customer_id=key, name="Ada\0"))
    before = await office.types()
    await office.does(MIA, UpdateCustomer(client_id=new_id(), customer_id=key))
    assert await office.types() == before
