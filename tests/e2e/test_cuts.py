"""The screen equals the hub, however often the connection is lost while events flow."""

import os
import random
from collections.abc import AsyncIterator

import aiohttp
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import JOANA, Agent, fetch, profile
from tests.e2e.traffic import Traffic
from tests.peers.hub import HubProcess
from tests.peers.proxy import Relay

CUTS = int(os.environ.get("TEST_CUTS", "200"))
CUSTOMERS = 8
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


@pytest.fixture
async def relay(hub: HubProcess) -> AsyncIterator[Relay]:
    """What lies between the browser and the hub."""
    async with Relay(hub.port).open() as opened:
        yield opened


async def test_the_screen_equals_the_hub_after_every_cut(browser: Browser, hub: HubProcess, relay: Relay) -> None:
    """Lost socket: 200 cuts at random moments while messages flow. Rows and timeline complete, in order, once."""
    async with profile(browser) as context:
        agent = Agent(await context.new_page(), f"http://127.0.0.1:{relay.port}")
        await agent.sign_in(JOANA)
        await agent.page.get_by_role("button", name="All").click()
        sent = await cut_often(hub, relay, agent)
        await expect(agent.link).to_have_attribute("data-link", "live", timeout=30_000)
        await expect(rows(agent)).to_have_count(CUSTOMERS)
        await same_rows(agent)
        for number in range(CUSTOMERS):
            await same_timeline(agent, number)
        assert relay.cuts == CUTS
        assert sent > CUTS / 4
        assert agent.problems == []


def rows(agent: Agent):  # type: ignore[no-untyped-def]  # playwright's locator
    return agent.page.get_by_role("navigation", name="Desk").get_by_role("link")


async def cut_often(hub: HubProcess, relay: Relay, agent: Agent) -> int:
    """Messages by the API, one after the other; the browser's line is cut in between, at random."""
    traffic, chance = Traffic(hub, "cut"), random.Random(3)
    async with aiohttp.ClientSession() as http:
        number = 0
        for _ in range(CUTS):
            for _ in range(chance.randrange(3)):
                await traffic.send(http, f"cut-{number}", number % CUSTOMERS)
                number += 1
            if chance.random() < 0.5:
                await expect(agent.link).to_have_attribute("data-link", "live", timeout=30_000)
            await relay.cut()
        return number


async def same_rows(agent: Agent) -> None:
    """Every row shows the last message that the hub has."""
    snapshot = await fetch(agent.page, "/api/snapshot")
    assert isinstance(snapshot, dict)
    for row in snapshot["rows"]:
        await expect(
            agent.page.get_by_role("navigation", name="Desk").get_by_text(row["interaction"]["preview"])
        ).to_be_visible()


async def same_timeline(agent: Agent, number: int) -> None:
    """The newest messages of one customer, word for word in the hub's order."""
    snapshot = await fetch(agent.page, "/api/snapshot")
    assert isinstance(snapshot, dict)
    customer = snapshot["rows"][number]["interaction"]["customer_id"]
    page = await fetch(agent.page, f"/api/customers/{customer}/timeline?limit=50")
    assert isinstance(page, dict)
    expected = [event["data"]["text"] for event in page["events"] if event["type"] == "message.received"]
    await rows(agent).nth(await place_of(agent, snapshot["rows"][number])).click()
    await agent.sees(expected[-1])
    shown = await agent.page.get_by_test_id("log").inner_text()
    seen = [line.strip() for line in shown.splitlines() if line.strip().startswith("Message cut-")]
    assert seen == expected[-len(seen) :]
    assert len(seen) >= min(len(expected), 5)


async def place_of(agent: Agent, row: dict[str, dict[str, str]]) -> int:
    texts = await rows(agent).all_inner_texts()
    return next(place for place, text in enumerate(texts) if row["interaction"]["preview"] in text)
