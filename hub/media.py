"""Files of messages: stored by content, within limits, never executed. Law: on disk and synced before it is named."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import filetype

from hub.errors import NotFound, TooLarge
from hub.events import Attachment
from hub.ids import MediaId
from hub.store import Store
from hub.store.media import media_type, put_media

_HASH: Final = re.compile(r"^[0-9a-f]{64}$")
_CHUNK: Final = 262_144
_HEAD: Final = 8_192
HARMLESS: Final = re.compile(
    r"^(image/(png|jpeg|gif|webp|avif)|audio/[\w.+-]+|video/[\w.+-]+|application/pdf|text/plain)$"
)
"""Types a browser may show by itself; all others are downloads."""


class DiskBlobs:
    """``folder/ab/cd/<sha-256>``. Every method blocks: call it on a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> MediaId:
        """Store and fsync. Raises OSError when the disk is full."""
        media_id = MediaId(hashlib.sha256(content).hexdigest())
        target = self._target(media_id)
        if target.exists():
            return media_id
        with self.begin() as file:
            file.write(content)
            self.finish(file, media_id)
        return media_id

    def begin(self) -> tempfile._TemporaryFileWrapper[bytes]:
        """A file of its own in the same file system; gone unless it is finished."""
        return tempfile.NamedTemporaryFile(dir=self._folder, prefix="new-", delete=False)

    def finish(self, file: tempfile._TemporaryFileWrapper[bytes], media_id: MediaId) -> None:
        file.flush()
        os.fsync(file.fileno())
        target = self._target(media_id)
        target.parent.mkdir(parents=True, exist_ok=True)
        Path(file.name).replace(target)
        sync_folder(target.parent)

    def path(self, media_id: MediaId) -> str:
        """Raises NotFound."""
        if not _HASH.match(media_id) or not (target := self._target(media_id)).exists():
            raise NotFound("There is no such file.")
        return str(target)

    def _target(self, media_id: MediaId) -> Path:
        return self._folder / media_id[:2] / media_id[2:4] / media_id


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Media:
    def __init__(self, folder: Path, store: Store) -> None:
        self.blobs = DiskBlobs(folder)
        self._store = store

    async def store(self, chunks: AsyncIterator[bytes], name: str, declared_type: str, limit: int) -> Attachment:
        """Keep an upload. What it is, is read from its bytes; the declared type counts only where they don't tell.

        Raises TooLarge as soon as it is longer than ``limit`` bytes, OSError when the disk is full.
        """
        file = await asyncio.to_thread(self.blobs.begin)
        digest, size, head = hashlib.sha256(), 0, b""
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"The file is larger than {limit // 1_000_000} MB.")
                digest.update(chunk)
                head += chunk[: max(0, _HEAD - len(head))]
                await asyncio.to_thread(file.write, chunk)
            media_id = MediaId(digest.hexdigest())
            await asyncio.to_thread(self.blobs.finish, file, media_id)
        finally:
            file.close()
            await asyncio.to_thread(Path(file.name).unlink, missing_ok=True)
        kind = sniff(head, declared_type)
        await self._store.write(lambda tx: put_media(tx, media_id, kind, size))
        return Attachment(media_id=media_id, name=name, type=kind, size=size)

    async def put(self, contents: tuple[tuple[MediaId, bytes], ...]) -> None:
        """Blobs of incoming payloads: on disk before the events that name them are committed."""
        await asyncio.to_thread(self._put_all, [content for _, content in contents])

    def _put_all(self, contents: list[bytes]) -> None:
        for content in contents:
            self.blobs.put(content)

    async def read_media(self, media_id: MediaId) -> bytes:
        """The whole content. Raises NotFound."""
        return await asyncio.to_thread(lambda: Path(self.blobs.path(media_id)).read_bytes())

    async def open(self, media_id: MediaId) -> AsyncIterator[bytes]:
        """Raises NotFound before the first byte."""
        path = Path(await asyncio.to_thread(self.blobs.path, media_id))
        return read_chunks(path)

    async def type_of(self, media_id: MediaId) -> str | None:
        """What the bytes were found to be, for uploads."""
        return await self._store.read(lambda view: media_type(view, media_id))


async def read_chunks(path: Path) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while chunk := await asyncio.to_thread(file.read, _CHUNK):
            yield chunk
    finally:
        file.close()


def sniff(head: bytes, declared: str) -> str:
    """The type that the bytes show; else the declared one, unless a browser would run it."""
    found = filetype.guess(head)
    if found is not None:
        return str(found.mime)
    declared = declared.partition(";")[0].strip().lower()
    if declared == "text/plain" or (declared in ("text/csv",) and b"\0" not in head):
        return declared
    if re.fullmatch(r"[a-z]+/[a-z0-9.+-]{1,100}", declared) and not _runs(declared):
        return declared
    return "application/octet-stream"


def _runs(kind: str) -> bool:
    """Types a browser could run as a page or script, and pictures that were not seen in the bytes."""
    return (
        kind.startswith(("text/html", "image/", "application/xhtml", "text/xml", "application/xml")) or "script" in kind
    )
