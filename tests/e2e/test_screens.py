"""Every screen and state, light and dark, wide and narrow: no violation that axe knows, nothing clipped, pictures."""

import re
from pathlib import Path
from typing import Literal

import aiohttp
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.e2e.people import CARLA, JOANA, Agent, Customer, profile
from tests.e2e.traffic import Traffic
from tests.peers.hub import HubProcess

PICTURES = Path(__file__).parents[2] / "screenshots"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE = {"width": 390, "height": 844}
Scheme = Literal["light", "dark"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub blocks this test's own loop"),
]


async def check(page: Page, name: str, scheme: Scheme) -> None:
    """A picture, no violation, no sideways scrolling."""
    PICTURES.mkdir(exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}-{scheme}.png")
    found = await Axe().run(page, options=RULES)
    assert found.violations_count == 0, f"{name}, {scheme}:\n{found.generate_report()}"
    width = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, f"{name} scrolls sideways by {width} px"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_desk_in_its_states(browser: Browser, hub: HubProcess, customer: Customer, scheme: Scheme) -> None:
    """Sign-in, empty, offer, timeline, note, palette, shortcuts, offline, signed out."""
    async with profile(browser, color_scheme=scheme) as context:
        page = await context.new_page()
        agent = Agent(page, hub.url)
        await page.goto(f"{hub.url}/console/")
        await expect(page.get_by_label("Password")).to_be_visible()
        await check(page, "sign-in", scheme)
        await agent.sign_in(JOANA)
        await check(page, "desk-empty", scheme)
        await agent.choose("Available")
        await customer.say("Hello, where is my order 991?")
        await expect(agent.offer).to_be_visible()
        await check(page, "offer", scheme)
        await agent.accept()
        await agent.say("Good day, I am looking at once.")
        await customer.sees("Good day, I am looking at once.")
        await customer.say("Thank you! Could it come on Friday?")
        await agent.sees("Could it come on Friday?")
        await agent.composer.fill("Friday is possible, I will")
        await check(page, "desk", scheme)
        await agent.composer.press("Escape")
        await page.keyboard.press("n")
        await expect(page.get_by_role("form", name="Note")).to_be_visible()
        await check(page, "note", scheme)
        await page.keyboard.press("ControlOrMeta+k")
        await expect(page.get_by_role("combobox", name="Search or command")).to_be_visible()
        await check(page, "palette", scheme)
        await page.keyboard.press("Escape")
        await page.keyboard.press("ControlOrMeta+/")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await check(page, "shortcuts", scheme)
        await page.keyboard.press("Escape")
        await context.set_offline(True)
        await expect(agent.link).to_have_attribute("data-link", "offline")
        await check(page, "offline", scheme)
        assert agent.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_of_a_supervisor(browser: Browser, hub: HubProcess, customer: Customer, scheme: Scheme) -> None:
    """Queues, waiting work and agents, live: what waits appears without a reload."""
    async with profile(browser, color_scheme=scheme) as context:
        page = await context.new_page()
        carla = Agent(page, hub.url)
        await carla.sign_in(CARLA)
        await page.goto(f"{hub.url}/console/wall")
        await expect(page.get_by_text("Carla Nunes").first).to_be_visible()
        await customer.say("How long will I wait?")
        await expect(
            page.get_by_text("How long will I wait?").or_(page.get_by_text(re.compile("^Visitor"))).first
        ).to_be_visible()
        await check(page, "wall", scheme)
        assert carla.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_console_on_a_phone(browser: Browser, hub: HubProcess, customer: Customer, scheme: Scheme) -> None:
    """Narrow: list, offer, timeline, one pane at a time; nothing scrolls sideways."""
    async with profile(browser, color_scheme=scheme, viewport=PHONE, has_touch=True) as context:
        page = await context.new_page()
        agent = Agent(page, hub.url)
        await agent.sign_in(JOANA)
        await check(page, "phone-list", scheme)
        await agent.choose("Available")
        await customer.say("Hello from the shop")
        await expect(agent.offer).to_be_visible()
        await check(page, "phone-offer", scheme)
        await agent.offer.get_by_role("button", name=re.compile("Accept")).click()
        await agent.sees("Hello from the shop")
        await check(page, "phone-timeline", scheme)
        async with aiohttp.ClientSession() as http:
            await Traffic(hub, "far").send(http, "far-1", 0, sender="somebody.with.a.long.name@another-system.example")
        await agent.offer.get_by_role("button", name=re.compile("Accept")).click()
        await agent.sees("Message far-1")
        await expect(page.get_by_role("button", name="Note", exact=True)).to_be_in_viewport(ratio=1)
        await check(page, "phone-long-address", scheme)
        assert agent.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_widget_in_its_states(browser: Browser, hub: HubProcess, scheme: Scheme) -> None:
    """Closed, open, waiting, offline; on a phone it fills the screen."""
    async with profile(browser, color_scheme=scheme) as context:
        customer = Customer(await context.new_page(), hub.url)
        await customer.page.goto(f"{hub.url}/demo/")
        await expect(customer.page.get_by_role("button", name="Help")).to_be_visible()
        await check(customer.page, "widget-closed", scheme)
        await customer.open()
        await check(customer.page, "widget-open", scheme)
        await customer.say("Hello, where is my order 991?")
        await expect(customer.chat.get_by_text("You’re in the queue").last).to_be_visible()
        await check(customer.page, "widget-waiting", scheme)
        await context.set_offline(True)
        await customer.say("It is number 991")
        await expect(customer.chat.get_by_text("Offline.").last).to_be_visible()
        await check(customer.page, "widget-offline", scheme)
    async with profile(browser, color_scheme=scheme, viewport=PHONE, has_touch=True) as context:
        customer = Customer(await context.new_page(), hub.url)
        await customer.open()
        await check(customer.page, "widget-phone", scheme)
