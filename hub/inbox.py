"""The one entry of everything that comes in, bound to one channel account. Implements ports.Line."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from hub import conversation
from hub.addresses import Address
from hub.catalog import Account
from hub.events import Attachment, MessageReceived
from hub.ids import ChannelId, MediaId, Position
from hub.ingest import Batch, Ingest, Taken, ingested
from hub.media import HEAD, Media, sniff
from hub.ports import Conversation, Hint, Ingested, Parsed
from hub.signals import Hints, Signals
from hub.store import Store, Tx
from hub.store.media import Stored, put_media


class Arrival(NamedTuple):
    batch: Batch
    files: tuple[Stored, ...]


class Arrivals:
    """What came in, with the files it names: one transaction for all that arrive together, on all accounts."""

    def __init__(self, ingest: Ingest) -> None:
        self.catalog = ingest.catalog
        self._ingest = ingest

    def accept(self, tx: Tx, arrivals: Sequence[Arrival]) -> list[list[Taken]]:
        if files := [file for arrival in arrivals for file in arrival.files]:
            put_media(tx, files)
        return self._ingest.accept(tx, [arrival.batch for arrival in arrivals])


class AccountLine:
    def __init__(self, account: Account, store: Store, arrivals: Arrivals, media: Media, signals: Signals) -> None:
        self.channel_id: ChannelId = account.channel_id
        self.last_in: datetime | None = None
        self._account = account
        self._store = store
        self._arrivals = arrivals
        self._media = media
        self._signals = signals

    async def accept(self, parsed: Parsed) -> Ingested:
        """Returns after the commit. Raises Unavailable when it was not stored; the sender must repeat it."""
        if parsed.blobs:
            await self._media.put([blob.content for blob in parsed.blobs])
        if not parsed.events:
            return Ingested()
        arrival = Arrival(Batch(self.channel_id, parsed), files_of(parsed))
        taken = await self._store.write_together(self._arrivals.accept, arrival)
        self.last_in = self._store.clock.now()
        return ingested(taken)

    async def history(self, address: Address, after: Position, limit: int = 200) -> Conversation:
        catalog, channel = self._arrivals.catalog, self.channel_id
        return await self._store.read(
            lambda view: conversation.conversation(view, catalog, channel, address, after=after, limit=limit)
        )

    @asynccontextmanager
    async def watch(self, address: Address) -> AsyncGenerator[AsyncIterator[Hint]]:
        async with self._signals.line(self.channel_id, address) as payloads:
            yield Hints(payloads)

    async def signal(self, address: Address, kind: str, on: bool) -> None:
        if kind == "typing":
            await self._signals.customer_typing(self.channel_id, address, on=on)

    async def store_media(self, content: AsyncIterator[bytes], name: str, declared_type: str) -> Attachment:
        able = self._account.abilities
        return await self._media.store(content, name, declared_type, able.media_bytes, able.media_types)

    async def open_media(self, media_id: MediaId) -> AsyncIterator[bytes]:
        return await self._media.open(media_id)


def files_of(parsed: Parsed) -> tuple[Stored, ...]:
    """What the blobs are: by their bytes, else as the message that carries them says."""
    said = {
        file.media_id: file.type
        for event in parsed.events
        if isinstance(event.data, MessageReceived)
        for file in event.data.attachments
    }
    return tuple(
        Stored(blob.media_id, sniff(blob.content[:HEAD], said.get(blob.media_id, "")), len(blob.content))
        for blob in parsed.blobs
    )
