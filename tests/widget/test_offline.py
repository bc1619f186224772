"""Widget: what is said while nothing gets through goes out later, in order, once; what was missed comes in."""

import asyncio
import random
import re
from collections import Counter

import pytest
from playwright.async_api import BrowserContext, expect

from hub.ports import Ingested, Parsed
from tests.e2e.people import Customer
from tests.widget.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


async def lines(customer: Customer) -> list[str]:
    return await customer.log.locator(".b").all_inner_texts()


async def test_messages_wait_while_offline_and_go_out_once(
    shop: Shop, customer: Customer, profile_of_customer: BrowserContext
) -> None:
    """The network is gone: the bar says so, messages are marked queued; back, they are sent in order."""
    await profile_of_customer.set_offline(True)
    await expect(customer.chat.get_by_text("We’ll send it when you’re back.").first).to_be_visible()
    for text in ("one", "two", "three"):
        await customer.say(text)
    await expect(customer.log.get_by_text(re.compile("^queued "))).to_have_count(3)
    assert shop.texts == []
    await profile_of_customer.set_offline(False)
    await shop.line.until_kept(3)
    assert shop.texts == ["one", "two", "three"]
    await expect(customer.log.get_by_text(re.compile("^queued "))).to_have_count(0)
    assert await lines(customer) == ["one", "two", "three"]


async def test_the_queue_survives_a_reload(shop: Shop, customer: Customer) -> None:
    """The hub is away before the first message; the page is loaded again; back, each message is there once."""
    shop.is_away = True
    await shop.relay.cut()
    await expect(customer.chat.get_by_text("Reconnecting…").first).to_be_visible()
    await customer.say("one")
    await customer.say("two")
    await customer.open()
    await expect(customer.log.locator(".b")).to_have_text(["one", "two"])
    await customer.say("three")
    await expect(customer.chat.get_by_role("button", name="Try now")).to_be_visible()
    shop.is_away = False
    await shop.line.until_kept(3)
    assert shop.texts == ["one", "two", "three"]
    await customer.sees("received")
    assert await lines(customer) == ["one", "two", "three"]


async def test_a_lost_acknowledgement_makes_no_second_message(shop: Shop, customer: Customer) -> None:
    """The hub commits and the line is cut before the answer: the same id is said again and counted once."""
    keep = shop.line.accept
    cuts: list[int] = []

    async def cut_after_commit(parsed: Parsed) -> Ingested:
        result = await keep(parsed)
        if len(cuts) < 2:
            cuts.append(1)
            await asyncio.shield(shop.relay.cut())
        return result

    shop.line.accept = cut_after_commit  # type: ignore[method-assign]  # the moment between commit and answer
    await customer.say("Once")
    await expect(customer.log.get_by_text(re.compile("^received "))).to_be_visible()
    await expect(customer.log.locator(".b")).to_have_text(["Once"])
    assert shop.texts == ["Once"]


async def test_the_store_is_down_for_a_while(shop: Shop, customer: Customer) -> None:
    """The socket lives but nothing is kept: the message waits, and later stands there once, first."""
    shop.line.is_down = True
    await customer.say("one")
    await customer.say("two")
    await expect(customer.log.locator(".b")).to_have_text(["one", "two"])
    shop.line.is_down = False
    await shop.line.until_kept(2)
    assert shop.texts == ["one", "two"]


async def test_cut_at_random_while_messages_flow(shop: Shop, customer: Customer) -> None:
    """Forty cuts, eighty answers, five questions: the page equals the server, in order, nothing doubled."""
    chance = random.Random(7)
    await customer.say("q0")
    await shop.line.until_kept(1)
    for turn in range(40):
        shop.answer(f"a{turn} before")
        if turn % 10 == 5:
            await customer.say(f"q{turn}")
        await asyncio.wait_for(shop.relay.cut(), 5)
        shop.answer(f"a{turn} after")
        if chance.random() < 0.4:
            await customer.sees(f"a{turn} after")
        elif chance.random() < 0.5:
            await customer.page.evaluate("new Promise(requestAnimationFrame)")
    await customer.sees("a39 after")
    await expect(customer.log.get_by_text(re.compile("^(queued|sending)"))).to_have_count(0)
    server = [said.text for said in shop.line.said(shop.visitor)]
    assert shop.relay.cuts >= 40
    assert await lines(customer) == server
    assert [text for text in server if text.startswith("q")] == ["q0", *(f"q{turn}" for turn in range(5, 40, 10))]
    assert Counter(server).most_common(1)[0][1] == 1


async def test_without_sockets_the_chat_goes_by_plain_http(shop: Shop, profile_of_customer: BrowserContext) -> None:
    """A proxy that refuses every WebSocket: both sides talk, typing and marks included."""
    shop.has_sockets = False
    customer = Customer(await profile_of_customer.new_page(), shop.url)
    await customer.open()
    await customer.say("Hello")
    await shop.line.until_kept(1)
    shop.answer("Good day")
    await customer.sees("Good day")
    shop.answer("By HTTP")
    await customer.sees("By HTTP")
    shop.line.type(shop.visitor, "Joana")
    await expect(customer.chat.get_by_text("Joana is typing…")).to_be_visible()
    await customer.say("Thanks")
    while len(shop.texts) < 2 or shop.line.said(shop.visitor)[2].status != "read":
        await shop.line.until_kept(len(shop.line.events) + 1)
    assert await lines(customer) == ["Hello", "Good day", "By HTTP", "Thanks"]
    assert shop.polls >= 2
    assert shop.sockets == 3, "no socket is tried again before a minute has passed"


async def test_two_tabs_send_one_queue(shop: Shop, customer: Customer, profile_of_customer: BrowserContext) -> None:
    """Each says something offline; back, everything is sent once, each tab's in its order, and both show the same."""
    other = Customer(await profile_of_customer.new_page(), shop.url)
    await customer.say("first")
    await shop.line.until_kept(1)
    await other.open()
    await other.sees("first")
    await profile_of_customer.set_offline(True)
    for number in range(2):
        await customer.say(f"a{number}")
        await other.say(f"b{number}")
    await profile_of_customer.set_offline(False)
    await shop.line.until_kept(5)
    assert shop.texts == ["first", "a0", "b0", "a1", "b1"]
    for one in (customer, other):
        await expect(one.log.locator(".b")).to_have_text(shop.texts)


async def test_a_closed_tab_leaves_its_queue_to_the_others(
    shop: Shop, customer: Customer, profile_of_customer: BrowserContext
) -> None:
    """Said offline, the tab is closed at once: the other one sends it."""
    other = Customer(await profile_of_customer.new_page(), shop.url)
    await other.open()
    await profile_of_customer.set_offline(True)
    await other.say("Do not lose me")
    await expect(other.log.get_by_text(re.compile("^queued "))).to_be_visible()
    await other.page.close()
    await profile_of_customer.set_offline(False)
    await shop.line.until_kept(1)
    await customer.sees("Do not lose me")
    assert shop.texts == ["Do not lose me"]
