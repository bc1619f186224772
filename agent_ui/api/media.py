"""Files of messages: up with a limit, down in a sandbox."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from aiohttp import web
from msgspec import Meta

from agent_ui.call import Call
from agent_ui.routes import route
from hub.bodies import arriving
from hub.events import Attachment
from hub.ids import MediaId
from hub.media import HARMLESS

LIMIT = 25_000_000


@route("POST", "/api/media")
async def upload(call: Call, *, name: Annotated[str, Meta(max_length=200)] = "file") -> Attachment:
    """Store the body as a file; its type is read from its bytes. 413 when it is too large."""
    clean = "".join(char for char in name if char.isprintable() and char not in "/\\").strip() or "file"
    return await call.hub.media.store(arriving(call.request, LIMIT), clean, call.request.content_type, LIMIT)


@route("GET", "/api/media/{media_id}")
async def download(
    call: Call,
    *,
    media_id: MediaId,
    name: Annotated[str, Meta(max_length=200)] = "file",
    type: Annotated[str, Meta(max_length=127)] = "",
) -> web.FileResponse:
    """The content, with range requests. What a browser could run comes as a download, in a sandbox."""
    path = call.hub.media.blobs.path(media_id)
    kind = await call.hub.media.type_of(media_id) or type
    is_shown = bool(HARMLESS.match(kind))
    disposition = "inline" if is_shown else "attachment"
    return web.FileResponse(
        path,
        headers={
            "Content-Type": kind if is_shown else "application/octet-stream",
            "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'",
            "Cache-Control": "private, max-age=86400, immutable",
        },
    )
