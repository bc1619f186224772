"""Errors in one form (RFC 9457), an id for every request, and what a browser must be told of safety."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from aiohttp import web

from agent_ui.call import OPTIONS
from hub.errors import Forbidden, HubError

log = logging.getLogger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_PROCESS: Final = secrets.token_hex(4)
_numbers: Final = count(1)
RETRY_SECONDS: Final = 4.0
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def problem(status: int, code: str, words: str, details: dict[str, Any] | None = None) -> web.Response:
    body = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "detail": words, "code": code}
    return web.Response(
        status=status,
        body=msgspec.json.encode({**(details or {}), **body}, enc_hook=str),
        content_type="application/problem+json",
    )


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every failure becomes words; what is not ours is logged with the request's id and told as little as possible."""
    request_id = f"{_PROCESS}-{next(_numbers):x}"
    try:
        response = await handler(request)
    except HubError as error:
        response = problem(error.status, error.code, error.words, error.details)
        if error.status in (429, 503):
            response.headers["Retry-After"] = str(int(float(str(error.details.get("after", RETRY_SECONDS)))) + 1)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        response = problem(error.status, f"http_{error.status}", error.reason)
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    except Exception as error:
        if isinstance(error, web.RequestPayloadError) or (isinstance(error, ConnectionError) and is_gone(request)):
            response = problem(400, "broken", "The request broke off.")
            response.force_close()
        else:
            log.exception("request %s failed: %s %s", request_id, request.method, request.path)
            response = problem(500, "error", "Something went wrong here. Please try again.", {"request_id": request_id})
    if response.status in (408, 413):
        # What is left of the body is not wanted.
        response.force_close()
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.path.startswith("/api/"):
            response.headers.setdefault("Cache-Control", "no-store")
    return response


def is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def require_own_page(request: web.Request) -> None:
    """A change through the API needs our own header, which a form of another site can't send, and no foreign origin.

    Raises Forbidden.
    """
    if "X-Continuo" not in request.headers:
        raise Forbidden("This request lacks the header X-Continuo.")
    require_origin(request)


def require_origin(request: web.Request) -> None:
    """Raises Forbidden for a page of another site."""
    origin = request.headers.get("Origin")
    if origin is None:
        return
    own = {site_of(request.app[OPTIONS].public_url), request.host.lower()}
    if site_of(origin) not in own:
        raise Forbidden("This request comes from another site.")


def site_of(url: str) -> str:
    try:
        return urlsplit(url).netloc.lower()
    except ValueError:
        return "?"
