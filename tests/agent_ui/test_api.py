"""The HTTP interface: what the document says is what the server does; hostile requests get a clear answer."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openapi_spec_validator import validate
from yarl import URL

from agent_ui.openapi import document
from agent_ui.server import api_routes
from tests.agent_ui.site import OPTIONS, PASSWORD, Site, serve

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "agent_ui" / "openapi.json"
pytestmark = pytest.mark.loop_may_block(
    seconds=0.6, reason="the fixture hashes its one password in the test's own thread"
)


def generated() -> Any:
    return json.loads(msgspec.json.encode(document(api_routes(), "0.1.0")))


def test_the_document_is_valid_openapi() -> None:
    validate(generated())


def test_the_committed_document_is_the_generated_one() -> None:
    assert json.loads(COMMITTED.read_text()) == generated(), "run: python -m agent_ui.openapi > agent_ui/openapi.json"


async def test_one_conversation_by_the_api(site: Site) -> None:
    """Boot, take, answer, timeline, close: each answer carries the position it made."""
    await site.customer_says("Hello")
    async with site.signed_in("mia") as client:
        async with client.get("/api/boot") as answer:
            boot = await answer.json()
        (row,) = boot["snapshot"]["rows"]
        interaction, customer = row["interaction"]["interaction_id"], row["interaction"]["customer_id"]
        positions = [boot["snapshot"]["position"]]
        for path, body in (
            ("/api/interactions/take", {"client_id": "take-0001", "interaction_id": interaction}),
            (
                "/api/messages",
                {"client_id": "send-0001", "interaction_id": interaction, "text": "Hi", "last_seen": positions[0]},
            ),
            ("/api/notes", {"client_id": "note-0001", "customer_id": customer, "text": "VIP"}),
            ("/api/interactions/close", {"client_id": "close-001", "interaction_id": interaction}),
        ):
            async with client.post(path, json=body) as answer:
                assert answer.status == 200, await answer.text()
                positions.append((await answer.json())["position"])
        assert positions == sorted(set(positions))
        async with client.get(f"/api/customers/{customer}/timeline") as answer:
            page = await answer.json()
    said = [one["data"]["text"] for one in page["events"] if one["type"] in ("message.received", "message.queued")]
    assert said == ["Hello", "Hi"]


@pytest.mark.parametrize(
    ("body", "label"),
    [
        (b"", "empty"),
        (b"{", "truncated"),
        (b"\xff\xfe{}", "wrongly encoded"),
        (b"[" * 20_000, "deep"),
        (b'{"client_id": "abcdefgh", "text": "x", "unknown": 1}', "unknown field"),
        (b'{"client_id": "x"}', "short id"),
        (b"null", "null"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_body_that_is_none_is_refused(any_site: Site, body: bytes, label: str) -> None:
    """Truncated, wrongly encoded, deep, unknown: 422 with words, nothing is written."""
    async with any_site.signed_in("mia") as client:
        before = await any_site.hub.store.head()
        async with client.post("/api/messages", data=body, headers={"Content-Type": "application/json"}) as answer:
            problem = await answer.json()
        assert (answer.status, problem["code"]) == (422, "invalid")
        assert answer.headers["X-Request-Id"]
    assert await any_site.hub.store.head() == before


async def test_a_huge_body_is_not_read(any_site: Site) -> None:
    """Huge: refused by its announced length, and while it is read where it announces none."""
    async with any_site.signed_in("mia") as client:
        headers = {"Content-Type": "application/json"}
        async with client.post("/api/notes", data=io.BytesIO(b"x" * 3_000_000), headers=headers) as answer:
            assert answer.status == 413

        async def endless() -> Any:
            for _ in range(100):
                yield b"x" * 65_536

        async with client.post("/api/notes", data=endless(), headers=headers) as answer:
            assert answer.status == 413


async def test_a_bomb_is_not_unpacked(any_site: Site) -> None:
    """Compressed: a small body that would become a hundred megabytes is refused at the limit."""
    bomb = gzip.compress(b" " * 100_000_000)
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    async with any_site.signed_in("mia") as client, client.post("/api/notes", data=bomb, headers=headers) as answer:
        assert answer.status == 413


async def test_a_slow_body_is_cut_off(any_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow: announced, begun, never finished. 408, and the connection ends."""
    monkeypatch.setattr("hub.bodies.PATIENCE", 0.05)
    for path, kind in (("/api/session", "application/json"), ("/api/session", "text/plain")):
        head = (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nX-Continuo: 1\r\nContent-Type: {kind}\r\nContent-Length: 100\r\n\r\n{{"
        )
        reader, writer = await asyncio.open_connection(*address_of(any_site))
        writer.write(head.encode())
        async with asyncio.timeout(5):
            status = await reader.readline()
            if kind == "application/json":
                assert b" 408 " in status
                assert await reader.read()
            else:
                assert b" 422 " in status
        writer.close()


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 100\r\n\r\n{",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
        b"Content-Encoding: br\r\nContent-Length: 9\r\n\r\nnot brot!",
    ],
    ids=["truncated", "no chunk", "no gzip", "no brotli"],
)
async def test_a_body_that_breaks_off_is_nobodys_fault(
    any_site: Site, rest: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Truncated and garbled: no error of ours, nothing in the log, the next request is served."""
    reader, writer = await asyncio.open_connection(*address_of(any_site))
    writer.write(b"POST /api/session HTTP/1.1\r\nHost: x\r\nX-Continuo: 1\r\nContent-Type: application/json\r\n" + rest)
    writer.write_eof()
    async with asyncio.timeout(5):
        answer = await reader.read()
    writer.close()
    assert answer == b"" or b" 40" in answer.splitlines()[0] or b" 422" in answer.splitlines()[0]
    assert [one for one in caplog.records if one.name.startswith("agent_ui") or "Task" in one.message] == []
    async with any_site.visitor() as client, client.get("/readyz") as ready:
        assert ready.status == 200


def address_of(site: Site) -> tuple[str, int]:
    host, port = site.url.removeprefix("http://").split(":")
    return host, int(port)


async def test_characters_that_no_store_takes(site: Site) -> None:
    """Wrongly encoded: NUL, lone surrogates and broken UTF-8 in texts, paths and searches: no error of ours."""
    await site.customer_says("Hello")
    async with site.signed_in("ada") as client:
        async with client.get("/api/boot") as answer:
            row = (await answer.json())["snapshot"]["rows"][0]["interaction"]
        ids = {"client_id": "strange-1", "interaction_id": row["interaction_id"], "customer_id": row["customer_id"]}
        for text in ("\\u0000", "a\\u0000b", "\\ud800", "\\udfff\\ud800"):
            for method, path, fields in (
                ("POST", "/api/notes", {**ids, "text": text}),
                ("PUT", "/api/drafts", {"interaction_id": ids["interaction_id"], "kind": "note", "text": text}),
                ("PUT", "/api/drafts", {"interaction_id": text, "kind": "note", "text": "x"}),
                ("POST", "/api/offers/accept", {"client_id": "strange-2", "offer_id": text}),
                ("POST", "/api/users", {"email": f"{text}@x.example", "name": text, "password": PASSWORD}),
                ("PATCH", "/api/users/mia", {"name": text}),
                ("POST", "/api/presence", {"client_id": "strange-3", "status": "away", "reason": text}),
                ("PATCH", f"/api/customers/{row['customer_id']}", {**ids, "name": text, "interaction_id": None}),
            ):
                body = json.dumps(fields).replace("\\\\u", "\\u")
                headers = {"Content-Type": "application/json"}
                async with client.request(method, path, data=body, headers=headers) as answer:
                    assert answer.status < 500, (method, path, text, await answer.text())
        for path in (
            "/api/customers?q=%00",
            "/api/customers?q=%ff%fe",
            "/api/customers?q=%ed%a0%80",
            "/api/customers/%00",
            "/api/customers/%ff/timeline",
            f"/api/customers/{row['customer_id']}/timeline?before=%00",
            f"/api/customers/{row['customer_id']}/timeline?before=99999999999999999999.99999999999999999999",
            "/api/messages/%00/traces",
            "/api/media/%00",
            "/api/events?after=9999999999999999999999",
            "/console/%00",
            "/console/%ff",
            "/widget/panel.html?channel=%00",
            "/c/webchat/%00/visit",
        ):
            async with client.get(URL(path, encoded=True)) as answer:
                assert answer.status < 500, (path, await answer.text())


async def test_a_draft_of_two_windows(site: Site) -> None:
    """Raced: the older window is told, with what the newer one wrote."""
    await site.customer_says("Hello")
    async with site.signed_in("mia") as client:
        async with client.get("/api/boot") as answer:
            interaction = (await answer.json())["snapshot"]["rows"][0]["interaction"]["interaction_id"]
        draft = {"interaction_id": interaction, "kind": "reply", "text": "one", "version": 0}
        async with client.put("/api/drafts", json=draft) as answer:
            assert (await answer.json())["version"] == 1
        async with client.put("/api/drafts", json={**draft, "text": "stale"}) as answer:
            problem = await answer.json()
        assert (answer.status, problem["draft"]["text"]) == (409, "one")
        async with client.delete(f"/api/drafts/{interaction}/reply") as answer:
            assert answer.status == 204


async def test_files_come_back_in_a_sandbox(any_site: Site) -> None:
    """Hostile: a page pretending to be a picture is a download that no browser runs; ids are not paths."""
    async with any_site.signed_in("mia") as client:
        evil = b"<html><script>alert(1)</script></html>"
        async with client.post(
            "/api/media?name=../../a.png", data=evil, headers={"Content-Type": "image/png"}
        ) as answer:
            file = await answer.json()
        assert (file["name"], file["size"]) == ("....a.png", len(evil))
        async with client.get(f"/api/media/{file['media_id']}?type=text/html&name=a.html") as answer:
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert answer.headers["Content-Security-Policy"].startswith("sandbox")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.content_type == "application/octet-stream"
        for wrong in ("0" * 64, "..%2f..%2fetc%2fpasswd", "x"):
            async with client.get(f"/api/media/{wrong}") as answer:
                assert answer.status == 404


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/queues", {"mia", "eva", "ada"}),
        ("/api/agents", {"mia", "eva", "ada"}),
        ("/api/channels", {"mia", "eva", "ada"}),
        ("/api/snapshot", {"mia", "eva", "ada"}),
        ("/api/customers?q=x", {"mia", "eva", "ada"}),
        ("/api/messages/none/traces", {"mia", "eva", "ada"}),
        ("/api/unreadable", {"eva", "ada"}),
        ("/api/events", {"eva", "ada"}),
        ("/api/users", {"ada"}),
    ],
)
async def test_who_may_read_what(any_site: Site, path: str, allowed: set[str]) -> None:
    """Unauthorised: nobody without a session reads anything, agents and supervisors what their role is for."""
    async with any_site.visitor() as client, client.get(path) as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "unauthorised")
    for name in ("mia", "eva", "ada"):
        async with any_site.signed_in(name) as client, client.get(path) as answer:
            assert answer.status == (200 if name in allowed else 403), name
            assert answer.headers["Cache-Control"] == "no-store"


async def test_a_part_of_a_file_can_be_asked_for(any_site: Site) -> None:
    """Range requests, so that a recording can be played from its middle."""
    async with any_site.signed_in("mia") as client:
        content = b"%PDF-1.4 " + bytes(range(256)) * 100
        async with client.post("/api/media?name=a.pdf", data=content) as answer:
            file = await answer.json()
        url = f"/api/media/{file['media_id']}?name=a.pdf"
        async with client.get(url, headers={"Range": "bytes=9-18"}) as answer:
            assert (answer.status, await answer.read()) == (206, content[9:19])
        async with client.get(url) as answer:
            assert (answer.content_type, await answer.read()) == ("application/pdf", content)
    async with any_site.visitor() as client, client.get(url) as answer:
        assert answer.status == 401


async def test_the_stream_is_for_supervisors(site: Site) -> None:
    """Unauthorised: agents don't read it; a supervisor reads it gapless from any position."""
    await site.customer_says("Hello")
    async with site.signed_in("mia") as client, client.get("/api/events") as answer:
        assert answer.status == 403
    async with site.signed_in("eva") as client, client.get("/api/events?after=2&limit=2") as answer:
        assert [one["position"] for one in await answer.json()] == [3, 4]


async def test_a_fault_of_ours_tells_nothing(
    any_site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Broken inside: the person gets an id, the log has it too; what failed is nobody's business outside."""

    async def broken() -> None:
        raise RuntimeError("postgresql://user:s3cret@host")

    monkeypatch.setattr(any_site.hub.desk, "queues", broken)
    async with any_site.signed_in("mia") as client, client.get("/api/queues") as answer:
        text = await answer.text()
    assert answer.status == 500
    assert "s3cret" not in text
    assert json.loads(text)["request_id"] == answer.headers["X-Request-Id"]
    assert answer.headers["X-Request-Id"] in caplog.text


async def test_without_a_store_nothing_is_accepted(site: Site) -> None:
    """Stopped store: 503 with a time to come back, and not ready; the process itself is alive."""
    async with site.signed_in("mia") as client:
        await site.hub.store.close()
        async with client.post("/api/notes", json={}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
        for path, status in (("/readyz", 503), ("/healthz", 200)):
            async with client.get(path) as answer:
                assert answer.status == status


async def test_health_and_metrics(site: Site) -> None:
    async with site.visitor() as client:
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
            async with client.get(path) as answer:
                assert answer.status == 200, path


async def test_strangers_do_not_see_the_metrics(any_site: Site) -> None:
    """Forged: from another machine through a proxy here, saying "I am local": not found, as where nothing is."""
    for said in ("198.51.100.7", "127.0.0.1, 198.51.100.7", "localhost"):
        far = any_site.visitor(**{"X-Forwarded-For": said})
        async with far as client, client.get("/metrics") as answer, client.get("/nothing") as nothing:
            assert (answer.status, await answer.json()) == (404, await nothing.json())
    async with any_site.visitor() as client, client.get("/metrics") as answer:
        assert "continuo_events_total" in await answer.text()


async def test_public_metrics_are_for_everybody(sqlite_store_url: str, tmp_path: Path) -> None:
    """The setting says so: a request from far away is answered."""
    options = msgspec.structs.replace(OPTIONS, metrics="public")
    far = {"X-Forwarded-For": "198.51.100.7"}
    async with (
        serve(sqlite_store_url, tmp_path / "data", options=options) as site,
        site.visitor(**far) as client,
        client.get("/metrics") as answer,
    ):
        assert answer.status == 200


async def test_nothing_is_at_other_addresses(any_site: Site) -> None:
    async with any_site.visitor() as client:
        for path in ("/api/nothing", "/c/webchat/none/visit", "/c/api/chat/messages", "/widget/..%2f..%2fserver.py"):
            async with client.get(path) as answer:
                assert answer.status == 404, path


async def test_a_slow_client_does_not_hold_the_others(any_site: Site) -> None:
    """Slow: a hundred connections that send nothing; a request beside them is answered at once."""
    host, port = any_site.url.removeprefix("http://").split(":")
    idle = [await asyncio.open_connection(host, int(port)) for _ in range(100)]
    for _, writer in idle:
        writer.write(b"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n")
    try:
        async with asyncio.timeout(5), any_site.visitor() as client, client.get("/readyz") as answer:
            assert answer.status == 200
    finally:
        for _, writer in idle:
            writer.close()
