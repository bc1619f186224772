"""A part of the console whose code can't be fetched takes nothing else away: what is open and typed stays."""

import pytest
from playwright.async_api import Route, expect

from tests.e2e.people import Agent, Customer

pytestmark = [
    pytest.mark.browser,
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


async def gone(route: Route) -> None:
    await route.fulfill(status=404, body="no longer there")


async def test_a_part_that_cannot_be_loaded_leaves_the_rest(joana: Agent, customer: Customer) -> None:
    """Lost files (the hub was replaced): a dialog and a page fail in words; timeline and draft stay."""
    await joana.page.route("**/assets/*", gone)
    await joana.choose("Available")
    await customer.say("Where is my parcel?")
    await joana.accept()
    await joana.composer.fill("I am looking")
    await joana.composer.press("Escape")
    await joana.page.keyboard.press("h")
    await joana.page.keyboard.press("6")
    await expect(joana.page.get_by_text("could not be loaded")).to_be_visible()
    await joana.sees("Where is my parcel?")
    await expect(joana.composer).to_have_value("I am looking")
    await joana.page.get_by_role("button", name="Profile of Joana Reis").click()
    await joana.page.get_by_role("menuitem", name="Settings").click()
    await expect(joana.page.get_by_role("main").get_by_text("could not be loaded")).to_be_visible()
    await joana.page.unroute("**/assets/*")
    await joana.page.get_by_role("button", name="Load the page again").click()
    await expect(joana.page.get_by_role("heading", name="Settings")).to_be_visible()
