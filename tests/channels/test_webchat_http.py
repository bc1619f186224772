"""The chat over plain HTTP: files, polling, and what a stranger may try there."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import unquote, urlsplit

import pytest

from channels.webchat.fallback import file_name
from tests.channels.chats import chatting


async def test_files_go_up_with_a_ticket_and_come_down_to_their_visit_only() -> None:
    """Knowing a hash is not having the content; another visit gets 404 and can't use the ticket."""
    async with chatting() as chat:
        mine, other = await chat.visit(), await chat.visit()
        headers = {"Content-Type": "image/png", "Authorization": f"Bearer {mine}"}
        async with chat.http.post(f"{chat.base}/upload?name=../a.png", data=b"\x89PNG", headers=headers) as response:
            uploaded = await response.json()
        assert uploaded["file"]["name"] == ".._a.png"
        said = {"client_id": "c", "attachments": [uploaded["ticket"]]}
        assert (await chat.post("messages", said, other))[0] == 403
        assert (await chat.post("messages", said, mine))[0] == 200
        place = f"file/{uploaded['file']['media_id']}"
        assert await chat.get(place, mine) == (200, b"\x89PNG")
        assert (await chat.get(place, other))[0] == 404


@pytest.mark.parametrize(
    ("kind", "size", "status"), [("text/html", 10, 422), ("image/png", 2_000, 413), ("image/svg+xml", 10, 422)]
)
async def test_files_of_other_types_or_too_large_are_refused(kind: str, size: int, status: int) -> None:
    """By a list of types and a limit, before they are kept."""
    async with chatting(upload_bytes=1_000) as chat:
        token = await chat.visit()
        headers = {"Content-Type": kind, "Authorization": f"Bearer {token}"}
        async with chat.http.post(f"{chat.base}/upload", data=b"x" * size, headers=headers) as response:
            assert response.status == status
        assert chat.line.media == {}


@pytest.mark.parametrize("action", ["visit", "messages", "upload?name=a.png"])
async def test_a_visitor_who_trickles_is_cut_off(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow: the body is announced, begun, never finished. 408, the connection ends, nothing is kept."""
    monkeypatch.setattr("hub.bodies.PATIENCE", 0.05)
    async with chatting() as chat:
        token, url = await chat.visit(), urlsplit(chat.base)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(
            f"POST {url.path}/{action} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: image/png\r\nContent-Length: 100\r\n\r\n{{".encode()
        )
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        assert b" 408 " in head
        assert b"Connection: close" in head
        assert (chat.line.events, chat.line.media) == ([], {})


async def test_marks_over_http_are_counted() -> None:
    """Flooded: a script that marks as read a thousand times a second is told to wait; another visit is not."""
    async with chatting() as chat:
        token, other = await chat.visit(), await chat.visit()

        async def mark(of: str) -> int:
            headers = {"Authorization": f"Bearer {of}", "Content-Type": "application/json"}
            body = json.dumps({"t": "marks", "delivered": 0, "read": 0})
            async with chat.http.post(f"{chat.base}/marks", data=body, headers=headers) as response:
                return response.status

        found = [await mark(token) for _ in range(101)]
        assert (found[0], found[-1]) == (204, 429)
        assert await mark(other) == 204


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a%0Ab.png", "ab.png"),
        ("..%2F..%2Fa.png", ".._.._a.png"),
        ("gpj.%E2%80%AEexe.png", "gpj.exe.png"),
        ("", "file"),
    ],
    ids=["two lines", "folders", "turned round", "none"],
)
def test_a_file_has_a_name_that_is_one(name: str, kept: str) -> None:
    """Hostile names: they stand in headers, mails and on the agent's screen."""
    assert file_name(unquote(name)) == kept


async def test_a_page_without_sockets_polls() -> None:
    """Waits for the answer and gets it; then only what is new."""
    async with chatting() as chat:
        token = await chat.visit()
        chat.line.answer(chat.address(token), "one")
        _, polled = await chat.get("messages?after=0", token)
        assert [item["text"] for item in polled["messages"]] == ["one"]
        chat.line.answer(chat.address(token), "two")
        _, polled = await chat.get(f"messages?after={polled['position']}&wait=5", token)
        assert [item["text"] for item in polled["messages"]] == ["two"]


@pytest.mark.parametrize(
    ("method", "action", "status"),
    [("GET", "visit", 405), ("POST", "nonsense", 404), ("DELETE", "messages", 405), ("OPTIONS", "messages", 204)],
)
async def test_other_addresses_and_methods(method: str, action: str, status: int) -> None:
    """Problem+json, never an exception."""
    async with chatting() as chat, chat.http.request(method, f"{chat.base}/{action}") as response:
        assert response.status == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"client_id":5}', b"x" * 70_000])
async def test_bad_bodies_over_http(body: bytes) -> None:
    """400 or 413, nothing kept."""
    async with chatting() as chat:
        status, _ = await chat.post("messages", body, await chat.visit())
        assert status in (400, 413)
        assert chat.line.events == []
