"""What an agent is told before a reply goes out. It is told, never forbidden; nobody's text or focus is touched."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import JOANA, Agent, Customer, profile
from tests.e2e.test_screens import Scheme, check
from tests.peers.hub import HubProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


async def warned(page: Page, *names: str) -> None:
    """Exactly these warnings are on screen."""
    shown = page.locator("[data-warning]")
    await expect(shown).to_have_count(len(names))
    for place, name in enumerate(names):
        await expect(shown.nth(place)).to_have_attribute("data-warning", name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_warnings_before_a_reply_goes_out(
    browser: Browser, hub: HubProcess, customer: Customer, scheme: Scheme
) -> None:
    """The customer writes meanwhile, the text reads like a note, the file is missing: told, and sent all the same."""
    async with profile(browser, color_scheme=scheme) as context:
        agent = Agent(await context.new_page(), hub.url)
        await agent.sign_in(JOANA)
        await agent.choose("Available")
        await customer.say("Where is my invoice?")
        await agent.accept()
        await agent.composer.fill("Here is the")
        await warned(agent.page)
        await customer.say("Never mind, I have it")
        await agent.sees("Never mind, I have it")
        await warned(agent.page, "customer-wrote")
        await expect(agent.composer).to_have_value("Here is the")
        await agent.composer.fill("Internal: see the attached invoice")
        await warned(agent.page, "customer-wrote", "note-like", "file-missing")
        await check(agent.page, "warnings", scheme)
        await agent.page.set_viewport_size({"width": 390, "height": 844})
        await check(agent.page, "phone-warnings", scheme)
        await agent.page.get_by_role("button", name="Seen").click()
        await warned(agent.page, "note-like", "file-missing")
        await agent.composer.press("ControlOrMeta+Enter")
        await customer.sees("Internal: see the attached invoice")
        await warned(agent.page)
        assert agent.problems == []


async def test_a_colleague_who_replies_holds_the_sending(joana: Agent, rui: Agent, customer: Customer) -> None:
    """Both write at once: who came second is held until "Reply anyway"; who began is not; texts stay as they are."""
    await joana.choose("Available")
    await customer.say("Is anybody there?")
    await joana.accept()
    await rui.page.goto(joana.page.url)
    await rui.sees("Is anybody there?")
    lock = rui.page.get_by_test_id("lock")
    await joana.composer.press_sequentially("I am looking")
    await expect(lock).to_contain_text("Joana Reis is replying.")
    await rui.composer.fill("Rui here")
    await rui.page.keyboard.press("ControlOrMeta+Enter")
    await expect(rui.composer).to_have_value("Rui here")
    await check(rui.page, "lock", "light")
    await expect(joana.page.get_by_role("button", name="Send Chat")).to_be_enabled()
    await joana.composer.press_sequentially(", one moment")
    await lock.get_by_role("button", name="Reply anyway").click()
    await expect(rui.composer).to_be_focused()
    await rui.page.keyboard.press("ControlOrMeta+Enter")
    await customer.sees("Rui here")
    await expect(joana.composer).to_have_value("I am looking, one moment")
