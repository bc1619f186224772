"""Widget: both sides talk, each sees what became of what it said, and a page that comes back has it all."""

import re

import pytest
from playwright.async_api import BrowserContext, expect

from tests.e2e.people import Customer
from tests.widget.shop import Shop

pytestmark = pytest.mark.browser


async def bubbles(customer: Customer) -> list[str]:
    return await customer.log.locator(".b").all_inner_texts()


async def test_a_question_and_its_answer(shop: Shop, customer: Customer) -> None:
    """Received after the commit, read once it is answered; the agent's messages carry one name, each says it aloud."""
    await customer.say("Hallo, wo ist meine Bestellung 991?")
    await expect(customer.log.get_by_text(re.compile(r"^received \d\d:\d\d$"))).to_be_visible()
    shop.answer("Guten Tag Lukas, ich sehe sofort nach.")
    shop.answer("Details: https://shop.example/991.")
    await expect(customer.log.get_by_text(re.compile(r"^read \d\d:\d\d$"))).to_be_visible()
    await expect(customer.log.get_by_role("link", name="https://shop.example/991")).to_be_visible()
    await expect(customer.log.locator(".who")).to_have_count(1)
    await expect(customer.log.locator(".m", has_text="Joana")).to_have_count(2)
    assert shop.texts == ["Hallo, wo ist meine Bestellung 991?"]


async def test_what_is_seen_is_marked_read(shop: Shop, customer: Customer) -> None:
    """Open and visible: read. Closed: delivered, counted on the button, and read when it is opened again."""
    await customer.say("Hello")
    await shop.line.until_kept(1)
    shop.answer("Good day")
    await customer.sees("Good day")
    await shop.line.until_kept(2)
    assert shop.line.said(shop.visitor)[-1].status == "read"
    await customer.field.press("Escape")
    shop.answer("Still there?")
    await expect(customer.page.get_by_role("button", name="Help, 1 unread")).to_be_visible()
    await shop.line.until_kept(3)
    assert shop.line.said(shop.visitor)[-1].status == "delivered"
    await customer.page.get_by_role("button", name="Help").click()
    await shop.line.until_kept(4)
    assert shop.line.said(shop.visitor)[-1].status == "read"
    await expect(customer.page.get_by_role("button", name="Help", exact=True)).to_be_visible()


async def test_typing_is_seen_by_both(shop: Shop, customer: Customer) -> None:
    """Begin and end; an answer ends it too."""
    await customer.say("Hello")
    await shop.line.until_kept(1)
    shop.line.type(shop.visitor, "Joana")
    await expect(customer.chat.get_by_text("Joana is typing…")).to_be_visible()
    shop.answer("Good day")
    await expect(customer.chat.get_by_text("Joana is typing…")).to_be_hidden()
    await customer.field.press_sequentially("Tha")
    signals = [(await shop.line.signals.get())[1:]]
    await customer.field.press("Enter")
    signals.append((await shop.line.signals.get())[1:])
    assert signals == [("typing", True), ("typing", False)]


async def test_the_states_of_a_conversation(shop: Shop, customer: Customer) -> None:
    """Waiting, with somebody, with somebody else, ended, and waiting again."""
    await customer.say("Hello")
    await shop.line.until_kept(1)
    shop.line.set_state(shop.visitor, "waiting")
    await expect(customer.chat.locator(".wait")).to_contain_text("You’re in the queue")
    shop.line.set_state(shop.visitor, "live", "Joana")
    await expect(customer.chat.locator(".head")).to_contain_text("Joana is with you")
    await expect(customer.chat.locator(".wait")).to_be_hidden()
    shop.line.set_state(shop.visitor, "waiting")
    shop.line.set_state(shop.visitor, "live", "Rui")
    shop.answer("Rui here", name="Rui")
    await customer.sees("Rui here")
    await expect(customer.log.get_by_text(re.compile("^(Rui took over|Rui here)$"))).to_have_text(
        ["Rui took over", "Rui here"]
    )
    await expect(customer.chat.get_by_role("status")).to_have_text("Rui is with you")
    shop.line.set_state(shop.visitor, "closed")
    await expect(customer.log).to_contain_text("This conversation has ended")
    await customer.say("One more thing")
    shop.line.set_state(shop.visitor, "waiting")
    await expect(customer.log).not_to_contain_text("has ended")


async def test_a_reload_resumes_the_visit(shop: Shop, customer: Customer) -> None:
    """The same visitor, the whole log, and what was being typed."""
    await customer.say("Hello")
    await shop.line.until_kept(1)
    shop.answer("Good day")
    await customer.sees("Good day")
    await customer.field.fill("My number is")
    await customer.open()
    await customer.sees("Good day")
    await expect(customer.field).to_have_value("My number is")
    await customer.say("My number is 7")
    await shop.line.until_kept(3)
    assert len(shop.line.addresses()) == 1
    await customer.open()
    await expect(customer.field).to_have_value("")
    await expect(customer.log.locator(".b")).to_have_text(["Hello", "Good day", "My number is 7"])


async def test_the_next_page_of_the_shop_counts_what_was_missed(shop: Shop, customer: Customer) -> None:
    """Only the loader is there: it asks with its own token and draws the number; the chat is not loaded."""
    await customer.say("Hello")
    await shop.line.until_kept(1)
    await customer.page.goto("about:blank")
    shop.answer("Good day")
    shop.answer("Are you there?")
    await customer.page.goto(f"{shop.url}/demo/")
    await expect(customer.page.get_by_role("button", name="Help, 2 unread")).to_be_visible()
    await expect(customer.page.locator("iframe")).to_have_count(0)
    assert await customer.page.evaluate("Object.keys(localStorage)") != []


async def test_two_tabs_are_one_customer(shop: Shop, customer: Customer, profile_of_customer: BrowserContext) -> None:
    """Both show everything once; what one has read the other does not count."""
    other = Customer(await profile_of_customer.new_page(), shop.url)
    await customer.say("From the first")
    await shop.line.until_kept(1)
    await other.open()
    await other.sees("From the first")
    await other.say("From the second")
    await customer.sees("From the second")
    shop.answer("To both")
    for one in (customer, other):
        await one.sees("To both")
        assert await bubbles(one) == ["From the first", "From the second", "To both"]
    assert len(shop.line.addresses()) == 1


async def test_name_and_mail_are_asked_after_the_first_message(shop: Shop, customer: Customer) -> None:
    """Never before; optional; asked once; left words are no message bubble."""
    await expect(customer.chat.get_by_text("How can we reach you")).to_be_hidden()
    await customer.say("Hello")
    await customer.chat.get_by_role("button", name="Leave name or e-mail").click()
    await customer.chat.get_by_label("Your name").fill("Ana Lima")
    await customer.chat.get_by_label("E-mail").fill("ana@mail.example")
    await customer.chat.get_by_role("button", name="Save").click()
    await expect(customer.log).to_contain_text("You left: Ana Lima · ana@mail.example")
    event = (await shop.line.until_kept(2))[1]
    assert (event.name, [str(claim) for claim in event.claims]) == ("Ana Lima", ["email:ana@mail.example"])
    await customer.open()
    await expect(customer.log).to_contain_text("You left: Ana Lima · ana@mail.example")
    assert await bubbles(customer) == ["Hello"]
    await expect(customer.chat.get_by_text("How can we reach you")).to_be_hidden()


async def test_what_cant_be_sent_stays_with_its_reason(shop: Shop, customer: Customer) -> None:
    """Too long: told while typing, not sent. Refused by the hub: kept with the words, retried or discarded."""
    await customer.field.fill("x" * 8001)
    await expect(customer.chat.get_by_text("A message has at most 8000 characters. (8001)")).to_be_visible()
    await customer.field.press("Enter")
    assert shop.texts == []
    await customer.say("\x01\x02")
    await expect(customer.log.get_by_role("alert")).to_contain_text("Not sent. The message is empty.")
    await customer.say("And this one goes through")
    await customer.sees("received")
    await customer.log.get_by_role("button", name="Discard").click()
    await expect(customer.log.locator(".b")).to_have_text(["And this one goes through"])
