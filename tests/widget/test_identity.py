"""Widget: who somebody is, is what the site's server has proven, and one user never sees or sends another's words."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from hub.addresses import Address
from hub.errors import Rejected
from tests.e2e.people import Customer
from tests.widget.shop import Shop, proof

pytestmark = pytest.mark.browser
USER_17 = Address("user", "chat:17")


async def on_host(page: Page, shop: Shop, **data: str) -> Customer:
    """The shop on its own origin, its chat open."""
    await page.goto(shop.page(**data))
    await page.get_by_role("button", name="Help").click()
    customer = Customer(page, shop.url)
    await expect(customer.field).to_be_visible()
    return customer


@pytest.fixture
async def page(profile_of_customer: BrowserContext) -> Page:
    return await profile_of_customer.new_page()


async def test_a_proven_user_has_one_conversation_everywhere(shop: Shop, page: Page) -> None:
    """Signed in on the site: the same conversation on another device, and no question for name or mail."""
    data = {"user": "17", "proof": proof("17"), "name": "Ana Lima"}
    customer = await on_host(page, shop, **data)
    await customer.say("Hello from the laptop")
    event = (await shop.line.until_kept(1))[0]
    assert (event.sender, event.name, event.verified) == (USER_17, "Ana Lima", "site")
    await customer.sees("received")
    await expect(customer.chat.get_by_text("How can we reach you")).to_be_hidden()
    assert page.context.browser is not None
    phone = await page.context.browser.new_context()
    try:
        other = await on_host(await phone.new_page(), shop, **data)
        await other.sees("Hello from the laptop")
    finally:
        await phone.close()


async def test_signing_in_and_out_without_a_new_page(shop: Shop, page: Page) -> None:
    """identify() changes the conversation at once; each keeps its own words, typed ones and waiting ones too."""
    customer = await on_host(page, shop)
    await customer.say("Anonymous words")
    await shop.line.until_kept(1)
    await customer.field.fill("A draft of nobody")
    await page.evaluate("([user, proof]) => Continuo.identify(user, proof, 'Ana')", ["17", proof("17")])
    await expect(customer.log.get_by_text("Anonymous words")).to_be_hidden()
    await expect(customer.field).to_have_value("")
    await customer.say("Words of Ana")
    assert (await shop.line.until_kept(2))[1].sender == USER_17
    await page.evaluate("Continuo.identify(null)")
    await customer.sees("Anonymous words")
    await expect(customer.log.get_by_text("Words of Ana")).to_be_hidden()
    await expect(customer.field).to_have_value("A draft of nobody")


async def test_what_one_user_wrote_offline_is_never_sent_as_another(shop: Shop, page: Page) -> None:
    """Written while the hub is away, then somebody else signs in: it waits for its writer."""
    customer = await on_host(page, shop, user="17", proof=proof("17"))
    shop.is_away = True
    await shop.relay.cut()
    await customer.say("Secret of 17")
    shop.is_away = False
    customer = await on_host(page, shop, user="18", proof=proof("18"))
    await customer.say("Words of 18")
    await shop.line.until_kept(1)
    assert [(event.sender, text) for event, text in zip(shop.line.events, shop.texts, strict=True)] == [
        (Address("user", "chat:18"), "Words of 18")
    ]
    await on_host(page, shop, user="17", proof=proof("17"))
    await shop.line.until_kept(2)
    assert (shop.line.events[1].sender, shop.texts[1]) == (USER_17, "Secret of 17")


async def test_a_forged_proof_opens_nothing_of_the_user(shop: Shop, page: Page) -> None:
    """The hub refuses it; the page says so to whoever builds the site, and the customer chats as somebody unknown."""
    customer = await on_host(page, shop, user="17", proof=proof("17"))
    await customer.say("Secret of 17")
    await shop.line.until_kept(1)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    customer = await on_host(page, shop, user="17", proof=proof("16"))
    await customer.say("I am 17, really")
    sender = (await shop.line.until_kept(2))[1].sender
    assert sender is not None
    assert sender.kind == "visitor"
    await expect(customer.log.get_by_text("Secret of 17")).to_be_hidden()
    assert "Continuo: The identity's proof is wrong." in said


async def test_a_forged_visit_token_is_refused(shop: Shop, page: Page) -> None:
    """Changed in storage: the hub takes it from nobody; a new visit begins, empty."""
    customer = await on_host(page, shop)
    await customer.say("Mine")
    await shop.line.until_kept(1)
    await customer.sees("received")
    frame = page.frames[-1]
    await frame.evaluate("""() => {
        const [key] = Object.keys(localStorage).filter((name) => name.endsWith(":visit"));
        localStorage.setItem(key, JSON.stringify(JSON.parse(localStorage.getItem(key)).replace(/^./, "x")));
    }""")
    customer = await on_host(page, shop)
    await customer.say("A new visit")
    await shop.line.until_kept(2)
    assert len(shop.line.addresses()) == 2
    await expect(customer.log.locator(".b")).to_have_text(["A new visit"])


async def test_a_browser_that_denies_storage_to_the_frame(shop: Shop, page: Page) -> None:
    """Another site, third-party storage blocked: the chat works while the page lives, and a proven user's for ever."""
    await page.goto(shop.page(user="17", proof=proof("17")).replace(shop.host, shop.stranger))
    for text in ("one", "two"):
        await page.get_by_role("button", name="Help").click()
        customer = Customer(page, shop.url)
        await customer.say(text)
        await customer.sees("received")
        await page.reload()
    assert [(event.sender, text) for event, text in zip(shop.line.events, shop.texts, strict=True)] == [
        (USER_17, "one"),
        (USER_17, "two"),
    ]


async def test_a_new_secret_ends_the_visit_while_the_page_is_open(shop: Shop, page: Page) -> None:
    """The socket closes with 4403 at the next hello: the page begins anew by itself, and what waits goes out."""
    customer = await on_host(page, shop)
    await customer.say("Before")
    await shop.line.until_kept(1)
    shop.renew_secret()
    await shop.relay.cut()
    await customer.say("After")
    await shop.line.until_kept(2)
    assert len(shop.line.addresses()) == 2


async def test_a_site_that_is_not_listed_is_told_so(page: Page) -> None:
    """Words, not a spinner; no field that would promise something."""
    async with Shop({"origins": ("https://shop.example",)}).open() as shop:
        await page.goto(shop.page())
        await page.get_by_role("button", name="Help").click()
        chat = page.frame_locator("iframe")
        await expect(chat.get_by_text("The chat is not available here.").first).to_be_visible()
        await expect(chat.get_by_role("textbox")).to_be_hidden()


async def test_the_token_never_reaches_the_host_page(shop: Shop, page: Page) -> None:
    """The site's own script reads its storage, cookies and all messages: it finds a token that only counts."""
    await page.add_init_script("window.heard = []; addEventListener('message', (event) => heard.push(event.data))")
    customer = await on_host(page, shop)
    await customer.say("Hello")
    await shop.line.until_kept(1)
    await customer.sees("received")
    heard = await page.evaluate("[...heard, ...Object.values(localStorage), document.cookie]")
    assert {item["what"] for item in heard if isinstance(item, dict)} == {"ready", "unread", "visit"}
    tokens = {item["token"] for item in heard if isinstance(item, dict) and "token" in item}
    tokens |= {item for item in heard if isinstance(item, str) and item}
    for token in tokens:
        assert shop.channel.visits.read_count(token) == shop.visitor
        with pytest.raises(Rejected):
            shop.channel.admit(token)
