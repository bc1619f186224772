"""What comes in: answered after the commit, files first, and one address's conversation as its customer sees it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from hub import events as ev
from hub.bus import open_bus
from hub.errors import Invalid, TooLarge, Unavailable
from hub.events import Attachment
from hub.ids import MediaId, Position
from hub.inbox import AccountLine, Arrivals
from hub.ingest import Ingest
from hub.media import Media
from hub.ports import Blob, Incoming, Ingested, Parsed
from hub.signals import Signals
from hub.store import Store
from tests import given
from tests.hub.provider import Provider, catalog


@asynccontextmanager
async def line(store: Store, folder: Path, **abilities: object) -> AsyncIterator[AccountLine]:
    known = catalog(chat=Provider(**abilities))
    async with open_bus("memory://") as bus:
        arrivals = Arrivals(Ingest(known))
        yield AccountLine(known.accounts[given.CHAT], store, arrivals, Media(folder, store), Signals(bus, store))


def blob(content: bytes) -> Blob:
    return Blob(MediaId(hashlib.sha256(content).hexdigest()), content)


def mail(*files: tuple[bytes, str], text: str = "See the file") -> Parsed:
    """A message with attachments, as a channel parses it."""
    sender, blobs = given.email(), tuple(blob(content) for content, _ in files)
    attachments = tuple(
        Attachment(media_id=one.media_id, name="file", type=kind, size=len(one.content))
        for one, (_, kind) in zip(blobs, files, strict=True)
    )
    data = ev.MessageReceived(text=text, sender=sender, attachments=attachments)
    return Parsed(events=(Incoming(data=data, external_id=f"<{text}>", sender=sender),), blobs=blobs)


async def test_a_message_is_answered_with_its_position(store: Store, tmp_path: Path, clock: given.FixedClock) -> None:
    async with line(store, tmp_path) as inbox:
        [first] = (await inbox.accept(Parsed(events=(given.incoming("Hi", external_id="m1"),)))).accepted
        again = await inbox.accept(Parsed(events=(given.incoming("Hi", external_id="m1"),)))
        assert 0 < first.position <= await store.head()
        assert again.duplicate
        assert again.accepted[0].event_id == first.event_id
        assert inbox.last_in == clock.now()


async def test_nothing_to_keep_costs_nothing(store: Store, tmp_path: Path) -> None:
    """A provider's connectivity check."""
    async with line(store, tmp_path) as inbox:
        before = store.counters.commits
        assert await inbox.accept(Parsed()) == Ingested()
        assert store.counters.commits == before


async def test_files_are_on_disk_before_the_event_that_names_them(store: Store, tmp_path: Path) -> None:
    """And their types are read from their bytes."""
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + bytes(300)
    async with line(store, tmp_path) as inbox:
        await inbox.accept(mail((png, "text/html"), (b"a;b", "text/csv"), (b"<script>", "text/html")))
        media = Media(tmp_path, store)
        assert await media.read_media(blob(png).media_id) == png
        types = [await media.type_of(blob(one).media_id) for one in (png, b"a;b", b"<script>")]
        assert types == ["image/png", "text/csv", "application/octet-stream"]


async def test_many_accounts_and_files_at_once_share_a_commit(store: Store, tmp_path: Path) -> None:
    """A few statements for all of them together."""
    async with line(store, tmp_path) as inbox:
        before = store.counters.commits
        await asyncio.gather(
            *(inbox.accept(mail((b"%d" % number, "text/plain"), text=f"{number}")) for number in range(60))
        )
        assert store.counters.commits - before < 30


async def test_a_full_disk_takes_no_message(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither file nor event: the sender repeats it, and then it is new."""
    async with line(store, tmp_path) as inbox:
        with monkeypatch.context() as patch:
            patch.setattr("os.fsync", _full)
            with pytest.raises(Unavailable):
                await inbox.accept(mail((b"x", "text/plain")))
        assert await store.head() == 0
        assert not (await inbox.accept(mail((b"x", "text/plain")))).duplicate


def _full(handle: int) -> None:
    raise OSError(28, "No space left on device")


async def test_a_store_that_is_closed_takes_nothing(sqlite_store: Store, tmp_path: Path) -> None:
    async with line(sqlite_store, tmp_path) as inbox:
        await sqlite_store.close()
        with pytest.raises(Unavailable):
            await inbox.accept(Parsed(events=(given.incoming(),)))


async def test_the_customer_sees_both_sides_of_his_own_conversation(store: Store, tmp_path: Path) -> None:
    """No note of the team, nothing of another customer; after a position only what is newer."""
    async with line(store, tmp_path) as inbox:
        ada, bob = given.email(), given.email()
        await inbox.accept(Parsed(events=(given.incoming("Hello", sender=ada),)))
        await inbox.accept(Parsed(events=(given.incoming("I am Bob", sender=bob),)))
        talk = await inbox.history(ada, Position(0))
        assert ([said.text for said in talk.messages], talk.state) == (["Hello"], "waiting")
        await inbox.accept(Parsed(events=(given.incoming("Anybody?", sender=ada),)))
        later = await inbox.history(ada, Position(talk.position))
        assert [said.text for said in later.messages] == ["Anybody?"]
        assert (await inbox.history(given.email(), Position(0))).state == "none"


async def test_uploads_keep_the_limits_of_the_account(store: Store, tmp_path: Path) -> None:
    async def content(size: int) -> AsyncIterator[bytes]:
        yield b"x" * size

    async with line(store, tmp_path, media_types=("text/plain",), media_bytes=1000) as inbox:
        file = await inbox.store_media(content(1000), "a.txt", "text/plain")
        assert b"".join([part async for part in await inbox.open_media(file.media_id)]) == b"x" * 1000
        with pytest.raises(TooLarge):
            await inbox.store_media(content(1001), "a.txt", "text/plain")
        with pytest.raises(Invalid):
            await inbox.store_media(content(10), "a.json", "application/json")
