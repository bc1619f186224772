"""The product's main job in real browsers: a customer writes, an agent answers, nothing is lost on the way."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Route, expect

from tests.e2e.people import JOANA, Agent, Customer, profile
from tests.peers.hub import HubProcess
from tests.peers.smtp import MailServer, letter, send

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(90),
    pytest.mark.loop_may_block(seconds=15, reason="starting a hub and its command line blocks this test's own loop"),
]


async def test_a_customer_in_the_widget_and_an_agent_in_the_console_talk(joana: Agent, customer: Customer) -> None:
    """The whole walk: message, offer, accept, answer, read mark, second message, resolve."""
    await joana.choose("Available")
    await customer.say("Hello, where is my order 991?")
    await joana.accept()
    await joana.sees("Hello, where is my order 991?")
    await joana.say("Good day, I am looking at once.")
    await customer.sees("Good day, I am looking at once.")
    await expect(customer.chat.get_by_text("Joana Reis is with you").last).to_be_visible()
    await expect(joana.timeline.get_by_text(re.compile("read", re.IGNORECASE)).last).to_be_visible()
    await customer.say("Thank you, that was quick")
    await joana.sees("Thank you, that was quick")
    await joana.page.get_by_role("button", name=re.compile("Resolve")).click()
    await expect(customer.chat.get_by_text("This conversation has ended")).to_be_visible()


async def test_a_customer_who_was_away_finds_the_answer(joana: Agent, customer: Customer) -> None:
    """Reload: the widget's page is loaded again while the agent answers; the visit and both messages are there."""
    await joana.choose("Available")
    await customer.say("I will be back in a minute")
    await joana.accept()
    await customer.page.goto("about:blank")
    await joana.say("Take your time")
    await joana.sees("Take your time")
    await customer.open()
    await customer.sees("I will be back in a minute")
    await customer.sees("Take your time")


async def test_mail_is_answered_from_the_console(
    browser: Browser, mail_hub: HubProcess, mail_server: MailServer
) -> None:
    """A real SMTP client writes; the answer reaches a real SMTP server, rightly threaded; so does the next one."""
    async with profile(browser) as context:
        joana = Agent(await context.new_page(), mail_hub.url)
        await joana.sign_in(JOANA)
        await joana.choose("Available")
        first = letter("Good day,\n\nmy parcel 4711 has not come.\n")
        await asyncio.to_thread(send, mail_hub.smtp_port, first)
        await joana.accept()
        await joana.sees("my parcel 4711 has not come.")
        await joana.say("It will be with you tomorrow.")
        async with asyncio.timeout(30):
            (answer,) = await mail_server.until(1)
        message = answer.message
        assert message["In-Reply-To"] == first["Message-ID"]
        assert first["Message-ID"] in message["References"]
        assert message["Subject"] == "Re: Where is my order?"
        body = message.get_body(("plain",))
        assert body is not None
        assert "It will be with you tomorrow." in body.get_content()
        second = letter("Thank you!\n", subject="Re: Where is my order?")
        second["In-Reply-To"] = message["Message-ID"]
        second["References"] = f"{message['References']} {message['Message-ID']}"
        await asyncio.to_thread(send, mail_hub.smtp_port, second)
        await joana.sees("Thank you!")
        assert joana.problems == []


async def test_two_agents_answer_the_same_customer(joana: Agent, rui: Agent, customer: Customer) -> None:
    """Raced: Rui answers from a screen that has not seen Joana's answer. He is stopped, and his text stays."""
    await joana.choose("Available")
    await customer.say("Is anybody there?")
    await joana.accept()
    await rui.page.goto(joana.page.url)
    await rui.sees("Is anybody there?")
    await rui.composer.fill("Rui here, how can I help?")
    await rui.page.route("**/api/messages", lambda route: hold(route, joana))
    await rui.page.keyboard.press("ControlOrMeta+Enter")
    await expect(rui.page.get_by_test_id("conflict")).to_be_visible()
    await expect(rui.page.get_by_test_id("conflict")).to_contain_text("Joana answers first")
    await expect(rui.composer).to_have_value("Rui here, how can I help?")
    await customer.sees("Joana answers first")
    await expect(customer.log.get_by_text("Rui here")).to_have_count(0)


async def hold(route: Route, joana: Agent) -> None:
    """Let the colleague be faster: the request leaves only after her answer is committed."""
    await expect(joana.page.get_by_test_id("lock")).to_have_count(0)
    async with joana.page.expect_response(re.compile("/api/messages$")):
        await joana.say("Joana answers first")
    await route.continue_()


async def test_two_browsers_accept_one_offer(browser: Browser, hub: HubProcess, customer: Customer) -> None:
    """Raced: the same agent accepts in two browsers at once. One offer is accepted once; both screens show it."""
    async with profile(browser) as one, profile(browser) as two:
        first, second = Agent(await one.new_page(), hub.url), Agent(await two.new_page(), hub.url)
        for agent in (first, second):
            await agent.sign_in(JOANA)
        await first.choose("Available")
        await customer.say("One question, two screens")
        await expect(first.offer).to_be_visible()
        await expect(second.offer).to_be_visible()
        await asyncio.gather(first.page.keyboard.press("F2"), second.page.keyboard.press("F2"))
        for agent in (first, second):
            await expect(agent.offer).to_have_count(0)
            await expect(agent.row("Visitor")).to_be_visible()
        boot = await first.page.evaluate("fetch('/api/events?limit=500').then(answer => answer.status)")
        assert boot == 403, "agents don't read the raw stream"


async def test_a_draft_survives_the_death_of_its_tab(
    browser: Browser, hub: HubProcess, joana: Agent, customer: Customer
) -> None:
    """Killed: the tab is closed without a goodbye while the agent types; another browser of hers has the text."""
    await joana.choose("Available")
    await customer.say("Please take this down")
    await joana.accept()
    await joana.composer.fill("Half a sentence that must not be")
    await expect(joana.page.get_by_test_id("draft-state")).to_have_attribute("data-saved", "hub")
    url = joana.page.url
    await joana.page.close(run_before_unload=False)
    async with profile(browser) as context:
        again = Agent(await context.new_page(), hub.url)
        await again.sign_in(JOANA)
        await again.page.goto(url)
        await expect(again.composer).to_have_value("Half a sentence that must not be")


async def test_a_declined_offer_goes_to_a_colleague(joana: Agent, rui: Agent, customer: Customer) -> None:
    """Declined: it comes back to its old place, goes to the other agent, and never to her again."""
    await joana.choose("Available")
    await customer.say("Who takes this?")
    await expect(joana.offer).to_be_visible()
    await joana.page.keyboard.press("Shift+F2")
    await expect(joana.offer).to_have_count(0)
    await rui.choose("Available")
    await rui.accept()
    await rui.sees("Who takes this?")
    await expect(joana.offer).to_have_count(0)


async def test_the_offline_agent_writes_and_it_is_sent_once(
    browser: Browser, hub: HubProcess, joana: Agent, customer: Customer
) -> None:
    """Lost network: what the agent sends offline waits on the screen and reaches the customer once, afterwards."""
    await joana.choose("Available")
    await customer.say("Are you there?")
    await joana.accept()
    await joana.page.context.set_offline(True)
    await expect(joana.link).to_have_attribute("data-link", re.compile("offline|reconnecting"))
    await joana.say("Yes, in a moment")
    await expect(joana.page.get_by_test_id("outbox")).to_be_visible()
    await joana.page.context.set_offline(False)
    await customer.sees("Yes, in a moment")
    await expect(joana.link).to_have_attribute("data-link", "live")
    await expect(customer.log.get_by_text("Yes, in a moment")).to_have_count(1)
    await expect(joana.page.get_by_test_id("outbox")).to_have_count(0)
