"""The chat over plain HTTP: where a visit begins, files go up and down, and everything works without a WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from aiohttp import web

from channels.kit import tame
from channels.webchat import frames as fr
from channels.webchat.settings import TEXT_LIMIT
from channels.webchat.visits import Identity, Visit
from hub.bodies import arriving, body_of
from hub.errors import HubError, Invalid, NotFound, TooLarge, TooMany, Unauthorised
from hub.events import Attachment
from hub.ids import Position
from hub.ports import Line

if TYPE_CHECKING:
    from channels.webchat.channel import WebChat

LONGEST_POLL: Final = 25.0
INLINE: Final = ("image/png", "image/jpeg", "image/gif", "image/webp", "audio/", "video/")


class WrongMethod(HubError):
    """This address takes another method."""

    status = 405
    code = "method"


class VisitBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``token`` resumes a visit; ``identity`` proves a user; ``host`` is the site that shows the chat."""

    token: fr.Token | None = None
    identity: Identity | None = None
    host: Annotated[str, msgspec.Meta(max_length=300)] | None = None


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A visit, and what its page needs to know. ``count_token`` only counts unread messages."""

    token: str
    count_token: str
    known: bool
    """The host site has proven who this is."""
    name: str
    title: str
    subtitle: str
    greeting: str
    text_limit: int
    upload_types: tuple[str, ...]
    upload_bytes: int


class Uploaded(msgspec.Struct, frozen=True, kw_only=True):
    """``ticket`` goes into the message; only this visit can use it."""

    ticket: str
    file: Attachment


class Polled(msgspec.Struct, frozen=True, kw_only=True):
    messages: tuple[fr.Shown, ...]
    position: int
    state: str
    agent: str
    resync: bool
    typing: str | None = None
    """Who is writing just now."""


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    unread: int
    state: str


async def answer(chat: WebChat, request: web.Request, line: Line, action: str) -> web.StreamResponse:
    """Every error becomes problem+json (RFC 9457)."""
    try:
        if request.method == "OPTIONS":
            return web.Response(status=204)
        if action.startswith("file/"):
            handler: Handler | None = download
        else:
            methods = ACTIONS.get(action)
            if methods is None:
                raise NotFound("The chat has no such address.")
            handler = methods.get(request.method)
        if handler is None:
            raise WrongMethod
        return await handler(chat, request, line)
    except HubError as error:
        return problem(error)


async def visit(chat: WebChat, request: web.Request, line: Line) -> web.Response:
    body = _decode(_visit_body, await _read(request))
    if body.host:
        chat.origins.require(body.host, request.host)
    if body.identity is not None:
        opened = chat.visits.identify(body.identity)
    else:
        opened = chat.visits.read(body.token) if body.token else chat.visits.begin()
        if opened.verified:
            # A user's visit goes on only while the site says who it is: somebody may have signed out.
            opened = chat.visits.begin()
    settings = chat.settings
    return reply(
        Opened(
            token=chat.visits.sign(opened),
            count_token=chat.visits.sign_count(opened),
            known=opened.verified is not None,
            name=opened.name,
            title=settings.title,
            subtitle=settings.subtitle,
            greeting=settings.greeting,
            text_limit=TEXT_LIMIT,
            upload_types=settings.upload_types,
            upload_bytes=settings.upload_bytes,
        )
    )


async def say(chat: WebChat, request: web.Request, line: Line) -> web.Response:
    who = _visit(chat, request)
    return reply(await chat.take(line, who, fr.read_body(await _read(request), fr.Message)))


async def poll(chat: WebChat, request: web.Request, line: Line) -> web.Response:
    """What is new after a position, waiting up to ``wait`` seconds for it."""
    who = _visit(chat, request)
    after, wait = Position(_number(request, "after")), min(LONGEST_POLL, _number(request, "wait"))
    typing: str | None = None
    with chat.connections.one(who.address):
        async with line.watch(who.address) as hints:
            talk = await line.history(who.address, after)
            if wait and not talk.messages and not talk.resync:
                typing = await _hint(hints, wait)
                talk = await line.history(who.address, after)
    return reply(
        Polled(
            messages=tuple(fr.shown(item, who.address) for item in talk.messages),
            position=talk.position,
            state=talk.state,
            agent=talk.agent,
            resync=talk.resync,
            typing=typing,
        )
    )


async def _hint(hints: AsyncIterator[Any], seconds: float) -> str | None:
    """Until something happened; the name where it was somebody beginning to write."""
    try:
        async with asyncio.timeout(seconds):
            async for hint in hints:
                if hint.kind != "typing":
                    return None
                if hint.on:
                    return str(hint.name)
    except TimeoutError:
        pass
    return None


async def marks(chat: WebChat, request: web.Request, line: Line) -> web.Response:
    who = _visit(chat, request)
    _unhurried(chat, who)
    await chat.mark(line, who, fr.read_body(await _read(request), fr.Marks))
    return web.Response(status=204)


async def typing(chat: WebChat, request: web.Request, line: Line) -> web.Response:
    who = _visit(chat, request)
    _unhurried(chat, who)
    await line.signal(who.address, "typing", on=fr.read_body(await _read(request), fr.Typing).on)
    return web.Response(status=204)


async def upload(chat: WebChat, request: web.Request, line: Line) -> web.Response:
    who = _visit(chat, request)
    after = chat.uploads.take(who.address, chat.clock.now().timestamp())
    if after:
        raise TooMany("Too many files at once.", after=round(after, 1))
    limit = chat.settings.upload_bytes
    _require_type(chat, request.content_type)
    name = file_name(request.query.get("name", ""))
    try:
        file = await line.store_media(arriving(request, limit), name, request.content_type)
    except TooLarge:
        raise TooLarge(f"The file is larger than {limit // 1_000_000} MB.") from None
    _require_type(chat, file.type)
    return reply(Uploaded(ticket=chat.visits.ticket(who, file), file=file))


async def download(chat: WebChat, request: web.Request, line: Line) -> web.StreamResponse:
    """A file of this visit's own conversation, and of no other."""
    if request.method != "GET":
        raise WrongMethod
    who = _visit(chat, request)
    media_id = request.path.rpartition("/")[2]
    talk = await line.history(who.address, Position(0))
    for item in talk.messages:
        for file in item.attachments:
            if file.media_id == media_id:
                return await _stream(request, line, file)
    raise NotFound("There is no such file in this conversation.")


async def unread(chat: WebChat, request: web.Request, line: Line) -> web.Response:
    who = chat.visits.read_count(_bearer(request))
    talk = await line.history(who, Position(0))
    count = sum(item.by == "agent" and item.status != "read" for item in talk.messages)
    return reply(Unread(unread=count, state=talk.state))


Handler = Callable[["WebChat", web.Request, Line], Awaitable[web.StreamResponse]]
ACTIONS: Final[dict[str, dict[str, Handler]]] = {
    "visit": {"POST": visit},
    "messages": {"POST": say, "GET": poll},
    "marks": {"POST": marks},
    "typing": {"POST": typing},
    "upload": {"POST": upload},
    "unread": {"GET": unread},
}
_visit_body = msgspec.json.Decoder(VisitBody)


def reply(body: msgspec.Struct) -> web.Response:
    return web.Response(body=fr.encode(body), content_type="application/json", headers={"Cache-Control": "no-store"})


def problem(error: HubError) -> web.Response:
    body = {
        "type": "about:blank",
        "title": error.words,
        "status": error.status,
        "code": error.code,
        **error.details,
    }
    answer = web.Response(
        status=error.status,
        body=msgspec.json.encode(body),
        content_type="application/problem+json",
        headers={"Cache-Control": "no-store"},
    )
    if "after" in error.details:
        answer.headers["Retry-After"] = str(int(-(-float(str(error.details["after"])) // 1)))
    if error.status in (408, 413):
        answer.force_close()
    return answer


def share(answer: web.StreamResponse, origin: str | None) -> None:
    """CORS for exactly the origin that asked, which the allow-list has let through. No cookie is ever used."""
    answer.headers["Vary"] = "Origin"
    if origin is None:
        return
    answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
    answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
    answer.headers["Access-Control-Max-Age"] = "86400"


def _bearer(request: web.Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorised("The visit token is missing.")
    return token.strip()


def _visit(chat: WebChat, request: web.Request) -> Visit:
    return chat.admit(_bearer(request))


def _number(request: web.Request, name: str) -> int:
    text = request.query.get(name, "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 16):
        raise fr.Malformed(f"{name} is not a number.")
    return int(text)


def file_name(text: str) -> str:
    """One line, without folders and signs that turn the direction of writing: an .exe must not look like a .pdf."""
    return (
        "".join(c for c in tame(text) if c.isprintable()).replace("/", "_").replace("\\", "_").strip()[:120] or "file"
    )


def _unhurried(chat: WebChat, who: Visit) -> None:
    """Raises TooMany: a page that says so much is broken, or no page."""
    after = chat.calls.take(who.address, chat.clock.now().timestamp())
    if after:
        raise TooMany("Too many at once.", after=round(after, 1))


async def _read(request: web.Request) -> bytes:
    """At most one frame. Raises TooLarge without reading on, TooSlow."""
    return await body_of(request, fr.FRAME_BYTES)


def _decode(decoder: msgspec.json.Decoder[VisitBody], content: bytes) -> VisitBody:
    try:
        return decoder.decode(content or b"{}")
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise fr.Malformed(f"This is not a valid body: {str(error)[:200]}") from None


def _require_type(chat: WebChat, kind: str) -> None:
    if kind.partition(";")[0].strip().lower() not in chat.settings.upload_types:
        raise Invalid("Files of this type can't be sent here.", type=kind[:100])


async def _stream(request: web.Request, line: Line, file: Attachment) -> web.StreamResponse:
    """Sandboxed: whatever the bytes are, no browser runs them."""
    is_inline = file.type.startswith(INLINE)
    answer = web.StreamResponse(
        headers={
            "Content-Type": file.type if is_inline else "application/octet-stream",
            "Content-Disposition": "inline" if is_inline else "attachment",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        }
    )
    share(answer, request.headers.get("Origin"))
    content = await line.open_media(file.media_id)
    answer.content_length = file.size
    await answer.prepare(request)
    async for chunk in content:
        await answer.write(chunk)
    await answer.write_eof()
    return answer
