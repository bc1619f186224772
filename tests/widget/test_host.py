"""Widget on somebody else's page: a button that costs nothing, behind any policy, by key as by pointer."""

import asyncio

import pytest
from playwright.async_api import BrowserContext, Page, expect

from hub.events import MessageReceived
from tests.e2e.people import Customer
from tests.widget.shop import Shop

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(profile_of_customer: BrowserContext) -> Page:
    return await profile_of_customer.new_page()


async def test_under_a_strict_policy(shop: Shop, page: Page) -> None:
    """No inline style, no foreign source, trusted types: nothing is reported, and the chat works."""
    reports: list[str] = []
    page.on("console", lambda message: reports.append(message.text) if message.type == "error" else None)
    await page.goto(shop.page())
    await page.get_by_role("button", name="Help").click()
    customer = Customer(page, shop.url)
    await customer.say("Hello")
    await shop.line.until_kept(1)
    await customer.sees("received")
    assert [report for report in reports if "favicon" not in report and "404" not in report] == []


async def test_the_page_loads_as_if_the_chat_were_not_there(shop: Shop, page: Page) -> None:
    """One small script, no frame, no storage, no shift of the layout, no long task."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.add_init_script("""window.seen = [];
        for (const type of ["layout-shift", "longtask"])
            new PerformanceObserver((list) => seen.push(...list.getEntries().map((one) => one.entryType)))
                .observe({ type, buffered: true });""")
    await page.goto(shop.page())
    await expect(page.get_by_role("button", name="Help", exact=True)).to_be_visible()
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert [url for url in asked if url.startswith(shop.url)] == [f"{shop.url}/widget/loader.js"]
    assert await page.evaluate("[document.querySelector('iframe'), localStorage.length]") == [None, 0]
    assert "layout-shift" not in await page.evaluate("seen")


async def test_the_panel_is_fetched_when_somebody_comes_near(shop: Shop, page: Page) -> None:
    """Hover fetches the frame; no visit begins before it is opened."""
    visits: list[str] = []
    page.on("request", lambda request: visits.append(request.url) if request.url.endswith("/visit") else None)
    await page.goto(shop.page())
    async with page.expect_response("**/widget/panel.js"):
        await page.get_by_role("button", name="Help").hover()
    await expect(page.locator("iframe")).to_be_hidden()
    assert visits == []
    await page.get_by_role("button", name="Help").click()
    await expect(page.frame_locator("iframe").get_by_role("textbox")).to_be_visible()
    assert len(visits) == 1


async def test_by_keyboard_alone(shop: Shop, page: Page) -> None:
    """Tab, Enter, write, Enter; Escape closes and gives the focus back; every control can be reached."""
    await page.goto(shop.page())
    await expect(page.get_by_role("button", name="Help")).to_be_visible()
    await page.get_by_role("link", name="A link").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    customer = Customer(page, shop.url)
    await expect(customer.field).to_be_focused()
    await page.keyboard.type("By keys")
    await page.keyboard.press("Enter")
    await shop.line.until_kept(1)
    await page.keyboard.press("Escape")
    button = page.get_by_role("button", name="Help")
    await expect(button).to_be_focused()
    await expect(button).to_have_attribute("aria-expanded", "false")
    await page.keyboard.press("Enter")
    await expect(customer.field).to_be_focused()
    shop.answer("Good day")
    await customer.sees("Good day")
    await expect(customer.field).to_be_focused()


async def test_the_hosts_own_commands(shop: Shop, page: Page) -> None:
    """open and close; a close asked by a script leaves the focus where the reader is."""
    await page.goto(shop.page(label="Ask us"))
    await expect(page.get_by_role("button", name="Ask us")).to_be_visible()
    await page.evaluate("Continuo.open()")
    dialog = page.frame_locator("iframe").get_by_role("dialog", name="Help")
    await expect(dialog.get_by_role("textbox")).to_be_focused()
    await page.get_by_role("link", name="A link").focus()
    await page.evaluate("Continuo.close()")
    await expect(page.locator("iframe")).to_be_hidden()
    await expect(page.get_by_role("link", name="A link")).to_be_focused()


async def test_the_script_included_twice_draws_one_button(shop: Shop, page: Page) -> None:
    """As happens with tag managers; taken out and put back it goes on."""
    await page.goto(shop.page(policy="default-src * 'unsafe-inline'"))
    await page.add_script_tag(url=f"{shop.url}/widget/loader.js")
    await expect(page.locator("continuo-chat")).to_have_count(1)
    await page.evaluate("""() => {
        const chat = document.querySelector("continuo-chat");
        chat.remove();
        document.body.append(chat);
    }""")
    await page.get_by_role("button", name="Help").click()
    await expect(page.frame_locator("iframe").get_by_role("textbox")).to_be_visible()


async def test_the_agent_sees_which_page_the_customer_is_on(shop: Shop, page: Page) -> None:
    """The address of the host's page goes with the message."""
    await page.goto(shop.page() + "?lamp=7")
    await page.get_by_role("button", name="Help").click()
    await Customer(page, shop.url).say("How much is this?")
    event = (await shop.line.until_kept(1))[0]
    assert isinstance(event.data, MessageReceived)
    assert event.data.page == f"{shop.host}/?lamp=7"


async def test_messages_that_are_not_the_chats_change_nothing(shop: Shop, page: Page) -> None:
    """Pages and their tools talk to every frame they find: text, nothing, other objects."""
    await page.goto(shop.page())
    await page.get_by_role("button", name="Help").click()
    customer = Customer(page, shop.url)
    await customer.say("Hello")
    await shop.line.until_kept(1)
    await page.evaluate("""() => {
        const frame = document.querySelector("continuo-chat").shadowRoot.querySelector("iframe");
        for (const one of ["text", null, 7, { what: "other" }, { isOpen: false }]) {
            frame.contentWindow.postMessage(one, "*");
            window.postMessage(one, "*");
        }
    }""")
    shop.answer("Good day")
    await customer.sees("Good day")
    await shop.line.until_kept(2)
    assert shop.line.said(shop.visitor)[-1].status == "read"


async def test_a_frame_on_a_foreign_page_shows_nothing(shop: Shop, page: Page) -> None:
    """Framed by a site that is not listed, whatever host its address names: the browser refuses."""
    shop.embedders = shop.stranger
    await page.goto(shop.page())
    await page.get_by_role("button", name="Help").click()
    await asyncio.wait_for(page.wait_for_function("document.querySelector('continuo-chat') !== null"), 5)
    await expect(page.frame_locator("iframe").get_by_role("textbox")).to_have_count(0)
