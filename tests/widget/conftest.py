"""A shop with the widget, and a customer in front of it."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, BrowserContext

from tests.e2e.people import Customer, profile, require_front_end
from tests.widget.shop import Shop


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    require_front_end()
    async with Shop({}).open() as shop:
        yield shop


@pytest.fixture
async def profile_of_customer(browser: Browser) -> AsyncIterator[BrowserContext]:
    async with profile(browser) as context:
        yield context


@pytest.fixture
async def customer(profile_of_customer: BrowserContext, shop: Shop) -> AsyncIterator[Customer]:
    """With the chat open; no script of the page may fail."""
    page = await profile_of_customer.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    customer = Customer(page, shop.url)
    await customer.open()
    yield customer
    assert problems == []
