"""Patches bring what a screen shows up to date: names, persons, loads and an open timeline, not only what moved."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from hub import events as ev
from hub.addresses import Address
from hub.commands import (
    AddNote,
    Close,
    Command,
    SendMessage,
    SetPresence,
    Snooze,
    Take,
    Transfer,
    UpdateCustomer,
    Wake,
)
from hub.errors import HubError
from hub.ids import CustomerId
from hub.interactions import Interaction
from hub.people import Customer, Patch, Snapshot, TimelinePage
from hub.store import events as stream
from hub.store import open_store
from tests import given
from tests.hub.office import CHAT, EVA, MAIL, MIA, SALES, SUPPORT, TOM, Office, new_id
from tests.stores import running

AGENTS = (MIA, TOM, EVA)
DOINGS = (
    "message", "message", "send", "take", "close", "snooze", "wake", "transfer", "give", "note", "offer", "presence",
    "rename", "merge", "unmerge", "delivered", "stranger",
)  # fmt: skip
doings = st.lists(st.tuples(st.sampled_from(DOINGS), st.integers(0, 3), st.integers(0, 2)), max_size=40)
Doings = list[tuple[str, int, int]]


class Day:
    """Four customers, two of them by mail, and three agents."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.senders = [given.email() for _ in range(4)]
        self.customers: list[CustomerId] = []
        self.links: list[tuple[Customer, Customer, str]] = []

    async def begin(self) -> None:
        for number in range(4):
            taken = await self.say(number, "Hello")
            self.customers.append(given.found(taken))
        await self.office.available(*AGENTS)

    async def say(self, number: int, words: str) -> CustomerId | None:
        channel = MAIL if number > 1 else CHAT
        return (await self.office.writes(self.senders[number], words, channel=channel)).customer_id

    async def do(self, name: str, a: int, b: int) -> None:
        self.office.later(seconds=1)
        try:
            match name:
                case "message":
                    await self.say(a, f"And {b}?")
                case "stranger":
                    await self.office.writes(Address("visitor", f"v{a}{b}"), "Hi", name="Somebody")
                case "offer":
                    await self.office.offers(AGENTS[b], await self.latest(a), weight=0)
                case "merge":
                    await self.merge(a, (a + 1 + b) % 4)
                case "unmerge":
                    await self.unmerge(a)
                case "delivered":
                    await self.deliver(a)
                case _:
                    await self.office.does(AGENTS[b], await self.command(name, a, b))
        except HubError:
            pass  # refused: nothing may have changed

    async def latest(self, number: int) -> Interaction:
        page = await self.office.desk.timeline(self.customers[number])
        return page.interactions[0]

    async def command(self, name: str, a: int, b: int) -> Command:
        one = await self.latest(a)
        key: dict[str, Any] = {"client_id": new_id(), "interaction_id": one.interaction_id}
        commands: dict[str, Command] = {
            "send": SendMessage(**key, text=f"Answer {b}", last_seen=10_000, then="close" if b == 2 else "keep"),
            "take": Take(**key),
            "close": Close(**key),
            "snooze": Snooze(**key),
            "wake": Wake(**key),
            "transfer": Transfer(**key, queue_id=(SUPPORT, SALES)[a % 2]),
            "give": Transfer(**key, queue_id=SALES, to=AGENTS[a % 3]),
            "note": AddNote(**key, customer_id=one.customer_id, text="Note"),
            "presence": SetPresence(client_id=new_id(), status=("available", "away", "offline", "available")[a]),
            "rename": UpdateCustomer(client_id=new_id(), customer_id=one.customer_id, name=f"Name {b}"),
        }
        return commands[name]

    async def merge(self, a: int, b: int) -> None:
        keys = [self.customers[a], self.customers[b]]
        known = await self.office.read(lambda tx: tx.customers(keys))
        link = await self.office.store.write(given.merged(known[keys[0]], known[keys[1]]))
        self.links.append((known[keys[0]], known[keys[1]], link))

    async def unmerge(self, number: int) -> None:
        if self.links:
            one, other, link = self.links.pop(number % len(self.links))
            await self.office.store.write(given.unmerged(one, other, link))

    async def deliver(self, number: int) -> None:
        page = await self.office.desk.timeline(self.customers[number])
        for event in page.events:
            if event.type == "message.queued":
                news = ev.DeliveryUpdated(status="delivered", message=event.event_id)
                await self.office.store.write(given.happens(page.interactions[0], news))


def desk(snapshot: Snapshot, patches: list[Patch]) -> dict[str, Any]:
    """What a desk shows: rows by id, the newer version wins; what ended leaves."""
    rows = {one.interaction.interaction_id: one for one in snapshot.rows}
    offers = {one.offer_id: one for one in snapshot.offers}
    agents = {one.agent_id: one for one in snapshot.agents}
    for patch in patches:
        for row in patch.rows:
            known = rows.get(row.interaction.interaction_id)
            if known is None or row.interaction.version >= known.interaction.version:
                rows[row.interaction.interaction_id] = row
        offers |= {one.offer_id: one for one in patch.offers}
        agents |= {one.agent_id: one for one in patch.agents}
    mine = {key: row for key, row in rows.items() if row.interaction.is_open or row.interaction.agent_id == MIA}
    return {"rows": mine, "offers": {key: one for key, one in offers.items() if one.state == "made"}, "agents": agents}


def talk(page: TimelinePage, patches: list[Patch], records: set[CustomerId]) -> dict[str, Any]:
    """What an open timeline shows of these records."""
    events = {one.event_id: one for one in page.events}
    deliveries = {one.event_id: one for one in page.deliveries}
    interactions = {one.interaction_id: one for one in page.interactions}
    for patch in patches:
        events |= {one.event_id: one for one in patch.events if one.customer_id in records}
        deliveries |= {one.event_id: one for one in patch.deliveries if one.event_id in events}
        work = [row.interaction for row in patch.rows if row.interaction.customer_id in records]
        interactions |= {one.interaction_id: one for one in work}
    shown = sorted(events.values(), key=lambda one: (one.shown_at, one.position))
    return {"events": shown, "deliveries": deliveries, "interactions": interactions}


async def patches_since(office: Office, position: int, size: int) -> list[Patch]:
    found: list[Patch] = []
    while (patch := await office.desk.patch(position, size)).position > position:
        position = patch.position
        found.append(patch)
    return found


async def lived(office: Office, before: Doings, after: Doings, size: int) -> None:
    day = Day(office)
    await day.begin()
    for one in before:
        await day.do(*one)
    old = await office.desk.snapshot(MIA)
    pages = [await office.desk.timeline(key, limit=1000) for key in day.customers]
    for one in after:
        await day.do(*one)
    patches = await patches_since(office, old.position, size)
    fresh = await office.desk.snapshot(MIA)
    assert desk(old, patches) == desk(fresh, [])
    known = {one.customer_id: one for patch in patches for one in patch.customers}
    stored = await office.read(lambda tx: tx.customers(known))
    assert known == stored
    for key, page in zip(day.customers, pages, strict=True):
        now = await office.desk.timeline(key, limit=1000)
        if now.customer.person_id == page.customer.person_id == key and not day.links:
            records = {key}
            if {one.customer_id for one in (*page.events, *now.events)} == records:
                assert talk(page, patches, records) == talk(now, [], records)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Office]:
    clock = given.FixedClock()
    async with running(open_store(url, clock, given.ids())) as store:
        office = Office(store, clock)
        await office.hire()
        yield office


async def on(url: str, before: Doings, after: Doings, size: int) -> None:
    async with opened(url) as office:
        await lived(office, before, after, size)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@drawn(before=doings, after=doings, size=st.sampled_from([1, 4, 500]))
def test_an_old_desk_and_its_patches_equal_a_fresh_one(
    before: Doings, after: Doings, size: int, migrated_file: Path
) -> None:
    """Any doings, renames and merges too, in patches of any size: every row, name, load and page, by value."""
    with TemporaryDirectory() as folder:
        asyncio.run(on(f"sqlite:///{shutil.copy(migrated_file, Path(folder) / 'continuo.db')}", before, after, size))


async def test_the_same_on_postgresql(postgres_store_url: str) -> None:
    """One long day with everything in it, in one patch and in small ones."""
    async with opened(postgres_store_url) as office:
        every = [(name, a, b) for a in range(3) for b in range(3) for name in DOINGS]
        await lived(office, every[:20], every[20:], 500)
        await lived(office, [], every[::-3], 3)


async def test_the_load_of_who_gave_it_away_follows(office: Office) -> None:
    """Transferred and taken by a colleague before the screen looked: both meters are right."""
    await office.available(MIA, TOM)
    interaction = await office.asks()
    key = interaction.interaction_id
    await office.does(MIA, Take(client_id=new_id(), interaction_id=key))
    old = await office.desk.snapshot(MIA)
    await office.does(EVA, Transfer(client_id=new_id(), interaction_id=key, queue_id=SUPPORT))
    await office.does(TOM, Take(client_id=new_id(), interaction_id=key))
    patch = await office.desk.patch(old.position)
    assert {one.agent_id: one.load for one in patch.agents} == {MIA: 0, TOM: 3}


async def test_a_new_name_reaches_the_rows_that_show_it(office: Office) -> None:
    interaction = await office.asks()
    after = await office.store.head()
    rename = UpdateCustomer(client_id=new_id(), customer_id=interaction.customer_id, name="Ada")
    await office.does(MIA, rename)
    patch = await office.desk.patch(after)
    assert [(row.customer_name, row.interaction) for row in patch.rows] == [("Ada", interaction)]


async def test_a_merge_and_its_end_reach_every_record(office: Office) -> None:
    """A chain of three: the rows of all become one person, and each its own again."""
    work = [await office.asks() for _ in range(3)]
    keys = [one.customer_id for one in work]
    known = await office.read(lambda tx: tx.customers(keys))
    chain = [given.merged(known[keys[2]], known[keys[1]]), given.merged(known[keys[1]], known[keys[0]])]
    await office.store.write(chain[0])
    after = await office.store.head()
    link = await office.store.write(chain[1])
    patch = await office.desk.patch(after)
    assert {row.person_id for row in patch.rows} == {keys[0]}
    assert {one.customer_id for one in patch.customers} == set(keys)
    after = await office.store.head()
    await office.store.write(given.unmerged(known[keys[1]], known[keys[0]], link))
    patch = await office.desk.patch(after)
    assert {row.interaction.customer_id: row.person_id for row in patch.rows} == {
        keys[0]: keys[0],
        keys[1]: keys[1],
        keys[2]: keys[1],
    }


@pytest.mark.rows_may_differ(reason="an event that this version does not know")
async def test_an_event_of_a_newer_version_passes(office: Office) -> None:
    """While processes are replaced: an older one hands on what it does not know; no screen stops."""
    interaction = await office.asks()
    after = await office.store.head()
    await office.store.write(given.note(interaction))

    def rename() -> None:
        engine = create_engine(office.store.url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE events SET type = 'call.started' WHERE type = 'note.added'"))
        engine.dispose()

    await asyncio.to_thread(rename)
    patch = await office.desk.patch(after)
    assert [one.type for one in patch.events] == ["call.started"]
    page = await office.desk.timeline(interaction.customer_id)
    assert page.events[-1].type == "call.started"


async def test_what_concerns_nobody_is_on_no_page(office: Office) -> None:
    """The router's own marks are for the router: neither patch nor page shows them."""
    interaction = await office.asks()
    after = await office.store.head()
    await office.store.write(given.happens(interaction, ev.TimerDue(timer_id="t", kind="wake")))
    patch = await office.desk.patch(after)
    assert (patch.events, patch.position) == ((), after + 1)
    page = await office.desk.timeline(interaction.customer_id)
    assert "timer.due" not in {one.type for one in page.events}
    assert "timer.due" in {one.type for one in await office.store.read(lambda view: stream.events_after(view, 0, 100))}
    assert msgspec.json.decode(msgspec.json.encode(page), type=TimelinePage).events == page.events
