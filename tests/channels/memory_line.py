"""A whole conversation store in memory that keeps the promises of ports.Line: for the chat's tests and screens."""

from __future__ import annotations

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from hub.addresses import Address
from hub.errors import NotFound, Unavailable
from hub.events import Attachment, DeliveryUpdated, MessageReceived
from hub.ids import ChannelId, MediaId, Position
from hub.ports import Accepted, Conversation, Hint, Incoming, Ingested, Parsed, Said


class FixedClock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 14, 54, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class MemoryLine:
    def __init__(self, clock: FixedClock, channel_id: str = "web") -> None:
        self.channel_id = ChannelId(channel_id)
        self.clock = clock
        self.events: list[Incoming] = []
        self.is_down = False
        self.signals: asyncio.Queue[tuple[Address, str, bool]] = asyncio.Queue()
        self.media: dict[MediaId, bytes] = {}
        self.position = 0
        self.limit = 200
        self._keys: dict[tuple[str, type], int] = {}
        self._said: dict[Address, list[Said]] = defaultdict(list)
        self._state: dict[Address, tuple[str, str]] = {}
        self._watchers: dict[Address, set[asyncio.Queue[Hint | None]]] = defaultdict(set)
        self._changed = asyncio.Condition()

    # the Line

    async def accept(self, parsed: Parsed) -> Ingested:
        if self.is_down:
            raise Unavailable
        accepted = [self._keep(item) for item in parsed.events]
        async with self._changed:
            self._changed.notify_all()
        return Ingested(accepted=tuple(accepted))

    async def history(self, address: Address, after: Position, limit: int = 200) -> Conversation:
        limit = min(limit, self.limit)
        found = [item for item in self._said[address] if item.position > after]
        state, agent = self._state.get(address, ("none", ""))
        return Conversation(
            messages=tuple(found[-limit:]),
            position=self.position,
            state=state,
            agent=agent,
            resync=len(found) > limit,
        )

    @asynccontextmanager
    async def watch(self, address: Address) -> AsyncGenerator[AsyncIterator[Hint]]:
        queue: asyncio.Queue[Hint | None] = asyncio.Queue()
        self._watchers[address].add(queue)
        try:
            yield _drain(queue)
        finally:
            self._watchers[address].discard(queue)

    async def signal(self, address: Address, kind: str, on: bool) -> None:
        self.signals.put_nowait((address, kind, on))

    async def store_media(self, content: AsyncIterator[bytes], name: str, declared_type: str) -> Attachment:
        body = b"".join([chunk async for chunk in content])
        media_id = MediaId(hashlib.sha256(body).hexdigest())
        self.media[media_id] = body
        return Attachment(media_id=media_id, name=name, type=declared_type, size=len(body))

    async def open_media(self, media_id: MediaId) -> AsyncIterator[bytes]:
        if media_id not in self.media:
            raise NotFound
        return _chunks(self.media[media_id])

    # the other side

    def answer(self, address: Address, text: str, *, name: str = "Joana", files: tuple[Attachment, ...] = ()) -> Said:
        said = self._append(
            address,
            Said(
                position=0,
                event_id="",
                by="agent",
                name=name,
                text=text,
                at=self.clock.now(),
                attachments=files,
            ),
        )
        self._hint(address, Hint("changed"))
        return said

    def set_state(self, address: Address, state: str, agent: str = "") -> None:
        self._state[address] = (state, agent)
        self._hint(address, Hint("changed"))

    def type(self, address: Address, name: str, *, on: bool = True) -> None:
        self._hint(address, Hint("typing", on, name))

    def stop(self) -> None:
        for queues in self._watchers.values():
            for queue in queues:
                queue.put_nowait(None)

    def said(self, address: Address) -> list[Said]:
        return list(self._said[address])

    def addresses(self) -> list[Address]:
        return [address for address, said in self._said.items() if said]

    async def until_kept(self, count: int) -> list[Incoming]:
        """Wait until so many different events are committed."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.events) >= count)
        return self.events

    def _keep(self, item: Incoming) -> Accepted:
        key = (item.external_id, type(item.data))
        if key in self._keys:
            return Accepted(
                event_id=f"e{self._keys[key]}",
                position=self._keys[key],
                external_id=item.external_id,
                duplicate=True,
            )
        self.events.append(item)
        position = self.position + 1
        match item.data:
            case MessageReceived() as data:
                assert item.sender is not None
                self._append(
                    item.sender,
                    Said(
                        position=0,
                        event_id="",
                        by="customer",
                        name=item.name or "",
                        text=data.text,
                        at=self.clock.now(),
                        external_id=item.external_id,
                        attachments=data.attachments,
                    ),
                )
                self._hint(item.sender, Hint("changed"))
            case DeliveryUpdated() as data:
                self.position += 1
                self._set_status(data)
            case _:
                self.position += 1
        self._keys[key] = position
        return Accepted(event_id=f"e{position}", position=position, external_id=item.external_id)

    def _append(self, address: Address, said: Said) -> Said:
        self.position += 1
        said = msgspec.structs.replace(said, position=self.position, event_id=f"e{self.position}")
        self._said[address].append(said)
        return said

    def _set_status(self, data: DeliveryUpdated) -> None:
        for said in self._said.values():
            for number, item in enumerate(said):
                if item.event_id == data.message:
                    said[number] = msgspec.structs.replace(item, status=data.status)

    def _hint(self, address: Address, hint: Hint) -> None:
        for queue in self._watchers[address]:
            queue.put_nowait(hint)


async def _drain(queue: asyncio.Queue[Hint | None]) -> AsyncIterator[Hint]:
    while (hint := await queue.get()) is not None:
        yield hint


async def _chunks(body: bytes) -> AsyncIterator[bytes]:
    yield body
