"""The people of the browser tests: agents at their desk, customers in the widget. They act as people do."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from playwright.async_api import Browser, BrowserContext, FrameLocator, Locator, Page, expect

from tests.peers.hub import PASSWORD, HubProcess
from tests.peers.missing import skip_without

STATIC = Path(__file__).parents[2] / "agent_ui" / "static"
WIDE = {"width": 1280, "height": 800}
JOANA, RUI, CARLA = "joana@example.com", "rui@example.com", "carla@example.com"


class Agent:
    """Somebody in the console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    async def sign_in(self, email: str) -> None:
        await self.page.goto(f"{self.url}/console/")
        await self.page.get_by_label("E-mail").fill(email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.keyboard.press("Enter")
        await expect(self.link).to_have_attribute("data-link", "live")

    @property
    def link(self) -> Locator:
        return self.page.get_by_test_id("link").first

    @property
    def offer(self) -> Locator:
        return self.page.get_by_test_id("offer")

    @property
    def timeline(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("form", name="Reply").get_by_role("textbox", name=re.compile(" to "))

    def row(self, name: str) -> Locator:
        return self.page.get_by_role("navigation", name="Desk").get_by_role("link", name=re.compile(re.escape(name)))

    async def choose(self, state: str) -> None:
        await self.page.get_by_role("button", name=re.compile("My state")).click()
        await self.page.get_by_role("menuitemradio", name=re.compile(f"^{state}")).first.click()
        await expect(self.page.get_by_role("button", name=re.compile(f"My state.*{state}"))).to_be_visible()

    async def accept(self) -> None:
        await expect(self.offer).to_be_visible()
        await self.page.keyboard.press("F2")
        await expect(self.composer).to_be_visible()

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.page.keyboard.press("ControlOrMeta+Enter")

    async def sees(self, text: str) -> None:
        await expect(self.timeline.get_by_text(text).last).to_be_visible()


class Customer:
    """Somebody with the widget open on the demo shop."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    async def open(self) -> None:
        await self.page.goto(f"{self.url}/demo/")
        await self.page.get_by_role("button", name="Help").click()
        await expect(self.field).to_be_visible()

    @property
    def field(self) -> Locator:
        return self.chat.get_by_label("Message", exact=True)

    @property
    def log(self) -> Locator:
        return self.chat.get_by_role("log")

    async def say(self, text: str) -> None:
        await self.field.fill(text)
        await self.field.press("Enter")

    async def sees(self, text: str) -> None:
        await expect(self.log.get_by_text(text).last).to_be_visible()


@asynccontextmanager
async def profile(browser: Browser, **options: object) -> AsyncIterator[BrowserContext]:
    """A browser of its own: cookies and storage start empty."""
    context = await browser.new_context(
        **{"viewport": WIDE, "locale": "en-GB", "timezone_id": "UTC", **options}  # type: ignore[arg-type]  # as new_context
    )
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        await context.close()


def require_front_end() -> None:
    if not (STATIC / "console" / "index.html").exists() or not (STATIC / "widget" / "panel.js").exists():
        skip_without("the built front end", "run: make test, or pip install -e . without CONTINUO_SKIP_WEB")


def staffed(hub: HubProcess) -> None:
    """Three people who may sign in."""
    hub.add_people(
        [
            (JOANA, "Joana Reis", "agent"),
            (RUI, "Rui Barros", "agent"),
            (CARLA, "Carla Nunes", "supervisor"),
        ]
    )


async def fetch(page: Page, path: str) -> object:
    """What the hub says to the person of this page."""
    return msgspec.json.decode(await page.evaluate("path => fetch(path).then(answer => answer.text())", path))
