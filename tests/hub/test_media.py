"""Files: kept by content, whole or not at all, within limits, and never taken for what they are not."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import os
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.errors import Invalid, NotFound, TooLarge, Unavailable
from hub.ids import MediaId
from hub.media import DiskBlobs, Media, sniff
from hub.store import Store
from hub.store.media import Stored, put_media

PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(300)
PDF = b"%PDF-1.7\n" + b"x" * 300


def document() -> bytes:
    """The beginning of an office document: a ZIP with a certain first entry."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>" + "x" * 2000)
        archive.writestr("_rels/.rels", "<Relationships/>")
        archive.writestr("word/document.xml", "<w/>")
    return file.getvalue()


async def chunks(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def name_of(content: bytes) -> MediaId:
    return MediaId(hashlib.sha256(content).hexdigest())


async def test_an_upload_is_kept_under_its_hash_and_read_back(store: Store, tmp_path: Path) -> None:
    """Whole, in chunks, with the type its bytes show."""
    media = Media(tmp_path / "media", store)
    content = PNG * 2_000
    file = await media.store(chunks(content), "cat.jpg", "image/jpeg", 10_000_000)
    assert (file.media_id, file.name, file.type, file.size) == (name_of(content), "cat.jpg", "image/png", len(content))
    assert files_in(tmp_path / "media") == [file.media_id]
    assert b"".join([chunk async for chunk in await media.open(file.media_id)]) == content
    assert await media.read_media(file.media_id) == content
    assert await media.type_of(file.media_id) == "image/png"


async def test_the_same_content_twice_is_one_file_with_its_first_type(store: Store, tmp_path: Path) -> None:
    """Nobody turns a stored text into something else by sending it again."""
    media = Media(tmp_path / "media", store)
    one = await media.store(chunks(b"a,b\n1,2"), "a.csv", "text/csv", 1000)
    two = await media.store(chunks(b"a,b\n1,2"), "b.txt", "text/plain; charset=utf-8", 1000)
    assert one.media_id == two.media_id
    assert await media.type_of(one.media_id) == "text/csv"
    assert len(files_in(tmp_path / "media")) == 1


async def test_too_large_is_refused_while_reading(store: Store, tmp_path: Path) -> None:
    """Nothing beyond the limit is read, and nothing stays."""
    media, read = Media(tmp_path / "media", store), 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1000
            yield b"x" * 1000

    with pytest.raises(TooLarge, match="larger than 5 kB"):
        await media.store(endless(), "big", "text/plain", 5_000)
    assert read == 6_000
    assert files_in(tmp_path / "media") == []


async def test_a_type_that_is_not_taken_is_refused_at_once(store: Store, tmp_path: Path) -> None:
    """By its bytes, not by its name or what the sender says; after the first few of them."""
    media, types = Media(tmp_path / "media", store), ("image/*", "text/plain")
    assert (await media.store(chunks(PNG), "a.png", "image/png", 10_000, types)).type == "image/png"
    read = 0

    async def program() -> AsyncIterator[bytes]:
        nonlocal read
        yield b"MZ" + bytes(9_000)
        while True:
            read += 1
            yield bytes(1000)

    with pytest.raises(Invalid, match="not taken here"):
        await media.store(program(), "cat.png", "image/png", 1_000_000, types)
    assert read == 0
    with pytest.raises(Invalid):
        await media.store(chunks(PDF), "a.txt", "text/plain", 10_000, types)
    assert len(files_in(tmp_path / "media")) == 1


@pytest.mark.parametrize(
    ("content", "declared", "kind"),
    [
        (PNG, "text/html", "image/png"),
        (PDF, "", "application/pdf"),
        (
            document(),
            "application/octet-stream",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        (b"hello", "text/plain; charset=utf-8", "text/plain"),
        (b"a\0b", "text/plain", "application/octet-stream"),
        (b"a,b", "Text/CSV", "text/csv"),
        (b"<script>alert(1)</script>", "text/html", "application/octet-stream"),
        (b"<svg onload='x'/>", "image/svg+xml", "application/octet-stream"),
        (b"<x/>", "application/xhtml+xml", "application/octet-stream"),
        (b"alert(1)", "text/javascript", "application/octet-stream"),
        (b"not a picture", "image/png", "application/octet-stream"),
        (b"BEGIN:VCALENDAR", "text/calendar", "text/calendar"),
        (b"{}", "application/json", "application/json"),
        (b"x", "text/plain\r\nX-Evil: 1", "application/octet-stream"),
        (b"x", "nonsense", "application/octet-stream"),
        (b"", "", "application/octet-stream"),
    ],
)
def test_what_a_file_is_stands_in_its_bytes(content: bytes, declared: str, kind: str) -> None:
    """What a browser could run is never kept as such."""
    assert sniff(content, declared) == kind


async def test_an_upload_that_breaks_off_leaves_nothing(store: Store, tmp_path: Path) -> None:
    """The sender is gone; the request is cancelled in the middle."""
    media, began = Media(tmp_path / "media", store), asyncio.Event()

    async def broken() -> AsyncIterator[bytes]:
        yield PNG
        raise ConnectionResetError("gone")

    async def stuck() -> AsyncIterator[bytes]:
        yield PNG
        began.set()
        await asyncio.Event().wait()

    with pytest.raises(Unavailable):
        await media.store(broken(), "a", "image/png", 10_000)
    task = asyncio.create_task(media.store(stuck(), "a", "image/png", 10_000))
    await began.wait()
    task.cancel()
    await asyncio.wait({task})
    assert files_in(tmp_path / "media") == []


async def test_a_full_disk_is_said_and_leaves_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of an upload and of an incoming payload: Unavailable, so that the sender repeats it."""
    media = Media(tmp_path / "media", store)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unavailable, match="No space left"):
        await media.store(chunks(PNG), "a", "image/png", 10_000)
    with pytest.raises(Unavailable, match="No space left"):
        await media.put([b"raw mail"])
    assert files_in(tmp_path / "media") == []


def test_content_is_synced_with_its_folders_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file first, then the name of each new folder, last the name of the file."""
    synced: list[str] = []
    real = os.fsync

    def noted(handle: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()).removeprefix(str(tmp_path)))
        real(handle)

    blobs = DiskBlobs(tmp_path / "media")
    monkeypatch.setattr(os, "fsync", noted)
    media_id = blobs.put(b"raw mail")
    one, two = f"/media/{media_id[:2]}", f"/media/{media_id[:2]}/{media_id[2:4]}"
    assert synced[0].startswith("/media/new-")
    assert synced[1:] == ["/media", one, two]
    synced.clear()
    assert blobs.put(b"raw mail") == media_id
    assert synced == [two]


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """After a day; a young one may still be written by another process."""
    folder = tmp_path / "media"
    folder.mkdir()
    for name, age in (("new-old", 90_000), ("new-young", 60)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age,) * 2)
    DiskBlobs(folder)
    assert files_in(folder) == ["new-young"]


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "0" * 63, "G" * 64, "A" * 64, "0" * 64 + "\n", f"{'0' * 64}/.."]
)
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotFound):
        DiskBlobs(tmp_path / "media").path(MediaId(name))


async def test_a_file_that_is_not_there(store: Store, tmp_path: Path) -> None:
    media = Media(tmp_path / "media", store)
    with pytest.raises(NotFound):
        await media.open(MediaId("0" * 64))
    with pytest.raises(NotFound):
        await media.read_media(MediaId("0" * 64))
    assert await media.type_of(MediaId("0" * 64)) is None


async def test_many_files_are_one_statement(store: Store) -> None:
    before = store.counters.statements
    files = [Stored(name_of(b"%d" % n), "text/plain", 1) for n in (3, 1, 2, 3)]
    await store.write(lambda tx: put_media(tx, files))
    assert store.counters.statements - before <= 4
