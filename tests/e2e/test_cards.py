"""The cards of a timeline: which of them are shown, and what can be done with one."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.people import JOANA, Agent, Customer, profile
from tests.e2e.test_screens import Scheme, check
from tests.peers.hub import HubProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_parts_of_the_timeline_and_the_menu_of_a_card(
    browser: Browser, hub: HubProcess, customer: Customer, scheme: Scheme
) -> None:
    """A source that the chosen part hides is found all the same; a quotation goes behind what is written already."""
    async with profile(browser, color_scheme=scheme, permissions=["clipboard-read", "clipboard-write"]) as context:
        agent = Agent(await context.new_page(), hub.url)
        page = agent.page
        await agent.sign_in(JOANA)
        await agent.choose("Available")
        await customer.say("Where is my parcel?")
        await agent.accept()
        await agent.composer.press("Escape")
        await page.keyboard.press("n")
        note = page.get_by_role("form", name="Note")
        await note.get_by_role("textbox").fill("Ask the warehouse")
        await page.keyboard.press("ControlOrMeta+Enter")
        await note.get_by_role("textbox").press("Escape")
        await page.keyboard.press("r")
        log = page.get_by_test_id("log")
        brief = page.get_by_role("region", name="Continue brief")
        parts = page.get_by_role("group", name="Shown in the timeline")
        await expect(log.get_by_text("Ask the warehouse")).to_be_visible()
        await expect(log.get_by_text("routing events").first).to_be_visible()
        await expect(parts.get_by_role("button", name="E-mail")).to_have_count(0)

        await parts.get_by_role("button", name="Talk").click()
        await expect(log.get_by_text("routing events")).to_have_count(0)
        await expect(log.get_by_text("Where is my parcel?")).to_be_visible()
        await parts.get_by_role("button", name="Files").click()
        await expect(log.get_by_text("Nothing of this kind")).to_be_visible()
        await parts.get_by_role("button", name="Notes").click()
        await expect(log.get_by_text("Ask the warehouse")).to_be_visible()
        await expect(log.get_by_text("Where is my parcel?")).to_have_count(0)
        await check(page, "part-notes", scheme)
        await brief.get_by_role("button", name=re.compile("^Source")).first.click()
        await expect(log.get_by_text("Where is my parcel?")).to_be_visible()
        await expect(parts.get_by_role("button", name="All")).to_have_attribute("aria-pressed", "true")

        await agent.composer.fill("Good day,")
        dots = log.get_by_role("article").filter(has_text="Where is my parcel?").get_by_role("button", name="Actions")
        await dots.click()
        await expect(page.get_by_role("menuitem", name="Copy link")).to_be_focused()
        await check(page, "card-menu", scheme)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("menu")).to_have_count(0)
        await expect(dots).to_be_focused()
        await dots.click()
        await page.get_by_role("menuitem", name="Copy link").click()
        assert re.search(r"/console/desk/c/[^?]+\?i=.+&e=.+", await page.evaluate("navigator.clipboard.readText()"))
        await dots.click()
        await page.get_by_role("menuitem", name="Quote in reply").click()
        await expect(agent.composer).to_be_focused()
        await expect(agent.composer).to_have_value("Good day,\n\n> Where is my parcel?\n\n")
        await log.get_by_role("article").filter(has_text="Ask the warehouse").get_by_role("button").last.click()
        await expect(page.get_by_role("menuitem", name="Copy link")).to_be_visible()
        await expect(page.get_by_role("menuitem", name="Quote in reply")).to_have_count(0)
        await page.keyboard.press("Escape")
        await page.set_viewport_size({"width": 390, "height": 844})
        await check(page, "phone-cards", scheme)
        assert agent.problems == []
