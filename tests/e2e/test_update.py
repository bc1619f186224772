"""A newer console is offered after the hub was replaced; nothing that somebody writes is taken away."""

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.people import JOANA, Agent, Customer, profile
from tests.peers.hub import HubProcess
from tests.peers.proxy import Relay

pytestmark = [
    pytest.mark.browser,
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


async def newer(route: Route) -> None:
    """The page as the next version would have it: its script has another name."""
    answer = await route.fetch()
    text = (await answer.text()).replace("/console/assets/index-", "/console/assets/next-")
    await route.fulfill(response=answer, body=text)


async def test_a_newer_console_is_offered_and_taken(browser: Browser, hub: HubProcess, customer: Customer) -> None:
    """Lost socket, same page: no word. Another page: a chip; taking it loads it, and the draft is still there."""
    async with Relay(hub.port).open() as relay, profile(browser) as context:
        agent = Agent(await context.new_page(), f"http://127.0.0.1:{relay.port}")
        await agent.sign_in(JOANA)
        await agent.choose("Available")
        await customer.say("Hello?")
        await agent.accept()
        await agent.composer.fill("Half an answ")
        chip = agent.page.get_by_role("button", name="Update ready")
        async with agent.page.expect_response("**/console/"):
            await relay.cut()
        await expect(agent.link).to_have_attribute("data-link", "live")
        await expect(chip).to_have_count(0)
        await agent.page.route("**/console/", newer)
        await relay.cut()
        await expect(chip).to_be_visible()
        await expect(agent.composer).to_have_value("Half an answ")
        await agent.page.unroute("**/console/")
        await chip.click()
        await expect(agent.link).to_have_attribute("data-link", "live")
        await expect(agent.composer).to_have_value("Half an answ")
        await expect(chip).to_have_count(0)
        assert agent.problems == []
