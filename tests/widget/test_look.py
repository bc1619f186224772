"""Widget: every state in light and dark has no violation that axe knows, room for a thumb; pictures."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Frame, Page, expect

from tests.e2e.people import Customer, profile
from tests.widget.shop import Shop

PICTURES = Path(__file__).parents[2] / "screenshots" / "widget"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PHONE = {"width": 390, "height": 844}
FOUR_HUNDRED_PERCENT = {"width": 320, "height": 200}
Scheme = Literal["light", "dark"]
SMALL = """() => [...document.querySelectorAll("button, input:not([hidden]), textarea")]
    .map((one) => [one.textContent || one.ariaLabel, one.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.width < 44 || box.height < 44))
    .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
OVERLONG = "An address https://shop.example/" + "very-long-" * 20 + " and a word " + "W" * 120
pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(120),
    pytest.mark.loop_may_block(
        seconds=5, reason="pictures and reports of the browser are unpacked on this test's own loop"
    ),
]


def panel(page: Page) -> Frame:
    return page.frames[-1]


async def check(page: Page, name: str, scheme: str) -> None:
    """A picture; both documents without a violation; nothing sticks out."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=PICTURES / f"{name}-{scheme}.png")
    for document in page.frames:
        found = await Axe().run(document, options=RULES)
        assert found.violations_count == 0, f"{name}, {scheme}, {document.url}:\n{found.generate_report()}"
        assert await document.evaluate(SIDEWAYS) <= 0, f"{name} scrolls sideways"
    if len(page.frames) > 1:
        assert await panel(page).evaluate(SMALL) == [], f"{name}: too small for a thumb"


@asynccontextmanager
async def visiting(browser: Browser, shop: Shop, **options: Any) -> AsyncIterator[Customer]:
    async with profile(browser, **options) as context:
        customer = Customer(await context.new_page(), shop.url)
        await customer.page.goto(f"{shop.url}/demo/")
        await expect(customer.page.get_by_role("button", name="Help")).to_be_visible()
        yield customer


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_life_of_a_conversation(browser: Browser, shop: Shop, scheme: Scheme) -> None:
    """Closed, open, connecting, waiting, the form, answered, typing, agent changed, ended, closed with news."""
    async with visiting(browser, shop, color_scheme=scheme) as customer:
        await check(customer.page, "closed", scheme)
        await customer.open()
        await check(customer.page, "empty", scheme)
        await customer.say("Hallo, wo ist meine Bestellung 991?")
        await shop.line.until_kept(1)
        shop.line.set_state(shop.visitor, "waiting")
        await expect(customer.chat.locator(".wait")).to_be_visible()
        await expect(customer.chat.get_by_role("button", name="Leave name")).to_be_visible()
        await check(customer.page, "waiting", scheme)
        await customer.chat.get_by_role("button", name="Leave name").click()
        await expect(customer.chat.get_by_label("Your name")).to_be_focused()
        await check(customer.page, "form", scheme)
        await customer.chat.get_by_label("E-mail").fill("lukas@mail.example")
        await customer.chat.get_by_role("button", name="Save").click()
        await expect(customer.log.get_by_text("You left:")).to_be_visible()
        shop.line.set_state(shop.visitor, "live", "Joana")
        shop.answer("Guten Tag Lukas, ich sehe sofort nach.")
        shop.answer("Das Paket liegt seit heute früh in der Filiale Lindenhof: https://shop.example/991.")
        await customer.sees("Das Paket")
        await customer.say("Danke! Geht auch eine zweite Zustellung?")
        await shop.line.until_kept(3)
        shop.line.type(shop.visitor, "Joana")
        await expect(customer.chat.get_by_text("Joana is typing…")).to_be_visible()
        await check(customer.page, "live", scheme)
        shop.line.set_state(shop.visitor, "live", "Rui")
        shop.answer("Ja, am Freitag.", name="Rui")
        await customer.sees("Ja, am Freitag.")
        shop.line.set_state(shop.visitor, "closed")
        await expect(customer.log.get_by_text("This conversation has ended")).to_be_visible()
        await check(customer.page, "ended", scheme)
        await customer.field.press("Escape")
        shop.answer("Bis Freitag!", name="Rui")
        await expect(customer.page.get_by_role("button", name="Help, 1 unread")).to_be_visible()
        await check(customer.page, "unread", scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_when_things_go_wrong(browser: Browser, shop: Shop, scheme: Scheme) -> None:
    """Reconnecting, offline with queued messages, a refused message, refused and waiting files."""
    async with visiting(browser, shop, color_scheme=scheme) as customer:
        await customer.open()
        await customer.say("أهلًا، أين طلبي؟")
        await shop.line.until_kept(1)
        shop.answer("أهلًا يوسف، ما العنوان الجديد؟")
        await customer.sees("أهلًا يوسف")
        await customer.chat.get_by_role("button", name="Not now").click()
        await customer.say("\x01")
        await expect(customer.log.get_by_role("alert")).to_be_visible()
        files = [
            {"name": "lamp.txt", "mimeType": "text/plain", "buffer": b"hello"},
            {"name": "run.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"},
        ]
        await customer.chat.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]  # as FilePayloads
        await expect(customer.chat.locator("progress")).to_have_count(0)
        await check(customer.page, "refused", scheme)
        await customer.log.get_by_role("button", name="Discard").click()
        for name in ("lamp.txt", "run.exe"):
            await customer.chat.get_by_role("button", name=f"Remove {name}").click()
        shop.is_away = True
        await shop.relay.cut()
        await expect(customer.chat.get_by_role("button", name="Try now")).to_be_visible()
        await check(customer.page, "reconnecting", scheme)
        await customer.page.context.set_offline(True)
        await customer.say("شارع النخيل ١٢، الطابق الثالث")
        await customer.say("هل يصل غدًا؟")
        await expect(customer.chat.locator(".bar b")).to_have_text("Offline.")
        await expect(customer.log.get_by_text(re.compile("^queued"))).to_have_count(2)
        await check(customer.page, "offline", scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone(browser: Browser, shop: Shop, scheme: Scheme) -> None:
    """The whole screen; no keyboard unasked; letters large enough that the phone does not zoom in."""
    async with visiting(browser, shop, color_scheme=scheme, viewport=PHONE, has_touch=True, is_mobile=True) as customer:
        await check(customer.page, "phone-closed", scheme)
        await customer.page.get_by_role("button", name="Help").tap()
        await expect(customer.field).to_be_visible()
        await expect(customer.field).not_to_be_focused()
        await customer.say("Olá, fui cobrada duas vezes pela fatura 2231.")
        await shop.line.until_kept(1)
        shop.answer("Boa tarde Ana, vou ver já.")
        shop.answer(OVERLONG)
        await customer.sees("An address")
        await check(customer.page, "phone", scheme)
        box = await customer.page.locator("iframe").bounding_box()
        assert box == {"x": 0, "y": 0, **PHONE}
        assert await customer.field.evaluate("one => getComputedStyle(one).fontSize") == "16px"
        await customer.chat.get_by_role("button", name="Close chat").tap()
        await expect(customer.page.locator("iframe")).to_be_hidden()


async def test_at_four_hundred_percent(browser: Browser, shop: Shop) -> None:
    """1280 by 800 becomes 320 by 200: everything is still there, by scrolling down, never sideways."""
    async with visiting(browser, shop, viewport=FOUR_HUNDRED_PERCENT) as customer:
        await customer.open()
        await customer.say("Hello")
        await shop.line.until_kept(1)
        shop.line.set_state(shop.visitor, "waiting")
        await expect(customer.chat.locator(".wait")).to_be_visible()
        await check(customer.page, "zoom", "light")
        for name in ("Leave name or e-mail", "Close chat"):
            await customer.chat.get_by_role("button", name=name).scroll_into_view_if_needed()
            await expect(customer.chat.get_by_role("button", name=name)).to_be_in_viewport()
        await expect(customer.field).to_be_in_viewport()


async def test_right_to_left(browser: Browser, shop: Shop) -> None:
    """An Arabic page: button, words, bubbles and marks are mirrored; Latin text inside keeps its own direction."""
    async with profile(browser, locale="ar-EG") as context:
        customer = Customer(await context.new_page(), shop.url)
        await customer.page.goto(shop.page(lang="ar", dir="rtl", label="المساعدة"))
        button = customer.page.get_by_role("button", name="المساعدة")
        await button.click()
        field = customer.chat.get_by_role("textbox", name="رسالة")
        await field.fill("أين طلبي رقم 991؟")
        await field.press("Enter")
        await shop.line.until_kept(1)
        shop.line.set_state(shop.visitor, "live", "Joana")
        shop.answer("Order 991 is on its way (today).")
        await customer.sees("Order 991")
        await expect(customer.log.get_by_text(re.compile("قُرئت"))).to_be_visible()
        await check(customer.page, "rtl", "light")
        mine, frame = (
            await customer.log.locator(".me .b").bounding_box(),
            await customer.page.locator("iframe").bounding_box(),
        )
        assert mine is not None
        assert frame is not None
        assert frame["x"] == 20, "the chat is at the end side of a page that runs to the left"
        assert mine["x"] < frame["x"] + 40, "what the customer said is at the end side"


async def test_forced_colours_and_a_theme_of_the_sites(browser: Browser, shop: Shop) -> None:
    """Windows' high contrast draws edges; data-theme wins over the reader's system."""
    async with visiting(browser, shop, forced_colors="active") as customer:
        await customer.open()
        await customer.say("Hello")
        await customer.sees("received")
        await check(customer.page, "forced-colours", "light")
    async with profile(browser, color_scheme="light") as context:
        page = await context.new_page()
        await page.goto(shop.page(theme="dark"))
        await page.get_by_role("button", name="Help").click()
        await expect(page.frame_locator("iframe").get_by_role("textbox")).to_be_visible()
        await check(page, "theme-of-the-site", "dark")
        ground = await panel(page).evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert ground == "rgb(27, 28, 31)"


async def test_nothing_moves_where_the_reader_wants_no_motion(browser: Browser, shop: Shop) -> None:
    """No animation, no transition, in any state."""
    async with visiting(browser, shop, reduced_motion="reduce") as customer:
        await customer.open()
        await customer.say("Hello")
        await customer.sees("received")
        for document in customer.page.frames:
            assert await document.evaluate("document.getAnimations().length") == 0


async def test_a_reader_who_scrolled_up_is_left_in_peace(browser: Browser, shop: Shop) -> None:
    """An arriving message moves nothing and counts as unread; a button leads to it."""
    async with visiting(browser, shop) as customer:
        await customer.open()
        await customer.say("Hello")
        await shop.line.until_kept(1)
        for number in range(30):
            shop.answer(f"Line {number}")
        await customer.sees("Line 29")
        await customer.chat.locator(".scroll").evaluate("one => one.scrollTo(0, 0)")
        await expect(customer.log.get_by_text("Hello")).to_be_in_viewport()
        shop.answer("Something new")
        pill = customer.chat.get_by_role("button", name="New message")
        await expect(pill).to_be_visible()
        assert await customer.chat.locator(".scroll").evaluate("one => one.scrollTop") == 0
        assert shop.line.said(shop.visitor)[-1].status != "read"
        await check(customer.page, "scrolled", "light")
        await pill.click()
        await expect(customer.log.get_by_text("Something new")).to_be_in_viewport()
        await expect(pill).to_be_hidden()
