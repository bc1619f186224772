"""Rows and events say the same; where they don't, it is said and mended."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import create_engine

from hub import events as ev
from hub.ids import AgentId, agent_actor
from hub.store import Store
from hub.store import rebuild as doctor
from tests import given


def execute(url: str, *statements: str) -> None:
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    finally:
        engine.dispose()


async def differences(store: Store) -> list[str]:
    return await asyncio.to_thread(doctor.differences, store.url)


async def rebuild(store: Store) -> int:
    return await asyncio.to_thread(doctor.rebuild, store.url)


@pytest.fixture
async def lived(store: Store, clock: given.FixedClock) -> Store:
    """A store in which one of everything has happened."""
    ada = await store.write(given.customer("Ada", given.email("ada@example.org"), given.email("a.l@example.org")))
    twin = await store.write(given.customer("A. Lovelace", verified="code"))
    third = await store.write(given.customer("Countess"))
    await store.write(given.agent("mia", capacity=6))
    await store.write(given.agent("ben", "away"))
    chat = await store.write(given.interaction(ada, subject="Parcel"))
    await store.write(given.message(chat, "Where is it?"))
    for cause in ("ignored", "socket_down"):
        offer = await store.write(given.offer(chat))
        clock.forward(seconds=31)
        missed = ev.OfferTimedOut(offer_id=offer.offer_id, agent_id=offer.agent_id, cause=cause)
        await store.write(given.happens(chat, missed))
    offer = await store.write(given.offer(chat, "ben"))
    taken = ev.OfferAccepted(offer_id=offer.offer_id, agent_id=offer.agent_id)
    held = ev.InteractionAccepted(agent_id=offer.agent_id, offer_id=offer.offer_id)
    await store.write(given.happens(chat, taken, held, by=agent_actor(AgentId("ben"))))
    answer = await store.write(given.answer(chat, "On its way"))
    await store.write(given.delivered(answer, "sent", external="x1"))
    await store.write(given.delivered(answer, "delivered"))
    await store.write(given.delivered(answer, "failed"))
    link = await store.write(given.merged(ada, twin))
    await store.write(given.merged(twin, third))
    await store.write(given.unmerged(ada, twin, link))
    clock.forward(hours=1)
    await store.write(given.happens(chat, ev.InteractionClosed(), ev.InteractionReopened(queue_id=given.SUPPORT)))
    return store


async def test_what_happened_and_what_stands_are_the_same(lived: Store) -> None:
    """One of everything: the fold of the whole stream equals every row, cell by cell."""
    assert await differences(lived) == []


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        pytest.param(
            "UPDATE interactions SET state = 'closed'",
            "state is 'closed', the events say 'queued'",
            id="a changed cell",
        ),
        pytest.param(
            "UPDATE customers SET name = 'Eve' WHERE name = 'Ada'",
            "name is 'Eve', the events say 'Ada'",
            id="a changed name",
        ),
        pytest.param(
            """UPDATE agents SET body = replace(body, '"capacity":6', '"capacity":9') WHERE agent_id = 'mia'""",
            "agents mia: capacity is 9, the events say 6",
            id="a changed field inside a body",
        ),
        pytest.param("DELETE FROM deliveries", "is missing: the events make it", id="a lost row"),
        pytest.param("DELETE FROM links", "is missing: the events make it", id="lost links"),
        pytest.param(
            "INSERT INTO addresses (kind, value, customer_id) VALUES ('email', 'eve@example.org', 'x')",
            "addresses email:eve@example.org stands there, but no event makes it",
            id="a row that came from nowhere",
        ),
        pytest.param(
            "UPDATE addresses SET customer_id = 'x' WHERE value = 'ada@example.org'",
            "addresses email:ada@example.org: customer_id is 'x'",
            id="an address in other hands",
        ),
    ],
)
async def test_a_difference_is_said_and_mended(lived: Store, statement: str, sentence: str) -> None:
    """A row is changed behind the hub's back: the difference is named, and rebuild takes it away."""
    await asyncio.to_thread(execute, lived.url, statement)
    found = await differences(lived)
    assert any(sentence in one for one in found), found
    assert await rebuild(lived) == len(found)
    assert await differences(lived) == []


async def test_everything_is_made_again(lived: Store) -> None:
    """All rows beside the stream are lost: rebuild makes them again, and work goes on."""
    tables = ("interactions", "offers", "agents", "deliveries", "customers", "addresses", "links")
    await asyncio.to_thread(execute, lived.url, *(f"DELETE FROM {table}" for table in tables))
    await rebuild(lived)
    assert await differences(lived) == []
    await lived.write(given.agent("ben", "available"))
    assert await differences(lived) == []


@pytest.mark.rows_may_differ(reason="an event that this version does not know")
async def test_an_event_of_a_newer_version_is_named(lived: Store) -> None:
    """The stream holds a type this version does not know: it is named, everything else is compared."""
    await lived.write(given.note(await lived.write(given.interaction(await lived.write(given.customer())))))
    await asyncio.to_thread(execute, lived.url, "UPDATE events SET type = 'call.started' WHERE type = 'note.added'")
    [sentence] = await differences(lived)
    assert "does not know: call.started" in sentence


@pytest.mark.rows_may_differ(reason="an event that does not fit was written")
async def test_an_event_that_does_not_fit_is_named(lived: Store) -> None:
    """An event in the stream breaks the table of transitions: it is named with its position."""
    await asyncio.to_thread(
        execute, lived.url, "UPDATE events SET type = 'interaction.wrapped' WHERE type = 'interaction.reopened'"
    )
    found = await differences(lived)
    assert any("(interaction.wrapped) can't be folded" in one for one in found), found


@pytest.mark.rows_may_differ(reason="rows were added behind the hub's back")
async def test_many_differences_are_cut(lived: Store) -> None:
    """A thousand lost rows would drown the reader: only as many as asked for are named."""
    await asyncio.to_thread(execute, lived.url, "DELETE FROM customers", "DELETE FROM addresses")
    assert len(await asyncio.to_thread(doctor.differences, lived.url, 3)) == 3
