"""The body of a request, from a sender who may be slow, endless or gone. Law: nobody holds a connection for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from hub.errors import TooLarge, TooSlow

PATIENCE: Final = 15.0
"""Seconds that a sender has, and more for what has come."""
SLOWEST: Final = 8_000
"""Bytes a second."""


async def arriving(request: web.Request, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces. Raises TooLarge without reading on, TooSlow."""
    if (request.content_length or 0) > limit:
        raise TooLarge
    loop = asyncio.get_running_loop()
    began, size = loop.time(), 0
    while True:
        try:
            async with asyncio.timeout_at(began + PATIENCE + size / SLOWEST):
                part = await request.content.readany()
        except TimeoutError:
            raise TooSlow from None
        if not part:
            return
        size += len(part)
        if size > limit:
            raise TooLarge
        yield part


async def body_of(request: web.Request, limit: int) -> bytes:
    """The whole of it. Raises TooLarge, TooSlow."""
    content = request.content
    if content.is_eof() and max(content.total_bytes, request.content_length or 0) <= limit:
        # Small bodies arrive with their head: there is nothing to wait for.
        return content.read_nowait()
    return b"".join([part async for part in arriving(request, limit)])
