"""The built pages: console, widget, demo page. Where they are not built, a page says how to build them."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from aiohttp import web

from hub.errors import NotFound

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
    "connect-src 'self' ws: wss:; frame-src 'self' blob: data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
PANEL_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self' ws: wss:; object-src 'none'; base-uri 'none'"
)
DEMO_POLICY: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'"
)
NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Continuo</title>
<h1>The console is not built</h1><p>This installation was made with CONTINUO_SKIP_WEB=1.
Install it again without, or run <code>make demo</code>.</p></html>"""


class Page:
    """One file in memory, with its tag."""

    def __init__(self, path: Path) -> None:
        self.content = path.read_bytes()
        self.type = TYPES.get(path.suffix, "application/octet-stream")
        self.tag = f'"{hashlib.sha256(self.content).hexdigest()[:20]}"'


class Pages:
    """Files of one folder; read again when they change, so that a rebuilt front end is seen at once."""

    def __init__(self, folder: Path, policy: str, *, frames: bool, fallback: str = "") -> None:
        self._folder = folder
        self._policy = policy
        self._may_be_framed = frames
        self._fallback = fallback
        self._known: dict[str, tuple[float, Page]] = {}

    async def serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "") or "index.html"
        page = self._find(name)
        if page is None and self._fallback and "." not in name.rpartition("/")[2]:
            page = self._find(self._fallback)
        if page is None:
            if self._fallback and not (self._folder / self._fallback).exists():
                return web.Response(status=503, text=NOT_BUILT, content_type="text/html")
            raise NotFound("There is no such page.")
        return self._answer(request, page, is_hashed="/assets/" in request.path)

    def _find(self, name: str) -> Page | None:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder.resolve()) or not path.is_file():
            return None
        changed = path.stat().st_mtime
        known = self._known.get(name)
        if known is None or known[0] != changed:
            known = self._known[name] = (changed, Page(path))
        return known[1]

    def _answer(self, request: web.Request, page: Page, *, is_hashed: bool) -> web.Response:
        headers = {
            "ETag": page.tag,
            "Cache-Control": "public, max-age=31536000, immutable" if is_hashed else "no-cache",
            "Content-Security-Policy": self._policy,
        }
        if not self._may_be_framed:
            headers["X-Frame-Options"] = "DENY"
        else:
            headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.headers.get("If-None-Match") == page.tag:
            return web.Response(status=304, headers=headers)
        response = web.Response(body=page.content, content_type=page.type, headers=headers)
        if page.type.startswith("text/") or page.type == "application/json":
            response.charset = "utf-8"
            response.enable_compression()
        return response


def add_pages(app: web.Application) -> None:
    console = Pages(STATIC / "console", CONSOLE_POLICY, frames=False, fallback="index.html")
    widget = Pages(STATIC / "widget", PANEL_POLICY, frames=True)
    demo = Pages(DEMO, DEMO_POLICY, frames=False)
    for prefix, pages in (("/console", console), ("/widget", widget), ("/demo", demo)):
        app.router.add_get(f"{prefix}/{{name:.*}}", pages.serve)
        app.router.add_get(prefix, redirect(f"{prefix}/"))
    app.router.add_get("/", redirect("/console/"))


def redirect(to: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def go(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(to)

    return go
