"""The property behind every screen: an old snapshot plus the patches since equals a fresh one, whatever happened."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from hub.commands import (
    Accept,
    AddNote,
    Close,
    Command,
    Decline,
    Reopen,
    SendMessage,
    SetPresence,
    Snooze,
    Take,
    Transfer,
    Wake,
)
from hub.errors import HubError
from hub.events import Presence
from hub.ids import AgentId
from hub.interactions import Interaction
from hub.people import Patch, Snapshot
from hub.store.rebuild import differences
from tests import given
from tests.hub.office import CHAT, EVA, MAIL, MIA, SALES, SUPPORT, TOM, Office, new_id

AGENTS = (MIA, TOM, EVA)


class Chance:
    """Random but repeatable doings of customers, agents and the router."""

    def __init__(self, office: Office, seed: int) -> None:
        self.office = office
        self.random = random.Random(seed)
        self.senders = [given.email() for _ in range(5)]
        self.refused = 0

    async def step(self) -> None:
        doing = self.random.choice([self.message, self.message, self.command, self.command, self.offer, self.presence])
        try:
            await doing()
        except HubError:
            self.refused += 1
        self.office.later(seconds=self.random.randrange(40))

    async def message(self) -> None:
        await self.office.writes(
            self.random.choice(self.senders), f"m{self.random.random()}", channel=self.random.choice((CHAT, MAIL))
        )

    async def some(self) -> Interaction:
        snapshot = await self.office.desk.snapshot(MIA)
        rows = [row.interaction for row in snapshot.rows]
        if not rows:
            raise HubError("nothing is there")
        return self.random.choice(rows)

    async def command(self) -> None:
        one = await self.some()
        key: dict[str, Any] = {"client_id": new_id(), "interaction_id": one.interaction_id}
        made: Callable[[], Command] = self.random.choice(
            [
                lambda: SendMessage(**key, text="answer", last_seen=self.random.choice((0, 10_000))),
                lambda: SendMessage(**key, text="bye", last_seen=10_000, then="close"),
                lambda: Take(**key),
                lambda: Close(**key),
                lambda: Reopen(**key),
                lambda: Snooze(**key),
                lambda: Wake(**key),
                lambda: Transfer(**key, queue_id=self.random.choice((SUPPORT, SALES))),
                lambda: AddNote(**key, customer_id=one.customer_id, text="note"),
                lambda: Accept(client_id=new_id(), offer_id=given.found(one.offer_id)),
                lambda: Decline(client_id=new_id(), offer_id=given.found(one.offer_id)),
            ]
        )
        try:
            command = made()
        except AssertionError:
            return
        await self.office.does(one.offered_to or self.random.choice(AGENTS), command)

    async def offer(self) -> None:
        await self.office.offers(self.random.choice(AGENTS), await self.some())

    async def presence(self) -> None:
        agent: AgentId = self.random.choice(AGENTS)
        if self.random.random() < 0.6:
            await self.office.available(agent)
        else:
            status: Presence = self.random.choice(("away", "offline", "available"))
            await self.office.does(agent, SetPresence(client_id=new_id(), status=status))


def applied(old: Snapshot, patches: list[Patch]) -> dict[str, dict[str, Any]]:
    """What a screen does: rows by id, the newer version wins; what ended leaves."""
    rows = {one.interaction.interaction_id: one for one in old.rows}
    offers = {one.offer_id: one for one in old.offers}
    agents: dict[str, Any] = {one.agent_id: one for one in old.agents}
    for patch in patches:
        for row in patch.rows:
            known = rows.get(row.interaction.interaction_id)
            if known is None or row.interaction.version >= known.interaction.version:
                rows[row.interaction.interaction_id] = row
        offers |= {one.offer_id: one for one in patch.offers}
        agents |= {one.agent_id: one for one in patch.agents}
    return {
        "rows": {key: one for key, one in rows.items() if one.interaction.is_open},
        "offers": {key: one for key, one in offers.items() if one.state in ("made", "accepting")},
        "agents": agents,
    }


def shown(snapshot: Snapshot) -> dict[str, dict[str, Any]]:
    return applied(snapshot, [])


async def patches_since(office: Office, position: int, size: int) -> list[Patch]:
    found: list[Patch] = []
    while (patch := await office.desk.patch(position, size)).position > position:
        assert patch.after == position, "no gap"
        position = patch.position
        found.append(patch)
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.timeout(120)
async def test_an_old_snapshot_and_its_patches_equal_a_fresh_one(office: Office, seed: int) -> None:
    """Random doings; patches of random sizes applied to an old snapshot give every row of a fresh one, by value."""
    chance = Chance(office, seed)
    for _ in range(15):
        await chance.step()
    old = await office.desk.snapshot(MIA)
    for _ in range(45):
        await chance.step()
    patches = await patches_since(office, old.position, chance.random.choice((1, 3, 500)))
    fresh = await office.desk.snapshot(MIA)
    assert patches[-1].position == fresh.position
    assert applied(old, patches) == shown(fresh)
    assert chance.refused < 60, "something must have happened"


async def test_the_projections_are_what_the_events_say(office: Office) -> None:
    """After random traffic a rebuild from the events finds no difference."""
    chance = Chance(office, 99)
    for _ in range(80):
        await chance.step()
    assert await asyncio.to_thread(differences, office.store.url) == []


async def test_a_patch_is_the_same_for_everybody(office: Office) -> None:
    """Encoded once: the bytes don't depend on who asks or when."""
    await office.asks()
    first, second = await office.desk.patch(0), await office.desk.patch(0)
    assert msgspec.json.encode(first) == msgspec.json.encode(second)
