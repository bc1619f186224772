"""Web chat: an acknowledged message is committed; a page that comes back misses nothing and sees nothing twice."""

import hashlib
import hmac
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from channels.webchat import Settings, WebChat
from hub.addresses import Address
from hub.events import DeliveryUpdated, MessageReceived
from hub.ports import Secret
from tests.channels.cases import House, Inbound, cases, fixture, tools
from tests.channels.chats import ORIGIN, SECRET, SITE, chatting
from tests.channels.sending import outbound

VISITOR = Address("visitor", "5f1d")
HOUSE = House(WebChat(Settings(secret=SECRET, site_secret=SITE), tools("web")))
INBOUND = [
    Inbound(
        "a text with its page",
        "text.json",
        (MessageReceived(text="Hello, is anybody there?", sender=VISITOR, page="https://shop.example/cart"),),
    ),
    Inbound(
        "a known user with emoji",
        "user.json",
        (MessageReceived(text="Mein Paket fehlt 😟", sender=Address("user", "shop:17"), name="Jörg"),),
    ),
    Inbound(
        "name and address left behind",
        "contact.json",
        (
            MessageReceived(
                text="Ana Lima\nana@mail.example", sender=VISITOR, name="Ana Lima", automatic="contact-details"
            ),
        ),
    ),
    Inbound("escapes and line ends", "controls.json", (MessageReceived(text="one\ntwo[31m three", sender=VISITOR),)),
    Inbound("Arabic", "arabic.json", (MessageReceived(text="مرحبًا 🌷", sender=Address("visitor", "9a"), name="ليلى"),)),
]


test_inbound = cases(HOUSE, INBOUND)


def test_nul_in_a_recorded_frame_is_not_json_for_the_hub() -> None:
    """A frame on the socket is cleaned; a recorded file that holds NUL is refused as every foreign JSON is."""
    parsed = WebChat.parse_file(b'{"client_id":"c","text":"a\\u0000b","visitor":"v"}', "f")
    assert parsed.events[0].external_id.startswith("unreadable:")


def test_a_time_without_a_zone_says_nothing() -> None:
    """Whose noon is it? A recorded frame with such a time is unreadable."""
    parsed = WebChat.parse_file(b'{"client_id":"c","text":"Hi","at":"2026-01-01T12:00:00"}', "f")
    assert parsed.events[0].external_id.startswith("unreadable:")


def proof(user: str, secret: Secret = SITE) -> str:
    return hmac.digest(secret.reveal().encode(), user.encode(), hashlib.sha256).hex()


def frame(client_id: str, text: str = "hi", **more: object) -> dict[str, object]:
    return {"t": "message", "client_id": client_id, "text": text, **more}


async def test_a_message_is_acknowledged_after_the_commit() -> None:
    """The ack names the position; the event has visitor, text and key."""
    async with chatting() as chat:
        token = await chat.visit()
        async with chat.page(token) as page:
            await page.say(frame("c1", "Olá\u0000\u001b"))
            ack = await page.hear("ack")
        who = chat.address(token)
        assert ack == {"t": "ack", "client_id": "c1", "position": 1, "duplicate": False}
        assert [(event.data, event.external_id) for event in chat.line.events] == [
            (MessageReceived(text="Olá", sender=who), f"{who.value}:c1")
        ]


async def test_the_same_client_id_again_is_one_event() -> None:
    """A page that lost the ack says it again, over the socket or over HTTP."""
    async with chatting() as chat:
        token = await chat.visit()
        async with chat.page(token) as page:
            await page.say(frame("c1"))
            await page.hear("ack")
            await page.say(frame("c1"))
            assert (await page.hear("ack"))["duplicate"]
        status, ack = await chat.post("messages", {"client_id": "c1", "text": "hi"}, token)
        assert (status, ack["duplicate"], ack["position"]) == (200, True, 1)
        assert len(chat.line.events) == 1


async def test_two_visitors_may_use_the_same_client_id() -> None:
    """The key holds the visitor."""
    async with chatting() as chat:
        for token in (await chat.visit(), await chat.visit()):
            assert (await chat.post("messages", {"client_id": "c1", "text": "hi"}, token))[1]["duplicate"] is False
        assert len(chat.line.events) == 2


async def test_nothing_stored_is_never_acknowledged() -> None:
    """The store is away: the page waits and says it again."""
    async with chatting() as chat:
        token = await chat.visit()
        chat.line.is_down = True
        async with chat.page(token) as page:
            await page.say(frame("c1"))
            assert (await page.hear("wait"))["code"] == "unavailable"
            chat.line.is_down = False
            await page.say(frame("c1"))
            await page.hear("ack")
        chat.line.is_down = True
        assert (await chat.post("messages", {"client_id": "c2", "text": "hi"}, token))[0] == 503


async def test_an_answer_reaches_every_open_page_and_the_one_that_comes_later() -> None:
    """Live on two sockets, and after a position for the third."""
    async with chatting() as chat:
        token = await chat.visit()
        async with chat.page(token) as one, chat.page(token) as two:
            await one.hear("status")
            await two.hear("status")
            said = chat.line.answer(chat.address(token), "Hello!")
            for page in (one, two):
                shown = (await page.hear("history"))["messages"]
                assert [(item["text"], item["by"], item["name"]) for item in shown] == [("Hello!", "agent", "Joana")]
        async with chat.page(token, after=said.position) as page:
            assert (await page.hear("history"))["messages"] == []
        async with chat.page(token, after=0) as page:
            assert [item["text"] for item in (await page.hear("history"))["messages"]] == ["Hello!"]


async def test_a_gap_that_is_too_large_says_resync() -> None:
    """The page throws away what it has and takes the newest."""
    async with chatting() as chat:
        token = await chat.visit()
        chat.line.limit = 3
        for number in range(6):
            chat.line.answer(chat.address(token), str(number))
        async with chat.page(token, after=1) as page:
            history = await page.hear("history")
        assert history["resync"]
        assert [item["text"] for item in history["messages"]] == ["3", "4", "5"]


async def test_a_long_history_comes_in_pages() -> None:
    """Fifty messages a frame; the position of each lets the page resume in between."""
    async with chatting() as chat:
        token = await chat.visit()
        for number in range(120):
            chat.line.answer(chat.address(token), str(number))
        async with chat.page(token) as page:
            frames = [await page.hear("history") for _ in range(3)]
        assert [(len(one["messages"]), one["more"]) for one in frames] == [(50, True), (50, True), (20, False)]
        assert [one["position"] for one in frames] == [50, 100, 120]


async def test_status_and_typing_pass_by() -> None:
    """Who speaks, and that somebody writes; the other way too, and off when the page goes."""
    async with chatting() as chat:
        token = await chat.visit()
        who = chat.address(token)
        async with chat.page(token) as page:
            assert (await page.hear("status"))["state"] == "none"
            chat.line.set_state(who, "live", "Joana")
            assert await page.hear("status") == {"t": "status", "state": "live", "agent": "Joana"}
            chat.line.type(who, "Joana")
            assert await page.hear("typing") == {"t": "typing", "on": True, "name": "Joana"}
            await chat.channel.typing(who, on=False)
            assert (await page.hear("typing"))["on"] is False
            await page.say({"t": "typing", "on": True})
            assert await chat.line.signals.get() == (who, "typing", True)
        assert await chat.line.signals.get() == (who, "typing", False)


async def test_marks_become_delivered_and_read_once() -> None:
    """Read says delivered too; the same mark again adds nothing."""
    async with chatting() as chat:
        token = await chat.visit()
        said = chat.line.answer(chat.address(token), "Hello!")
        async with chat.page(token) as page:
            await page.say({"t": "marks", "delivered": said.position})
            await chat.line.until_kept(1)
            for _ in range(2):
                await page.say({"t": "marks", "delivered": said.position, "read": said.position})
            await chat.line.until_kept(2)
            await page.say({"t": "ping", "n": 1})
            await page.hear("pong")
        found = [event.data.status for event in chat.line.events if isinstance(event.data, DeliveryUpdated)]
        assert found == ["delivered", "read"]


async def test_a_read_mark_alone_is_enough() -> None:
    """Over HTTP, for a page without sockets."""
    async with chatting() as chat:
        token = await chat.visit()
        said = chat.line.answer(chat.address(token), "Hello!")
        assert (await chat.post("marks", {"read": said.position}, token))[0] == 204
        assert [type(event.data) for event in chat.line.events] == [DeliveryUpdated]
        _, opened = await chat.post("visit", {"token": token})
        assert (await chat.get("unread", opened["count_token"]))[1] == {"unread": 0, "state": "none"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("not json", 4400),
        ('{"t":"message"}', 4400),
        ('{"t":"nonsense"}', 4400),
        ('{"t":"hello","token":"x"}', 4400),
        ("[" * 10_000, 4400),
        ('{"t":"message","client_id":"c","text":"\\ud800"}', 4400),
        ('{"t":"message","client_id":"c","txet":"x"}', 4400),
        ("x" * 70_000, 1009),
    ],
)
async def test_malformed_and_oversized_frames_close_the_socket(said: str, code: int) -> None:
    """4400 for what is no frame, 1009 for what is too large (channels.md section 4)."""
    async with chatting() as chat, chat.page(await chat.visit()) as page:
        await page.hear("status")
        await page.say(said)
        assert await page.ending() == code
        assert chat.line.events == []


async def test_forged_and_old_tokens_close_the_socket() -> None:
    """4403 forged, 4401 over; over HTTP 403 and 401."""
    async with chatting(visit_days=1) as chat:
        token = await chat.visit()
        forged = token[:-2] + ("aa" if not token.endswith("aa") else "bb")
        async with chat.page(forged) as page:
            assert await page.ending() == 4403
        assert (await chat.post("messages", {"client_id": "c", "text": "x"}, forged))[0] == 403
        assert (await chat.post("messages", {"client_id": "c", "text": "x"}))[0] == 401
        chat.clock.advance(2 * 86_400)
        async with chat.page(token) as page:
            assert await page.ending() == 4401
        assert (await chat.get("messages", token))[0] == 401


async def test_the_token_of_another_account_is_forged() -> None:
    """Same secret, other account: each token names its own."""
    async with chatting() as chat:
        other = WebChat(Settings(secret=SECRET), tools("other"))
        assert (await chat.get("messages", other.visits.sign(other.visits.begin())))[0] == 403


@pytest.mark.parametrize(("settings", "most"), [({}, 5), ({"messages": 2}, 2)], ids=["default", "set"])
async def test_flooding_is_told_to_wait_and_loses_nothing(settings: dict[str, int], most: int) -> None:
    """So many messages in ten seconds; one more waits, and is taken then."""
    async with chatting(**settings) as chat, chat.page(await chat.visit()) as page:
        for number in range(most + 1):
            await page.say(frame(f"c{number}"))
        for _ in range(most):
            await page.hear("ack")
        assert (await page.hear("wait"))["code"] == "too_many"
        chat.clock.advance(10)
        await page.say(frame(f"c{most}"))
        await page.hear("ack")
        assert len(chat.line.events) == most + 1


async def test_a_visit_has_so_many_pages_open() -> None:
    """A third page of a visit that may have two is refused; another visit's is not."""
    async with chatting(connections=2) as chat:
        token = await chat.visit()
        async with chat.page(token) as first, chat.page(token) as second, chat.page(token) as third:
            await first.hear("history")
            await second.hear("history")
            assert await third.ending() == 1013
            async with chat.page(await chat.visit()) as other:
                await other.hear("history")


@pytest.mark.parametrize(
    ("said", "code"),
    [({"text": " "}, "empty"), ({"text": "x" * 8_001}, "too_long"), ({"text": "x", "email": "nobody"}, "bad_email")],
)
async def test_what_will_never_be_taken_is_said(said: dict[str, str], code: str) -> None:
    """In words the page can show, and the socket stays."""
    async with chatting() as chat, chat.page(await chat.visit()) as page:
        await page.say(frame("c1") | said)
        assert (await page.hear("refused"))["code"] == code
        await page.say(frame("c2"))
        await page.hear("ack")


async def test_the_text_limit_counts_characters() -> None:
    """8,000 emoji are taken."""
    async with chatting() as chat:
        token = await chat.visit()
        assert (await chat.post("messages", {"client_id": "c", "text": "😀" * 8_000}, token))[0] == 200


async def test_a_user_needs_the_sites_proof() -> None:
    """HMAC of the user id; a wrong one, or one for somebody else, opens nothing."""
    async with chatting(realm="shop") as chat:
        token = await chat.visit(identity={"user": "17", "proof": proof("17"), "name": "Ana"})
        assert chat.address(token) == Address("user", "shop:17")
        await chat.post("messages", {"client_id": "c", "text": "hi"}, token)
        assert (chat.line.events[0].verified, chat.line.events[0].name) == ("site", "Ana")
        for bad in (proof("18"), proof("17", Secret("another-secret-1")), "", "é"):
            assert (await chat.post("visit", {"identity": {"user": "17", "proof": bad}}))[0] == 403
        again = await chat.visit(token=token)
        assert chat.address(again).kind == "visitor", "a signed-out user's token alone opens nothing"


async def test_a_visit_goes_on_with_its_token() -> None:
    """Next day, same visitor; sites that are not listed may not show it."""
    async with chatting() as chat:
        token = await chat.visit(host=ORIGIN)
        assert chat.address(await chat.visit(token=token)) == chat.address(token)
        assert (await chat.post("visit", {"host": "https://evil.example"}))[0] == 403
        assert (await chat.post("visit", {}, origin="https://evil.example"))[0] == 403
        async with chat.http.post(f"{chat.base}/visit", headers={"Origin": ORIGIN}) as response:
            assert response.headers["Access-Control-Allow-Origin"] == ORIGIN


async def test_a_visit_opens_a_bounded_number_of_sockets() -> None:
    """Twelve; the thirteenth is told to try again."""
    async with chatting() as chat:
        token = await chat.visit()
        async with AsyncExitStack() as stack:
            for _ in range(12):
                page = await stack.enter_async_context(chat.page(token))
                await page.hear("status")
            async with chat.page(token) as page:
                assert await page.ending() == 1013


async def test_sending_hands_nothing_over() -> None:
    """The message stands in the stream; every open page follows it."""
    sent = await HOUSE.channel.send(outbound(VISITOR))
    assert (sent.external_id, sent.status) == (outbound(VISITOR).outbox_id, "sent")


async def test_check_tells_short_secrets() -> None:
    """Before they are used."""
    assert (await HOUSE.channel.check()).ok
    for settings in (Settings(secret=Secret("short")), Settings(secret=SECRET, site_secret=Secret("short"))):
        assert not (await WebChat(settings, tools("web")).check()).ok


def test_a_recorded_frame_keeps_its_time() -> None:
    """``continuo parse webchat``."""
    parsed = WebChat.parse_file(fixture("webchat", "user.json"), "user.json")
    assert parsed.events[0].occurred_at == datetime(2026, 11, 24, 9, 14, 5, tzinfo=UTC)
