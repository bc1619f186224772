"""Between a phone and a desk: list and customer lie over the timeline, take the focus, and give it back."""

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import JOANA, Agent, Customer, profile
from tests.e2e.test_screens import Scheme, check
from tests.peers.hub import HubProcess

TABLET = {"width": 800, "height": 900}
SMALL = {"width": 1100, "height": 800}
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_list_is_a_drawer_on_a_tablet(
    browser: Browser, hub: HubProcess, customer: Customer, scheme: Scheme
) -> None:
    """Opened by key and button, left by Escape, Tab and choosing; a half-written answer keeps text and focus."""
    async with profile(browser, color_scheme=scheme, viewport=TABLET) as context:
        agent = Agent(await context.new_page(), hub.url)
        page = agent.page
        desk = page.get_by_role("navigation", name="Desk")
        await agent.sign_in(JOANA)
        await expect(desk).to_be_visible()
        await expect(page.get_by_text("No conversation is open")).to_be_visible()
        await check(page, "tablet-list", scheme)
        await agent.choose("Available")
        await customer.say("Hello from the train")
        await agent.accept()
        await agent.sees("Hello from the train")
        await expect(desk).to_be_hidden()
        await expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        await expect(agent.link).to_be_visible()
        await check(page, "tablet-timeline", scheme)

        await agent.composer.fill("Half an answ")
        await agent.composer.press("Escape")
        await page.keyboard.press("u")
        await expect(desk.get_by_role("link").first).to_be_focused()
        await check(page, "tablet-drawer", scheme)
        await page.keyboard.press("Escape")
        await expect(desk).to_be_hidden()

        back = page.get_by_role("button", name="Back to the list")
        await back.click()
        await expect(desk.get_by_role("link").first).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(back).to_be_focused()
        await back.click()
        await page.keyboard.press("Tab")
        await expect(desk).to_be_hidden()
        await back.click()
        await desk.get_by_role("link").first.click()
        await expect(desk).to_be_hidden()
        await expect(agent.composer).to_have_value("Half an answ")
        assert agent.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_customer_is_a_drawer_on_a_small_desk(
    browser: Browser, hub: HubProcess, customer: Customer, scheme: Scheme
) -> None:
    """V opens it and moves the focus in; Escape gives the focus back; writing closes it, text untouched."""
    async with profile(browser, color_scheme=scheme, viewport=SMALL) as context:
        agent = Agent(await context.new_page(), hub.url)
        page = agent.page
        panel = page.get_by_role("complementary", name="Customer")
        await agent.sign_in(JOANA)
        await agent.choose("Available")
        await customer.say("Hello from the train")
        await agent.accept()
        await agent.composer.fill("Half an answ")
        await expect(panel).to_be_hidden()
        await expect(page.get_by_role("navigation", name="Desk")).to_be_visible()
        await check(page, "small-desk", scheme)

        await agent.composer.press("Escape")
        await page.keyboard.press("v")
        await expect(panel).to_be_focused()
        await check(page, "small-desk-customer", scheme)
        await page.keyboard.press("v")
        await expect(panel).to_be_hidden()

        toggle = page.get_by_role("button", name="Customer panel", exact=True)
        await toggle.click()
        await expect(panel).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(toggle).to_be_focused()
        await toggle.click()
        await agent.composer.click(position={"x": 20, "y": 10})
        await expect(panel).to_be_hidden()
        await expect(agent.composer).to_be_focused()
        await expect(agent.composer).to_have_value("Half an answ")
        assert agent.problems == []
