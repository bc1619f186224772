"""Whatever happens, in whatever groups: the rows are the fold of the stream."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub import events as ev
from hub.errors import HubError
from hub.ids import SYSTEM, AgentId, EventId
from hub.interactions import Interaction
from hub.people import Customer
from hub.store import New, Store, Tx, open_store
from hub.store import events as stream
from hub.store.rebuild import differences
from tests import given as made
from tests.stores import running

Act = tuple[str, int, int]
acts = st.tuples(
    st.sampled_from(
        [
            "message", "answer", "offer", "accept", "decline", "close", "reopen", "snooze", "resume", "transfer",
            "presence", "capacity", "merge", "unmerge", "rename", "refuse", "break",
        ]
    ),
    st.integers(0, 3),
    st.integers(0, 3),
)  # fmt: skip


class Centre:
    """Four customers, four conversations, and what acts may need of them."""

    def __init__(self, customers: list[Customer], chats: list[Interaction]) -> None:
        self.customers = customers
        self.chats = chats
        self.links: list[str] = []

    def change(self, act: Act) -> Callable[[Tx], Any]:
        name, a, b = act
        chat, agent = self.chats[a], AgentId("mia" if b % 2 else "ben")
        match name:
            case "message":
                return made.message(chat, f"{b}")
            case "answer":
                return made.answer(chat, f"{b}", by=agent)
            case "offer":
                return made.offer(chat, agent)
            case "presence":
                return made.agent(agent, ("available", "away", "offline", "missed")[a])
            case "capacity":
                return made.agent(agent, capacity=a)
            case "merge":
                return self.merge(self.customers[a], self.customers[b])
            case "unmerge":
                return self.unmerge(a)
            case "rename":
                return lambda tx: tx.append(self.about(self.customers[a], ev.CustomerUpdated(name=f"N{b}")))
            case "refuse":
                return made.together(
                    made.message(chat), made.happens(chat, ev.InteractionWrapped(), ev.InteractionWrapped())
                )
            case "break":
                return self.break_after_writing(chat)
            case _:
                return lambda tx: self.move(tx, name, chat, agent)

    def about(self, customer: Customer, data: ev.Data) -> New:
        return New(data=data, actor=SYSTEM, customer_id=customer.customer_id)

    def merge(self, one: Customer, other: Customer) -> Callable[[Tx], None]:
        def change(tx: Tx) -> None:
            link_id = made.merged(one, other)(tx)
            self.links.append(link_id)

        return change

    def unmerge(self, number: int) -> Callable[[Tx], None]:
        def change(tx: Tx) -> None:
            link = tx.link(self.links[number % len(self.links)]) if self.links else None
            if link is not None:
                data = ev.CustomersUnmerged(link_id=link.link_id, other=link.other)
                tx.append(New(data=data, actor=SYSTEM, customer_id=link.customer_id))

        return change

    def break_after_writing(self, chat: Interaction) -> Callable[[Tx], None]:
        def change(tx: Tx) -> None:
            made.message(chat)(tx)
            stream.add_keys(tx, {stream.Key("chat", "always the same", "x"): EventId("never")})
            raise HubError("broken")

        return change

    def move(self, tx: Tx, name: str, chat: Interaction, agent: AgentId) -> None:
        now = made.found(tx.interaction(chat.interaction_id))
        offer_id, to = now.offer_id, now.offered_to or agent
        data: dict[str, Sequence[ev.Data]] = {
            "close": [ev.InteractionClosed()],
            "reopen": [ev.InteractionReopened(queue_id=made.SUPPORT)],
            "snooze": [ev.InteractionSnoozed()],
            "resume": [ev.InteractionResumed(agent_id=agent)],
            "transfer": [ev.InteractionTransferred(queue_id=made.SUPPORT, to=agent)],
        }
        if offer_id is not None:
            data["decline"] = [ev.OfferDeclined(offer_id=offer_id, agent_id=to)]
            data["accept"] = [
                ev.OfferAccepted(offer_id=offer_id, agent_id=to),
                ev.InteractionAccepted(agent_id=to, offer_id=offer_id),
            ]
        made.happens(chat, *data.get(name, []))(tx)


async def live(store: Store, groups: list[list[Act]]) -> None:
    customers = [await store.write(made.customer(name)) for name in "ABCD"]
    chats = [await store.write(made.interaction(one)) for one in customers]
    centre = Centre(customers, chats)
    for group in groups:
        outcomes = await asyncio.gather(*(store.write(centre.change(act)) for act in group), return_exceptions=True)
        assert all(isinstance(one, HubError) for one in outcomes if isinstance(one, BaseException)), outcomes


async def check(url: str, groups: list[list[Act]]) -> None:
    async with running(open_store(url, made.FixedClock(), made.ids())) as store:
        await live(store, groups)
        events = await store.read(lambda view: stream.events_after(view, 0, 10_000))
        held = await store.read(lambda view: stream.first_of(view, [stream.Key("chat", "always the same", "x")]))
    assert [one.position for one in events] == list(range(1, len(events) + 1))
    assert held == {}


@pytest.mark.loop_may_block(seconds=1, reason="each example ends a loop, which starts a thread and waits for it")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.lists(acts, min_size=1, max_size=12), min_size=1, max_size=4))
def test_the_rows_are_the_fold_of_the_stream(groups: list[list[Act]], migrated_file: Path) -> None:
    """Random acts in random groups, some refused, some broken after they wrote: no gap, no trace, no difference."""
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{shutil.copy(migrated_file, Path(folder) / 'continuo.db')}"
        asyncio.run(check(url, groups))
        assert differences(url) == []


async def test_the_same_on_postgresql(postgres_store_url: str) -> None:
    """One long fixed history on PostgreSQL."""
    names = (
        "merge",
        "message",
        "offer",
        "accept",
        "answer",
        "snooze",
        "break",
        "resume",
        "unmerge",
        "refuse",
        "rename",
    )
    groups = [[(name, (n + k) % 4, k % 4) for k, name in enumerate(names)] for n in range(12)]
    await check(postgres_store_url, groups)
    assert await asyncio.to_thread(differences, postgres_store_url) == []
