"""Shortcuts that a person has changed: they act, are shown everywhere, and can be taken back."""

from typing import Literal

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import JOANA, Agent, profile
from tests.e2e.test_screens import check
from tests.peers.hub import HubProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_key_is_changed_refused_and_reset(
    browser: Browser, hub: HubProcess, scheme: Literal["light", "dark"]
) -> None:
    """A taken key and one of the browser are refused in words; a free one acts at once and after a reload."""
    async with profile(browser, color_scheme=scheme) as context:
        page = await context.new_page()
        agent = Agent(page, hub.url)
        await agent.sign_in(JOANA)
        await page.goto(f"{hub.url}/console/me")
        await page.get_by_text("Change single keys").click()
        change = page.get_by_role("button", name="Change the key of Search in this list")
        await change.click()
        await page.keyboard.press("j")
        row = page.get_by_role("row", name="Search in this list")
        await expect(row.get_by_text("J is taken: Next conversation.")).to_be_in_viewport()
        await page.keyboard.press("Control+Shift+KeyL")
        await expect(row.get_by_text("belongs to the browser")).to_be_visible()
        await page.keyboard.press("l")
        await expect(row.get_by_text("L", exact=True)).to_be_visible()
        await check(page, "own-keys", scheme)
        await page.goto(f"{hub.url}/console/desk")
        await expect(agent.link).to_have_attribute("data-link", "live")
        field = page.get_by_role("searchbox")
        await page.keyboard.press("/")
        await expect(field).to_have_count(0)
        await page.keyboard.press("l")
        await expect(field).to_be_focused()
        await page.goto(f"{hub.url}/console/me")
        await page.get_by_text("Change single keys").click()
        await page.get_by_role("button", name="Reset the key of Search in this list").click()
        await page.goto(f"{hub.url}/console/desk")
        await expect(agent.link).to_have_attribute("data-link", "live")
        await page.keyboard.press("/")
        await expect(field).to_be_focused()
        assert agent.problems == []
