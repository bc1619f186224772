"""Traces: every call to a provider is on record, and no secret of its account ever is."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import given as examples
from hypothesis import strategies as st

from hub.ids import ChannelId, EventId, Ids
from hub.ports import Secret
from hub.store import Store, open_store
from hub.store.traces import NewTrace, put_traces, traces_of, traces_of_channel
from hub.traces import EXCERPT, Redactor, Trace, Traces, about_message, secrets_of
from tests import given
from tests.hub.provider import Watch
from tests.stores import running

TOKEN = 'se"cret/with+signs&äöü'
KEY = "0123456789abcdef"


class Deep(msgspec.Struct, frozen=True):
    keys: tuple[Secret, ...]
    by_name: dict[str, Secret]


class Settings(msgspec.Struct, frozen=True):
    token: Secret
    deep: Deep
    open: str = "harmless"


SETTINGS = Settings(token=Secret(TOKEN), deep=Deep(keys=(Secret(KEY),), by_name={"a": Secret("another one")}))


@pytest.fixture
async def peer() -> AsyncIterator[TestServer]:
    """Answers with what it got: path, query, headers and body."""

    async def echo(request: web.Request) -> web.Response:
        if request.path.startswith("/die"):
            assert request.transport is not None
            request.transport.abort()
        body = (await request.read()).decode(errors="replace")
        text = f"{request.raw_path}\n{request.headers.get('X-Say', '')}\n{body}"
        return web.Response(status=418, text=text)

    app = web.Application(client_max_size=10_000_000)
    app.router.add_route("*", "/{tail:.*}", echo)
    server = TestServer(app)
    async with server:
        yield server


async def kept(store: Store, traces: Traces) -> list[dict[str, Any]]:
    await traces.write()
    return (await store.read(lambda view: traces_of_channel(view, given.CHAT)))[::-1]


def test_every_secret_of_the_settings_is_found_however_deep() -> None:
    assert {one.reveal() for one in secrets_of(SETTINGS)} == {TOKEN, KEY, "another one"}


async def test_a_call_is_on_record(store: Store, peer: TestServer) -> None:
    """Method, address, status, both bodies and how long it took, filed under the message that was sent."""
    traces = Traces(store)
    about_message.set(EventId("e-1"))
    url = peer.make_url("/send?to=1")
    async with traces.client(given.CHAT, SETTINGS) as http, http.post(url, json={"text": "Hello"}) as answer:
        assert (await answer.text()).endswith('{"text": "Hello"}')
    about_message.set(None)
    [trace] = await kept(store, traces)
    assert trace.pop("seconds") >= 0
    assert trace == {
        "method": "POST",
        "url": str(peer.make_url("/send?to=1")),
        "status": 418,
        "error": "",
        "request": '{"text": "Hello"}',
        "response": '/send?to=1\n\n{"text": "Hello"}',
        "at": "2026-05-04T12:00:00Z",
    }
    assert len(await store.read(lambda view: traces_of(view, "e-1"))) == 1


async def test_a_call_that_fails_is_on_record(store: Store, peer: TestServer, unused_tcp_port: int) -> None:
    """Reset by the provider, and nobody there."""
    traces = Traces(store)
    async with traces.client(given.CHAT, SETTINGS) as http:
        for url in (peer.make_url(f"/die/{KEY}"), f"http://127.0.0.1:{unused_tcp_port}/{KEY}"):
            with pytest.raises(aiohttp.ClientError):
                await http.get(url)
    one, two = await kept(store, traces)
    assert one["status"] is two["status"] is None
    assert "ServerDisconnectedError" in one["error"] or "ClientOSError" in one["error"]
    assert "ClientConnectorError" in two["error"]
    assert KEY not in str((one, two))


@pytest.mark.parametrize("secret", [TOKEN, KEY, "another one"])
async def test_no_secret_is_on_record(store: Store, peer: TestServer, secret: str) -> None:
    """In the path, in the query, in a JSON or form body, in basic authentication, and echoed by the provider."""
    traces = Traces(store)
    basic = base64.b64encode(secret.encode()).decode()
    async with traces.client(given.CHAT, SETTINGS) as http:
        for call in (
            http.get(peer.make_url(f"/bot{quote(secret, safe='')}/send"), params={"token": secret}),
            http.post(peer.make_url("/a"), json={"token": secret}),
            http.post(peer.make_url("/a"), data=msgspec.json.encode({"token": secret})),
            http.post(peer.make_url("/a"), data={"token": secret}),
            http.post(peer.make_url("/a"), data=f"{basic}\n{secret}".encode(), headers={"X-Say": quote(secret)}),
        ):
            async with call as answer:
                await answer.read()
    found = await kept(store, traces)
    assert len(found) == 5
    for trace in found:
        text = str(trace)
        for form in (secret, quote(secret), quote(secret, safe=""), basic.rstrip("=")):
            assert form not in text, trace
        assert "***" in text


@examples(before=st.integers(0, EXCERPT * 4 + 40), copies=st.integers(1, 4))
def test_a_secret_across_the_cut_is_not_left_in_half(before: int, copies: int) -> None:
    """Bodies are cut off; a secret that stands there, or moved there because others were blacked out, goes whole."""
    redact = Redactor([Secret(KEY)])
    body = ((KEY + ".") * copies + "x" * before + KEY * 2).encode()
    room = EXCERPT * 4 + redact.longest
    text = redact.excerpt(body[:room], is_cut=len(body) >= room)
    assert KEY[:5] not in text


def test_card_numbers_are_not_on_record() -> None:
    """With the check digit right; other long numbers stay."""
    redact = Redactor([])
    assert redact("pay with 4111 1111 1111 1111, please") == "pay with [card number], please"
    assert redact("5500-0000-0000-0004") == "[card number]"
    assert redact("order 4111111111111112 of +351912345678901") == "order 4111111111111112 of +351912345678901"


def test_a_short_secret_does_not_black_out_words() -> None:
    assert Redactor([Secret("abc"), Secret("")])("abcabc") == "abcabc"


async def test_a_huge_body_is_kept_as_its_beginning(store: Store, peer: TestServer) -> None:
    traces = Traces(store)
    async with traces.client(given.CHAT, SETTINGS) as http, http.post(peer.make_url("/a"), data=b"y" * 900_000) as a:
        assert len(await a.read()) > 900_000
    [trace] = await kept(store, traces)
    assert len(trace["request"]) == len(trace["response"]) == EXCERPT


async def test_an_endless_answer_is_broken_off(
    sqlite_store: Store, peer: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.traces.ANSWER_BYTES", 100_000)
    traces = Traces(sqlite_store)
    async with traces.client(given.CHAT, SETTINGS) as http:
        with pytest.raises(aiohttp.ClientPayloadError, match="longer than 100000"):
            async with http.post(peer.make_url("/a"), data=b"y" * 500_000) as answer:
                await answer.read()


async def test_traces_are_written_by_themselves_and_the_rest_at_the_end(
    sqlite_store: Store, peer: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing waits for them; stopping writes what is left."""
    monkeypatch.setattr("hub.traces.WRITE_SECONDS", 0.01)
    monkeypatch.setattr("hub.traces.SETTLE_SECONDS", 0.0)
    traces = Traces(sqlite_store)
    writing = asyncio.create_task(traces.run())
    async with traces.client(given.CHAT, SETTINGS) as http:
        async with http.get(peer.make_url("/1")) as answer:
            await answer.read()
        await Watch(sqlite_store).until(lambda view: traces_of_channel(view, given.CHAT), lambda found: len(found) == 1)
        async with http.get(peer.make_url("/2")) as answer:
            await answer.read()
    writing.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writing
    found = await sqlite_store.read(lambda view: traces_of_channel(view, given.CHAT))
    assert [trace["url"][-2:] for trace in found] == ["/2", "/1"]


async def test_traces_go_after_a_month(
    migrated_url: str, clock: given.FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty days old: gone, more than one step's worth too; a day younger: kept."""
    monkeypatch.setattr("hub.traces.DROP", 2)
    shop = ChannelId("shop")

    def called(count: int) -> list[NewTrace]:
        return [NewTrace(shop, None, clock.now(), Trace(method="GET", url="/", seconds=0.1, at=clock.now()))] * count

    ids = Ids(milliseconds=lambda: int(clock.now().timestamp() * 1000))
    async with running(open_store(migrated_url, clock, ids)) as store:
        traces = Traces(store)
        await store.write(lambda tx: put_traces(tx, called(5)))
        clock.forward(days=1)
        await store.write(lambda tx: put_traces(tx, called(1)))
        for days, kept in ((29, 6), (1, 1), (1, 0)):
            await traces.drop_old()
            assert len(await store.read(lambda view: traces_of_channel(view, shop))) == kept
            clock.forward(days=days, seconds=1)
            await traces.drop_old()


async def test_when_nobody_writes_the_oldest_are_lost(
    sqlite_store: Store, peer: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory stays bounded, and the loss is counted."""
    monkeypatch.setattr("hub.traces.QUEUE", 3)
    traces = Traces(sqlite_store)
    async with traces.client(given.CHAT, SETTINGS) as http:
        for number in range(5):
            async with http.get(peer.make_url(f"/{number}")):
                pass
    assert [trace["url"][-1] for trace in await kept(sqlite_store, traces)] == ["2", "3", "4"]
    assert traces.lost == 2
