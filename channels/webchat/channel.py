"""The web chat channel: the contract of ports.Channel, and where every request of a customer's page arrives."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

import msgspec
from aiohttp import web

from channels.kit import Unreadable, decode, unreadable
from channels.webchat import fallback
from channels.webchat import frames as fr
from channels.webchat.limits import FRAMES, Buckets, Connections, Rate
from channels.webchat.settings import TEXT_LIMIT
from channels.webchat.settings import Settings as ChatSettings
from channels.webchat.sockets import TRY_AGAIN, Connection, Hangup, greet, hang_up
from channels.webchat.visits import Origins, Visit, Visits
from hub.addresses import Address, BadAddressText, address
from hub.errors import HubError, Invalid, TooMany
from hub.ids import Position
from hub.ports import Abilities, Health, Line, Outbound, Parsed, Sent, Tools

SHORTEST_SECRET = 16


class WebChat:
    """Serves ``visit``, ``socket``, ``messages``, ``marks``, ``typing``, ``upload``, ``file/<id>`` and ``unread``."""

    kind: ClassVar[str] = "webchat"
    Settings: ClassVar[type] = ChatSettings

    def __init__(self, settings: ChatSettings, tools: Tools) -> None:
        self.settings = settings
        self.clock = tools.clock
        self.visits = Visits(settings, tools.channel_id, tools.clock)
        self.origins = Origins(settings.origins, tools.public_url)
        self.calls = Buckets(FRAMES)
        """Marks and typing over HTTP; a socket counts its own frames."""
        self.uploads = Buckets(Rate(settings.uploads, 60.0))
        self.connections = Connections(settings.connections)
        self.abilities = Abilities(
            word="Chat",
            glyph="chat",
            work="chat",
            text_limit=TEXT_LIMIT,
            media_types=settings.upload_types,
            media_bytes=settings.upload_bytes,
            receipts=("sent", "delivered", "read"),
            typing=True,
            rate=200.0,
            repeat="key",
            body_bytes=fr.FRAME_BYTES,
            emits=("message.received", "delivery.updated", "payload.unreadable"),
        )
        self._marker = f"/{self.kind}/{tools.channel_id}/"
        self._messages = Buckets(Rate(settings.messages, 10.0))
        self._rooms: dict[Address, set[Connection]] = {}

    # contract

    @property
    def embedders(self) -> tuple[str, ...]:
        return self.settings.origins

    async def send(self, message: Outbound) -> Sent:
        """Nothing to hand over: the message stands in the stream and every open page follows it. The page's marks
        say later that it was delivered and read."""
        return Sent(external_id=str(message.outbox_id))

    async def typing(self, to: Address, on: bool) -> None:
        for connection in self._rooms.get(to, ()):
            connection.tell_typing(fr.Typing(on=on))

    async def check(self) -> Health:
        secret, site = self.settings.secret.reveal(), self.settings.site_secret
        if len(secret) < SHORTEST_SECRET:
            return Health(
                ok=False, words=f"The secret is shorter than {SHORTEST_SECRET} characters: make a longer one."
            )
        if site is not None and len(site.reveal()) < SHORTEST_SECRET:
            return Health(ok=False, words=f"The site secret is shorter than {SHORTEST_SECRET} characters.")
        if not self.settings.origins:
            return Health(ok=True, words="No site is listed in origins: only the hub's own pages show this chat.")
        return Health(ok=True)

    @staticmethod
    def parse_file(content: bytes, name: str) -> Parsed:
        """The events of a stored message: the JSON of a message frame, with ``visitor`` or ``user`` for its sender."""
        try:
            stored = decode(content, Stored)
            sender = address("user", stored.user) if stored.user else address("visitor", stored.visitor)
            if stored.attachments:
                return unreadable(content, "files of a stored message can't be redeemed", subject=name or None)
            event = fr.said(stored, sender, "site" if stored.user else None, "", ())
        except (Unreadable, BadAddressText, Invalid) as error:
            return unreadable(content, str(error), subject=name or None)
        return Parsed(events=(msgspec.structs.replace(event, occurred_at=stored.at),))

    async def serve(self, request: web.Request, line: Line) -> web.StreamResponse:
        action = request.path.partition(self._marker)[2]
        origin = request.headers.get("Origin")
        try:
            self.origins.require(origin, request.host)
        except HubError as error:
            return fallback.problem(error)
        if action == "socket":
            return await self._socket(request, line)
        answer = await fallback.answer(self, request, line, action)
        if not answer.prepared:
            fallback.share(answer, origin)
        return answer

    # what sockets and fallback share

    def admit(self, token: str) -> Visit:
        """Raises Rejected, Expired."""
        return self.visits.read(token)

    async def take(self, line: Line, visit: Visit, message: fr.Message) -> fr.Ack:
        """Returns after the commit. Raises TooMany (with ``after``), Invalid, Rejected, Unavailable."""
        after = self._messages.take(visit.address, self.clock.now().timestamp())
        if after:
            raise TooMany("Too many messages at once. It will be sent in a moment.", after=round(after, 1))
        files = tuple(self.visits.redeem(visit, ticket) for ticket in message.attachments)
        event = fr.said(message, visit.address, visit.verified, visit.name, files)
        result = await line.accept(Parsed(events=(event,)))
        kept = result.accepted[0]
        return fr.Ack(client_id=message.client_id, position=kept.position, duplicate=kept.duplicate)

    async def mark(self, line: Line, visit: Visit, marks: fr.Marks) -> None:
        """The page has, or its reader has seen, everything of ours up to these positions."""
        talk = await line.history(visit.address, Position(0))
        events = fr.marked(talk.messages, marks, self.clock.now())
        if events:
            await line.accept(Parsed(events=events))

    async def _socket(self, request: web.Request, line: Line) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=fr.FRAME_BYTES, heartbeat=25.0, compress=False, timeout=5.0)
        if not socket.can_prepare(request):
            return fallback.problem(Invalid("This is a WebSocket."))
        await socket.prepare(request)
        try:
            visit, after = await greet(self, socket)
            with self.connections.one(visit.address):
                connection = Connection(self, line, socket, visit, after)
                await self._joined(visit.address, connection)
        except Hangup as hangup:
            await hang_up(request, socket, hangup)
        except TooMany as error:
            await hang_up(request, socket, Hangup(TRY_AGAIN, error.words))
        return socket

    async def _joined(self, visitor: Address, connection: Connection) -> None:
        room = self._rooms.setdefault(visitor, set())
        room.add(connection)
        try:
            await connection.run()
        finally:
            room.discard(connection)
            if not room:
                self._rooms.pop(visitor, None)


class Stored(fr.Message, frozen=True, kw_only=True, tag="message"):
    """A message frame in a file."""

    visitor: str = "file"
    user: str = ""
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
