"""Files of messages: stored by content, within limits, never executed. Law: on disk and synced before it is named."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from pathlib import Path
from typing import IO, Final

import filetype

from hub.errors import Invalid, NotFound, TooLarge, Unavailable
from hub.events import Attachment
from hub.ids import MediaId
from hub.messages import fits
from hub.store import Store
from hub.store.media import Stored, media_type, put_media

_HASH: Final = re.compile(r"^[0-9a-f]{64}$")
_CHUNK: Final = 262_144
HEAD: Final = 8_192
_NEW: Final = "new-"
_STALE_SECONDS: Final = 86_400
Upload = IO[bytes]
HARMLESS: Final = re.compile(
    r"^(image/(png|jpeg|gif|webp|avif)|audio/[\w.+-]+|video/[\w.+-]+|application/pdf|text/plain)$"
)
"""Types a browser may show by itself; all others are downloads."""


class DiskBlobs:
    """``folder/ab/cd/<sha-256>``. Every method blocks: call it on a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._sweep()

    def put(self, content: bytes) -> MediaId:
        """Store and fsync. Raises OSError when the disk is full."""
        media_id = MediaId(hashlib.sha256(content).hexdigest())
        if self._is_kept(media_id):
            return media_id
        file = self.begin()
        try:
            file.write(content)
            self.finish(file, media_id)
        finally:
            self.discard(file)
        return media_id

    def begin(self) -> Upload:
        """A file of its own in the same file system; ``discard`` it, finished or not."""
        return tempfile.NamedTemporaryFile(dir=self._folder, prefix=_NEW, delete=False)

    def finish(self, file: Upload, media_id: MediaId) -> None:
        file.flush()
        os.fsync(file.fileno())
        target = self._target(media_id)
        for folder in (target.parent.parent, target.parent):
            if not folder.exists():
                folder.mkdir(parents=True, exist_ok=True)
                sync_folder(folder.parent)
        Path(file.name).replace(target)
        sync_folder(target.parent)

    def discard(self, file: Upload) -> None:
        """Close it, and remove what was not finished."""
        file.close()
        Path(file.name).unlink(missing_ok=True)

    def path(self, media_id: MediaId) -> str:
        """Raises NotFound."""
        if not _HASH.match(media_id) or not (target := self._target(media_id)).exists():
            raise NotFound("There is no such file.")
        return str(target)

    def _is_kept(self, media_id: MediaId) -> bool:
        """Somebody else may have moved it there a moment ago: only a synced folder proves that it stays."""
        target = self._target(media_id)
        if not target.exists():
            return False
        sync_folder(target.parent)
        return True

    def _sweep(self) -> None:
        """What a killed process left half written."""
        for left in self._folder.glob(f"{_NEW}*"):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink(missing_ok=True)

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

    async def store(
        self,
        chunks: AsyncIterator[bytes],
        name: str,
        declared_type: str,
        limit: int,
        types: Collection[str] = ("*/*",),
    ) -> Attachment:
        """Keep an upload. What it is, is read from its bytes; the declared type counts only where they don't tell.

        Raises TooLarge as soon as it is longer than ``limit`` bytes, Invalid when it is none of ``types``,
        Unavailable when the disk does not take it.
        """
        try:
            media_id, size, head = await self._receive(chunks, limit, lambda head: _require(head, declared_type, types))
        except OSError as error:
            raise Unavailable(f"The disk does not take files: {error.strerror}") from error
        kind = sniff(head, declared_type)
        await self._store.write(lambda tx: put_media(tx, (Stored(media_id, kind, size),)))
        return Attachment(media_id=media_id, name=name, type=kind, size=size)

    async def _receive(
        self, chunks: AsyncIterator[bytes], limit: int, require: Callable[[bytes], None]
    ) -> tuple[MediaId, int, bytes]:
        digest, size, head = hashlib.sha256(), 0, b""
        file = await asyncio.to_thread(self.blobs.begin)
        try:
            async for chunk in chunks:
                size += len(chunk)
                if size > limit:
                    raise TooLarge(f"The file is larger than {words_of_size(limit)}.")
                digest.update(chunk)
                if len(head) < HEAD:
                    head += chunk[: HEAD - len(head)]
                    if len(head) == HEAD:
                        require(head)
                await asyncio.to_thread(file.write, chunk)
            require(head)
            media_id = MediaId(digest.hexdigest())
            await asyncio.to_thread(self.blobs.finish, file, media_id)
        finally:
            # Not cancelled half way: a broken upload leaves nothing behind.
            await asyncio.shield(asyncio.to_thread(self.blobs.discard, file))
        return media_id, size, head

    async def put(self, contents: Sequence[bytes]) -> None:
        """Blobs of incoming payloads: on disk before the events that name them are committed.

        Raises Unavailable when the disk does not take them.
        """
        try:
            await asyncio.to_thread(self._put_all, contents)
        except OSError as error:
            raise Unavailable(f"The disk does not take files: {error.strerror}") from error

    def _put_all(self, contents: Sequence[bytes]) -> None:
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


def _require(head: bytes, declared: str, types: Collection[str]) -> None:
    kind = sniff(head, declared)
    if not any(fits(kind, pattern) for pattern in types):
        raise Invalid(f"Files of type {kind} are not taken here.", field="type")


def words_of_size(size: int) -> str:
    return f"{size // 1_000_000} MB" if size >= 1_000_000 else f"{size // 1000} kB"


def sniff(head: bytes, declared: str = "") -> str:
    """The type that the bytes show; else the declared one, unless a browser would run it."""
    found = filetype.guess(head)
    if found is not None:
        return str(found.mime)
    declared = declared.partition(";")[0].strip().lower()
    if declared.startswith("text/") and b"\0" in head:
        return "application/octet-stream"
    if re.fullmatch(r"[a-z]+/[a-z0-9.+-]{1,100}", declared) and not _runs(declared):
        return declared
    return "application/octet-stream"


def _runs(kind: str) -> bool:
    """Types a browser could run as a page or script, and pictures that were not seen in the bytes."""
    return (
        kind.startswith(("text/html", "image/", "application/xhtml", "text/xml", "application/xml")) or "script" in kind
    )
