"""The built pages: console, widget, demo page. Where they are not built, a page says how to build them."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from agent_ui.call import HUB
from hub.errors import NotFound
from hub.ids import ChannelId
from hub.ports import Embeds

STATIC: Final = Path(__file__).parent / "static"
DEMO: Final = Path(__file__).parent / "demo_page"
TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".map": "application/json",
    ".ico": "image/x-icon",
}
CONSOLE_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self' {sockets}; frame-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PANEL_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' {sockets}; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'{embedders}"
)
DEMO_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
HOST: Final = re.compile(r"[A-Za-z0-9.\[\]:-]{1,255}")
ORIGIN: Final = re.compile(r"\*|https?://[A-Za-z0-9.*\[\]:-]{1,255}")
HASHED: Final = "public, max-age=31536000, immutable"
"""Names in this folder change with their content."""
NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Continuo</title>
<h1>The console is not built</h1><p>This installation was made with CONTINUO_SKIP_WEB=1.
Install it again without, or run <code>make demo</code>.</p></html>"""


class Page:
    """One file in memory, as it is and packed, each with its tag."""

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.type = TYPES.get(path.suffix, "application/octet-stream")
        self.tag = hashlib.sha256(self.content).hexdigest()[:20]
        is_text = self.type.startswith("text/") or path.suffix in (".json", ".svg", ".map")
        self.charset = "utf-8" if is_text else None
        packed = gzip.compress(self.content, 9, mtime=0) if is_text else self.content
        self.packed = packed if len(packed) < len(self.content) else None


class Pages:
    """Files of one folder; read again when they change, so that a rebuilt front end is seen at once."""

    def __init__(self, folder: Path, policy: str, *, frames: bool = False, fallback: str = "") -> None:
        self._folder = folder.resolve()
        self._policy = policy
        self._may_be_framed = frames
        self._fallback = fallback
        self._known: dict[Path, tuple[int, Page]] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        page = await asyncio.to_thread(self._find, request.match_info.get("name", "") or "index.html")
        if page is not None:
            return self._answer(request, page)
        if self._fallback and not (self._folder / self._fallback).exists():
            return web.Response(status=503, text=NOT_BUILT, content_type="text/html")
        raise NotFound("There is no such page.")

    def _find(self, name: str) -> Page | None:
        """The file, or for an address inside the console the console itself."""
        page = self._load(name)
        if page is None and self._fallback and "." not in name.rpartition("/")[2]:
            page = self._load(self._fallback)
        return page

    def _load(self, name: str) -> Page | None:
        try:
            path = (self._folder / name).resolve()
            if not path.is_relative_to(self._folder) or not path.is_file():
                return None
            changed = path.stat().st_mtime_ns
            known = self._known.get(path)
            if known is None or known[0] != changed:
                known = self._known[path] = (changed, Page(path))
        except (OSError, ValueError):
            return None
        return known[1]

    def _answer(self, request: web.Request, page: Page) -> web.Response:
        headers = {
            "ETag": f'"{page.tag}"',
            "Cache-Control": HASHED if "/assets/" in request.path else "no-cache",
            "Content-Security-Policy": self._policy.format(sockets=sockets(request), embedders=embedders(request)),
            "Vary": "Accept-Encoding",
        }
        if self._may_be_framed:
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        else:
            headers["X-Frame-Options"] = "DENY"
        body = page.content
        if page.packed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
            body = page.packed
            headers |= {"Content-Encoding": "gzip", "ETag": f'"{page.tag}-gzip"'}
        asked = request.headers.get("If-None-Match", "")
        if headers["ETag"] in (tag.strip().removeprefix("W/") for tag in asked.split(",")):
            return web.Response(status=304, headers=headers)
        return web.Response(body=body, content_type=page.type, charset=page.charset, headers=headers)


def sockets(request: web.Request) -> str:
    """Sockets of this hub, under the name it was asked by: some browsers' 'self' leaves them out."""
    host = request.host
    return f"ws://{host} wss://{host}" if HOST.fullmatch(host) else ""


def embedders(request: web.Request) -> str:
    """Which other sites may frame the page: those that the channel in its address lists."""
    account = request.app[HUB].catalog.accounts.get(ChannelId(request.query.get("channel", "")))
    if account is None or not isinstance(account.channel, Embeds):
        return ""
    return "".join(f" {one}" for one in account.channel.embedders if ORIGIN.fullmatch(one))


def add_pages(app: web.Application) -> None:
    console = Pages(STATIC / "console", CONSOLE_POLICY, fallback="index.html")
    widget = Pages(STATIC / "widget", PANEL_POLICY, frames=True)
    demo = Pages(DEMO, DEMO_POLICY)
    for prefix, pages in (("/console", console), ("/widget", widget), ("/demo", demo)):
        app.router.add_get(f"{prefix}/{{name:.*}}", pages.serve)
        app.router.add_get(prefix, redirect(f"{prefix}/"))
    app.router.add_get("/", redirect("/console/"))


def redirect(to: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def go(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(to)

    return go
