"""Two processes on one database: what two people do at once happens once, and the second hears of the first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial

import pytest

from hub.commands import Accept, Close, Decline, Open, SendMessage, SetPresence, Take
from hub.errors import Changed, Gone, HubError, NotFound
from hub.ids import ChannelId, InteractionId
from hub.interactions import Interaction
from hub.store import Tx, open_store
from hub.store.rebuild import differences
from tests import given
from tests.hub.office import CHAT, MAIL, MIA, TOM, Office, new_id
from tests.stores import running

ROUNDS = 6


@pytest.fixture
async def two(migrated_url: str, clock: given.FixedClock) -> AsyncIterator[tuple[Office, Office]]:
    """Two processes; on SQLite they share the file."""
    async with AsyncExitStack() as stack:
        offices = [
            Office(await stack.enter_async_context(running(open_store(migrated_url, clock, given.ids(n)))), clock)
            for n in (1, 2)
        ]
        await offices[0].hire()
        for office in offices:
            office.epoch = offices[0].epoch
        yield offices[0], offices[1]
    assert await asyncio.to_thread(differences, migrated_url) == []


def send(key: InteractionId, text: str, last_seen: int) -> SendMessage:
    return SendMessage(client_id=new_id(), interaction_id=key, text=text, last_seen=last_seen)


async def test_two_agents_answer_the_same_customer(two: tuple[Office, Office]) -> None:
    """One answer goes out; the other agent keeps the text and sees what was said."""
    one, other = two
    for _ in range(ROUNDS):
        interaction = await one.asks()
        head = await one.store.head()
        outcomes = await asyncio.gather(
            one.does(MIA, send(interaction.interaction_id, "From Mia", head)),
            other.does(TOM, send(interaction.interaction_id, "From Tom", head)),
            return_exceptions=True,
        )
        [changed] = [found for found in outcomes if isinstance(found, Changed)]
        since = changed.details["since"]
        assert isinstance(since, list)
        assert [event.type for event in since] == ["message.queued"]
        assert since[0].position > head


async def test_two_agents_answer_one_person_on_two_channels(two: tuple[Office, Office]) -> None:
    """By chat and by mail at once, two records of one person: the second is stopped all the same."""
    one, other = two
    for _ in range(ROUNDS):
        chat, mail = await one.asks(channel=CHAT), await one.asks(channel=MAIL)
        records = [chat.customer_id, mail.customer_id]
        known = await one.read(partial(Tx.customers, keys=records))
        await one.store.write(given.merged(*(known[record] for record in records)))
        head = await one.store.head()
        outcomes = await asyncio.gather(
            one.does(MIA, send(chat.interaction_id, "By chat", head)),
            other.does(TOM, send(mail.interaction_id, "By mail", head)),
            return_exceptions=True,
        )
        assert [type(found) for found in outcomes if isinstance(found, BaseException)] == [Changed]


async def test_the_same_command_reaches_both(two: tuple[Office, Office]) -> None:
    """Repeated by a browser that changed the process: both answer the same, whatever the second one meets."""
    one, other = two
    await one.available(MIA)
    for number in range(ROUNDS):
        interaction = await one.asks()
        head = await one.store.head()
        await one.offers(MIA, interaction, weight=1)
        offer = await one.offer_of(interaction)
        decline = Decline(client_id=new_id(), offer_id=offer.offer_id)
        answer = send(interaction.interaction_id, f"{number}", head)
        for command in (decline, answer):
            results = await asyncio.gather(one.does(MIA, command), other.does(MIA, command))
            assert results[0] == results[1]
        await settle(one, interaction)
    types = await one.types()
    assert (types.count("offer.declined"), types.count("message.queued")) == (ROUNDS, ROUNDS)


async def test_an_offer_is_accepted_while_a_colleague_takes_it(two: tuple[Office, Office]) -> None:
    """Whoever loses hears who has it."""
    one, other = two
    await one.available(MIA)
    for _ in range(ROUNDS):
        interaction = await one.asks()
        assert await one.offers(MIA, interaction, weight=0)
        offer = await one.offer_of(interaction)
        outcomes = await asyncio.gather(
            one.does(MIA, Accept(client_id=new_id(), offer_id=offer.offer_id)),
            other.does(TOM, Take(client_id=new_id(), interaction_id=interaction.interaction_id)),
            return_exceptions=True,
        )
        [lost] = [found for found in outcomes if isinstance(found, HubError)]
        now = await one.interaction(interaction.interaction_id)
        winner = "Tom" if isinstance(lost, Gone) else "Mia"
        assert (now.state, lost.details["by"]) == ("live", winner)
        assert now.agent_id == {"Tom": TOM, "Mia": MIA}[winner]
        await settle(one, interaction)


async def test_both_take_the_next_one(two: tuple[Office, Office]) -> None:
    """Three wait, four hands reach: each is taken once, one hand stays empty."""
    one, _ = two
    for _ in range(3):
        for _ in range(3):
            await one.asks()
        outcomes = await asyncio.gather(
            *(office.does(agent, Take(client_id=new_id())) for office in two for agent in (MIA, TOM)),
            return_exceptions=True,
        )
        keys = [found.interaction_id for found in outcomes if not isinstance(found, BaseException)]
        assert len(keys) == len(set(keys)) == 3
        assert [type(found) for found in outcomes if isinstance(found, BaseException)] == [NotFound]


async def test_an_agent_leaves_while_accepting(two: tuple[Office, Office]) -> None:
    """Accept in one process, away in the other: either the offer is taken back, or leaving waits for its end."""
    one, other = two
    for _ in range(ROUNDS):
        await one.available(MIA)
        interaction = await one.asks()
        assert await one.offers(MIA, interaction, weight=0)
        offer = await one.offer_of(interaction)
        outcomes = await asyncio.gather(
            one.does(MIA, Accept(client_id=new_id(), offer_id=offer.offer_id)),
            other.does(MIA, SetPresence(client_id=new_id(), status="away", reason="lunch")),
            return_exceptions=True,
        )
        assert not isinstance(outcomes[1], BaseException)
        now, mia = await one.interaction(interaction.interaction_id), await one.desk.agent(MIA)
        if isinstance(outcomes[0], BaseException):
            assert (now.state, mia.status) == ("queued", "away")
        else:
            assert (now.state, mia.status, mia.next) == ("live", "available", "away")
        await settle(one, interaction)


async def settle(office: Office, interaction: Interaction) -> None:
    """Nothing stays in hand for the next round."""
    await office.does(MIA, Close(client_id=new_id(), interaction_id=interaction.interaction_id))


async def test_a_message_comes_in_while_an_agent_writes_first(two: tuple[Office, Office]) -> None:
    """One conversation per address and account, whoever begins it."""
    one, other = two
    for number in range(ROUNDS):
        sender = given.email()
        first = await one.writes(sender, "Hello")
        customer_id, channel = given.found(first.customer_id), ChannelId(CHAT if number % 2 else MAIL)
        command = Open(client_id=new_id(), customer_id=customer_id, channel_id=channel, address=str(sender))
        await asyncio.gather(one.writes(sender, "Again", channel=channel), other.does(MIA, command))
        snapshot = await one.desk.snapshot(MIA)
        mine = [row for row in snapshot.rows if row.interaction.customer_id == customer_id]
        assert len({row.interaction.channel_id for row in mine}) == len(mine)
