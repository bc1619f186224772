"""Webhooks: forged, duplicated, huge, slow, broken off, with a store that is away. Committed before answered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hub import events as ev
from hub.addresses import address
from hub.bus import open_bus
from hub.errors import Missing, Rejected, TooMany
from hub.events import MessageReceived
from hub.ids import ChannelId, MediaId
from hub.inbox import AccountLine, Arrivals
from hub.ingest import Ingest
from hub.media import Media
from hub.ports import Incoming, Ingested, Line, Outbound, Parsed, Sent, Webhook, WebhookAnswer
from hub.signals import Signals
from hub.store import Store
from hub.store.events import events_after
from hub.webhooks import LARGE, Doors, add_routes
from tests import given
from tests.hub.provider import Provider, catalog

SECRET = b"shop-secret"


class Shop(Provider):
    """A provider with a signature over the raw bytes and one message per request."""

    kind: ClassVar[str] = "shop"

    def __init__(self, **abilities: Any) -> None:
        super().__init__(**abilities)
        self.webhooks: list[Webhook] = []
        self.parsed_on: list[bool] = []

    def verify(self, request: Webhook) -> None:
        given_signature = request.headers.get("x-signature")
        if given_signature is None:
            raise Missing
        if not hmac.compare_digest(given_signature, sign(request.body)):
            raise Rejected

    def parse(self, request: Webhook) -> Parsed:
        self.webhooks.append(request)
        try:
            self.parsed_on.append(asyncio.get_running_loop() is not None)
        except RuntimeError:
            self.parsed_on.append(False)
        body = msgspec.json.decode(request.body, type=dict[str, Any])
        if not body:
            return Parsed()
        sender = address("email", body["from"])
        return Parsed(
            events=(
                Incoming(data=MessageReceived(text=body["text"], sender=sender), external_id=body["id"], sender=sender),
            )
        )


class Talking(Shop):
    """Wants content in the answer."""

    kind: ClassVar[str] = "talking"

    def answer(self, request: Webhook, result: Ingested) -> WebhookAnswer:
        said = {"duplicate": result.duplicate, "position": result.accepted[0].position}
        return WebhookAnswer(status=201, body=json.dumps(said).encode(), content_type="application/json; charset=utf-8")


class Serving(Provider):
    """Answers by itself."""

    kind: ClassVar[str] = "serving"

    async def serve(self, request: web.Request, line: Line) -> web.StreamResponse:
        match request.match_info["action"]:
            case "accept":
                result = await line.accept(Parsed(events=(given.incoming("Hi", external_id="s1"),)))
                return web.json_response({"duplicate": result.duplicate})
            case "busy":
                raise TooMany("Too many visits.")
            case "defect":
                raise KeyError("defect")
            case _:
                return web.Response(text=request.match_info["action"])

    async def send(self, message: Outbound) -> Sent:
        raise AssertionError


def sign(body: bytes) -> str:
    return hmac.new(SECRET, body, hashlib.sha256).hexdigest()


def message(text: str = "Hello", number: str = "m1", sender: str = "ada@example.org") -> bytes:
    return json.dumps({"id": number, "text": text, "from": sender}).encode()


@dataclass
class House:
    store: Store
    doors: Doors
    server: TestServer
    http: aiohttp.ClientSession
    channels: dict[str, Any]

    async def post(
        self, body: bytes, *, to: str = "shop/shop/messages", signature: str | None = "right"
    ) -> web.Response:
        headers = {} if signature is None else {"X-Signature": sign(body) if signature == "right" else signature}
        async with self.http.post(self.server.make_url(f"/c/{to}"), data=body, headers=headers) as answer:
            return web.Response(
                status=answer.status,
                body=await answer.read(),
                headers={
                    "Content-Type": answer.headers["Content-Type"],
                    "X-Retry": answer.headers.get("Retry-After", ""),
                },
            )

    async def events(self) -> list[ev.Event]:
        return await self.store.read(lambda view: events_after(view, 0, 1000))

    async def texts(self) -> list[str]:
        return [data.text for one in await self.events() if isinstance(data := one.read(), ev.MessageReceived)]

    def count(self, outcome: str, channel: str = "shop") -> int:
        return Counter(self.doors.counts)[ChannelId(channel), outcome]  # type: ignore[index]  # one of them


@asynccontextmanager
async def open_house(store: Store, folder: Path, **abilities: Any) -> AsyncIterator[House]:
    channels = {"shop": Shop(**abilities), "talking": Talking(), "serving": Serving(), "mute": Provider()}
    known = catalog(**channels)
    media = Media(folder / "media", store)
    async with open_bus("memory://") as bus, aiohttp.ClientSession() as http:
        arrivals, signals = Arrivals(Ingest(known)), Signals(bus, store)
        lines = {key: AccountLine(one, store, arrivals, media, signals) for key, one in known.accounts.items()}
        doors = Doors(known, lines, store.clock, "https://hub.example")
        app = web.Application()
        add_routes(app, doors)
        server = TestServer(app)
        async with server:
            yield House(store, doors, server, http, channels)


@pytest.fixture
async def house(store: Store, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(store, tmp_path) as opened:
        yield opened


@pytest.fixture
async def small(sqlite_store: Store, tmp_path: Path) -> AsyncIterator[House]:
    """Takes at most 1000 bytes."""
    async with open_house(sqlite_store, tmp_path, body_bytes=1000) as opened:
        yield opened


async def test_a_signed_message_is_in_the_store_when_the_answer_comes(house: House) -> None:
    answer = await house.post(message())
    assert (answer.status, answer.body) == (200, b"")
    assert await house.texts() == ["Hello"]
    assert house.count("accepted") == 1


async def test_the_channel_sees_the_request_as_it_was_called(house: House) -> None:
    """The public address, not the Host header; the path and query untouched; header names in lower case."""
    body = message()
    url = house.server.make_url("/c/shop/shop/a/b%20c?x=1&y=%C3%A4&x=2")
    async with house.http.post(url, data=body, headers={"X-Signature": sign(body), "Host": "evil.example"}) as answer:
        assert answer.status == 200
    [webhook] = house.channels["shop"].webhooks
    assert webhook.url == f"https://hub.example{url.raw_path_qs}"
    assert (webhook.method, webhook.action, webhook.body) == ("POST", "a/b c", body)
    assert webhook.query["y"] == "ä"
    assert webhook.headers["x-signature"] == sign(body)


async def test_a_repeated_message_is_answered_alike_and_kept_once(house: House) -> None:
    """Ten at once and one more: providers repeat when in doubt."""
    answers = await asyncio.gather(*(house.post(message(), to="talking/talking/x") for _ in range(10)))
    again = await house.post(message(), to="talking/talking/x")
    assert {answer.status for answer in (*answers, again)} == {201}
    said = [json.loads(bytes(answer.body)) for answer in (*answers, again)]  # type: ignore[arg-type]  # bytes
    assert len({one["position"] for one in said}) == 1
    assert [one["duplicate"] for one in said].count(False) == 1
    assert again.headers["Content-Type"] == "application/json; charset=utf-8"
    assert await house.texts() == ["Hello"]
    assert (house.count("accepted", "talking"), house.count("duplicate", "talking")) == (1, 10)


@pytest.mark.parametrize(
    ("signature", "status"),
    [(None, 401), ("", 403), ("0" * 64, 403), (sign(message())[:-1], 403), (sign(b"another body"), 403)],
    ids=["missing", "empty", "zeros", "truncated", "of another body"],
)
async def test_what_is_forged_is_neither_parsed_nor_kept(house: House, signature: str | None, status: int) -> None:
    answer = await house.post(message(), signature=signature)
    assert answer.status == status
    assert await house.events() == []
    assert house.channels["shop"].webhooks == []
    assert house.count("forged") == 1


async def test_many_forged_requests_raise_an_alert(small: House, caplog: pytest.LogCaptureFixture) -> None:
    """More than twenty in a minute; once, not for each."""
    with caplog.at_level(logging.WARNING, "hub.webhooks"):
        for _ in range(20):
            await small.post(message(), signature="no")
        assert caplog.records == []
        for _ in range(5):
            await small.post(message(), signature="no")
    assert [record.getMessage() for record in caplog.records] == [
        "shop: more than 20 forged requests within a minute, the last from 127.0.0.1"
    ]


@pytest.mark.parametrize("to", ["shop/nobody/x", "nothing/shop/x", "talking/shop/x", "mute/mute/x", "shop/shop%2Fx/x"])
async def test_an_unknown_door_is_not_there(small: House, to: str) -> None:
    """No such account, an account of another kind, a channel that takes no webhooks."""
    assert (await small.post(message(), to=to)).status == 404


async def test_a_store_that_is_away_is_said_so_that_the_provider_repeats(sqlite_store: Store, tmp_path: Path) -> None:
    async with open_house(sqlite_store, tmp_path) as house:
        await sqlite_store.close()
        answer = await house.post(message())
        assert (answer.status, answer.headers["X-Retry"]) == (503, "5")
        assert house.count("unavailable") == 1


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'{"id": 1}', b"\xff\xfe", b"[" * 100_000], ids=lambda body: repr(body[:9])
)
async def test_what_a_channel_cannot_parse_is_kept_as_it_came(house: House, tmp_path: Path, body: bytes) -> None:
    """Signed, and the channel fails on it: 200, one visible event with the raw bytes, however often it comes."""
    for _ in range(2):
        assert (await house.post(body)).status == 200
    [event] = await house.events()
    data = event.read()
    assert isinstance(data, ev.PayloadUnreadable)
    raw = MediaId(hashlib.sha256(body).hexdigest())
    assert (event.type, data.raw, data.size) == ("payload.unreadable", raw, len(body))
    assert await Media(tmp_path / "media", house.store).read_media(raw) == body
    assert (await house.post(message())).status == 200
    assert await house.texts() == ["Hello"]


async def test_what_the_store_cannot_hold_is_kept_as_it_came(house: House) -> None:
    """Wrongly encoded (a NUL in an id), signed, refused by the store: 200, one visible event, others go on."""
    body = message(number="a\0b")
    answers = await asyncio.gather(house.post(body), house.post(message()), house.post(body))
    assert [answer.status for answer in answers] == [200, 200, 200]
    [data] = [data for event in await house.events() if isinstance(data := event.read(), ev.PayloadUnreadable)]
    assert data.raw == hashlib.sha256(body).hexdigest()
    assert await house.texts() == ["Hello"]
    assert house.count("unreadable") == 2


async def test_a_large_body_is_parsed_beside_the_loop(house: House) -> None:
    await house.post(message())
    await house.post(message("x" * LARGE, "m2"))
    assert house.channels["shop"].parsed_on == [True, False]


# size and time


async def test_too_large_by_its_own_word_is_refused_before_it_is_sent(small: House) -> None:
    """The answer comes while the sender still waits to send the body; the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", small.server.port)
    writer.write(b"POST /c/shop/shop/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000000\r\n\r\n")
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
    assert b" 413 " in answer
    assert b"connection: close" in answer.lower()
    writer.close()
    await writer.wait_closed()
    assert small.count("too_large") == 1


async def test_too_large_without_a_word_is_refused_while_reading(small: House) -> None:
    """Chunked, endless: nothing beyond the limit is kept."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 50_000_000:
            sent += 500
            yield b"x" * 500
            await asyncio.sleep(0)

    url = small.server.make_url("/c/shop/shop/x")
    status = 0
    try:
        async with small.http.post(url, data=endless()) as answer:
            status = answer.status
    except aiohttp.ClientError:
        status = 413
    assert status == 413
    assert sent < 20_000_000
    assert small.count("too_large") == 1
    assert await small.events() == []


async def test_exactly_the_limit_is_taken(small: House) -> None:
    body = message()
    body = message("x" * (1000 - len(body) + len("Hello")))
    assert len(body) == 1000
    assert (await small.post(body)).status == 200
    assert (await small.post(body + b" ")).status == 413


async def test_a_slow_sender_is_cut_off_and_holds_nobody(small: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many connections that never finish their body; another request passes meanwhile."""
    monkeypatch.setattr("hub.bodies.PATIENCE", 0.3)
    slow = [await asyncio.open_connection("127.0.0.1", small.server.port) for _ in range(20)]
    for _, writer in slow:
        writer.write(b"POST /c/shop/shop/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert (await small.post(message())).status == 200
    async with asyncio.timeout(5):
        for reader, writer in slow:
            assert b" 408 " in await reader.readuntil(b"\r\n\r\n")
            writer.close()
            await writer.wait_closed()
    assert small.count("slow") == 20


async def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing(small: House) -> None:
    for _ in range(5):
        _, writer = await asyncio.open_connection("127.0.0.1", small.server.port)
        body = message()
        head = f"POST /c/shop/shop/x HTTP/1.1\r\nX-Signature: {sign(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body[:-5])
        await writer.drain()
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.abort()
    assert (await small.post(message(number="m2"))).status == 200
    assert await small.texts() == ["Hello"]


# channels that answer by themselves


async def test_a_channel_may_answer_by_itself(house: House) -> None:
    """Through the same entry: committed, then answered; its refusals become answers, its defects stay its own."""
    assert (await house.post(b"", to="serving/serving/any/thing")).body == b"any/thing"
    assert (await house.post(b"", to="serving/serving/accept")).body == b'{"duplicate": false}'
    assert (await house.post(b"", to="serving/serving/busy")).status == 429
    assert (await house.post(b"", to="serving/serving/defect")).status == 500
    assert (await house.post(message())).status == 200
    assert await house.texts() == ["Hi", "Hello"]


async def test_a_group_of_requests_shares_commits(house: House) -> None:
    """A hundred providers at once cost a few commits, each message is answered by its own."""
    before = house.store.counters.commits
    answers = await asyncio.gather(*(house.post(message(number=f"m{n}", sender=f"c{n}@x.org")) for n in range(100)))
    assert {answer.status for answer in answers} == {200}
    assert len(await house.texts()) == 100
    assert house.store.counters.commits - before < 60
