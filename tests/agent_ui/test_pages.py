"""The built pages: found by every address of the console, kept by browsers, framed only where the settings say."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from yarl import URL

from tests.agent_ui.site import Site, hashed, serve

SCRIPT = "console.log('x');" * 200
pytestmark = pytest.mark.loop_may_block(
    seconds=0.6, reason="the fixture hashes its one password in the test's own thread"
)


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built front end, in small."""
    folder = tmp_path / "static"
    for name, content in {
        "console/index.html": "<title>Console</title>",
        "console/assets/app-1a2b.js": SCRIPT,
        "console/assets/dot.png": "not really a picture",
        "widget/panel.html": "<title>Panel</title>",
        "widget/loader.js": SCRIPT,
        "secret.txt": "secret",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    (folder / "console" / "link.js").symlink_to(folder / "secret.txt")
    monkeypatch.setattr("agent_ui.pages.STATIC", folder)
    return folder


@pytest.fixture
async def pages(static: Path, sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    hashed()
    async with serve(sqlite_store_url, tmp_path / "data", origins=("https://shop.example",)) as site:
        yield site


@pytest.mark.parametrize("path", ["/console/", "/console/desk", "/console/desk/c/0199?e=1", "/console", "/"])
async def test_every_address_of_the_console_is_the_console(pages: Site, path: str) -> None:
    """A deep link, a reload: the page itself finds the way. It is asked for again each time."""
    async with pages.visitor() as client, client.get(path) as answer:
        assert (answer.status, await answer.text()) == (200, "<title>Console</title>")
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"


async def test_what_never_changes_is_kept_for_ever(pages: Site) -> None:
    """Names of built files change with their content; they travel packed."""
    async with pages.visitor() as client:
        async with client.get("/console/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"}) as answer:
            assert await answer.text() == SCRIPT
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
            assert int(answer.headers["Content-Length"]) <= len(gzip.compress(SCRIPT.encode())) + 20
            assert answer.headers["Vary"] == "Accept-Encoding"
            packed = answer.headers["ETag"]
        async with client.get("/console/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"}) as answer:
            assert await answer.text() == SCRIPT
            assert "Content-Encoding" not in answer.headers
            assert answer.headers["ETag"] != packed
        async with client.get("/console/assets/dot.png", headers={"Accept-Encoding": "gzip"}) as answer:
            assert "Content-Encoding" not in answer.headers


async def test_an_unchanged_page_is_not_sent_again(pages: Site, static: Path) -> None:
    """304 by its tag, in a list and weak; a rebuilt page comes at once."""
    async with pages.visitor() as client:
        async with client.get("/console/") as answer:
            tag = answer.headers["ETag"]
        for known in (tag, f'"old", W/{tag}'):
            async with client.get("/console/", headers={"If-None-Match": known}) as answer:
                assert (answer.status, await answer.read()) == (304, b"")
                assert "Content-Security-Policy" in answer.headers
        (static / "console" / "index.html").write_text("<title>New</title>")
        async with client.get("/console/", headers={"If-None-Match": tag}) as answer:
            assert await answer.text() == "<title>New</title>"
        async with client.head("/console/") as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (200, str(len("<title>New</title>")))


@pytest.mark.parametrize(
    "path",
    [
        "/console/..%2fsecret.txt",
        "/console/%2e%2e/secret.txt",
        "/console//etc/passwd.txt",
        "/console/link.js",
        "/widget/..%2f..%2fserver.py",
        "/console/assets/gone-9z.js",
        "/console/" + "a" * 5000 + ".js",
        "/console/%00.js",
    ],
)
async def test_only_built_files_are_served(pages: Site, path: str) -> None:
    """Path tricks, links that lead outside, names too long: not found, in words."""
    async with pages.visitor() as client, client.get(URL(path, encoded=True)) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, "not_found")


async def test_the_console_is_framed_by_nobody_and_talks_to_nobody_else(pages: Site) -> None:
    """Hostile page: no frame around the console, no script but its own, no socket to another host."""
    async with pages.visitor() as client, client.get("/console/") as answer:
        policy = answer.headers["Content-Security-Policy"]
        host = answer.url.authority
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert f"connect-src 'self' ws://{host} wss://{host};" in policy


@pytest.mark.parametrize("host", ["x; script-src *", "x' 'unsafe-inline'", "x\ty", ""])
async def test_a_forged_host_adds_nothing_to_the_policy(pages: Site, host: str) -> None:
    """Forged: a name that is none is left out."""
    async with pages.visitor() as client, client.get("/console/", headers={"Host": host}) as answer:
        assert "connect-src 'self' ;" in answer.headers.get("Content-Security-Policy", "connect-src 'self' ;")


@pytest.mark.parametrize(
    ("query", "ancestors"),
    [
        ("?channel=chat", "'self' https://shop.example"),
        ("?channel=none", "'self'"),
        ("?channel=chat;%20script-src%20*", "'self'"),
        ("", "'self'"),
    ],
)
async def test_the_chat_is_framed_by_listed_sites_only(pages: Site, query: str, ancestors: str) -> None:
    """Foreign page: the browser shows the chat on the account's own sites, and on the hub's."""
    async with pages.visitor() as client, client.get(f"/widget/panel.html{query}") as answer:
        assert answer.headers["Content-Security-Policy"].endswith(f"frame-ancestors {ancestors}")
        assert "X-Frame-Options" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


async def test_a_page_that_is_not_built_says_how_to_build_it(pages: Site, static: Path) -> None:
    (static / "console" / "index.html").unlink()
    async with pages.visitor() as client, client.get("/console/desk") as answer:
        assert answer.status == 503
        assert "make demo" in await answer.text()
