"""The one entry of everything that comes in, bound to one channel account. Implements ports.Line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from hub import conversation
from hub.addresses import Address
from hub.catalog import Account
from hub.errors import Unavailable
from hub.events import Attachment
from hub.ids import ChannelId, MediaId, Position
from hub.ingest import Batch, Ingest, ingested
from hub.media import Media
from hub.ports import Conversation, Hint, Ingested, Parsed
from hub.signals import Signals, hints
from hub.store import Store


class AccountLine:
    def __init__(self, account: Account, store: Store, ingest: Ingest, media: Media, signals: Signals) -> None:
        self.channel_id: ChannelId = account.channel_id
        self.last_in: datetime | None = None
        self._account = account
        self._store = store
        self._ingest = ingest
        self._media = media
        self._signals = signals

    async def accept(self, parsed: Parsed) -> Ingested:
        """Returns after the commit. Raises Unavailable when it was not stored; the sender must repeat it."""
        if parsed.blobs:
            try:
                await self._media.put(tuple((blob.media_id, blob.content) for blob in parsed.blobs))
            except OSError as error:
                raise Unavailable(f"The disk does not take files: {error.strerror}") from error
        if not parsed.events:
            return Ingested()
        taken = await self._store.write_together(self._ingest.accept, Batch(self.channel_id, parsed))
        self.last_in = self._store.clock.now()
        return ingested(taken)

    async def history(self, address: Address, after: Position, limit: int = 200) -> Conversation:
        catalog, channel = self._ingest.catalog, self.channel_id
        return await self._store.read(
            lambda view: conversation.conversation(view, catalog, channel, address, after=after, limit=limit)
        )

    @asynccontextmanager
    async def watch(self, address: Address) -> AsyncGenerator[AsyncIterator[Hint]]:
        async with self._signals.line(self.channel_id, address) as payloads:
            yield hints(payloads)

    async def signal(self, address: Address, kind: str, on: bool) -> None:
        if kind == "typing":
            await self._signals.customer_typing(self.channel_id, address, on=on)

    async def store_media(self, content: AsyncIterator[bytes], name: str, declared_type: str) -> Attachment:
        return await self._media.store(content, name, declared_type, self._account.abilities.media_bytes)

    async def open_media(self, media_id: MediaId) -> AsyncIterator[bytes]:
        return await self._media.open(media_id)
