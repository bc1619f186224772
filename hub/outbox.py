"""Sends what was queued. Law: what may have been sent is never sent again by itself, unless the provider can tell.

Rows are claimed with a lease; the row says ``written`` before the request goes out (channels.md section 5).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from datetime import timedelta
from typing import Final

import msgspec

from hub import events as ev
from hub.catalog import Account, Catalog
from hub.errors import SendError, Throttled, Unavailable, Uncertain
from hub.events import DeliveryUpdated
from hub.ids import ChannelId, Ids
from hub.outbound import outbound
from hub.ports import Sent
from hub.rate import Breaker, Bucket
from hub.store import Store, Tx
from hub.store import outbox as box
from hub.store.outbox import Waiting
from hub.traces import about_message
from hub.turn import Turn

log = logging.getLogger(__name__)
LEASE: Final = timedelta(seconds=90)
SEND_SECONDS: Final = 60.0
"""Shorter than the lease: a send that hangs ends before somebody else may claim its row."""
AT_ONCE: Final = 32
LOOK_SECONDS: Final = 1.0
GIVE_UP: Final = timedelta(hours=48)
LONGEST_WAIT: Final = 600.0


class Outbox:
    def __init__(self, store: Store, catalog: Catalog, ids: Ids) -> None:
        self._store = store
        self._catalog = catalog
        self._holder = ids.new()
        self._wake = asyncio.Event()
        self._buckets: dict[ChannelId, Bucket] = {
            key: Bucket(account.abilities.rate, time.monotonic) for key, account in catalog.accounts.items()
        }
        self.breakers: dict[ChannelId, Breaker] = {key: Breaker(time.monotonic) for key in catalog.accounts}
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.sent = 0
        self.failed = 0
        store.on_commit(lambda head: self._wake.set())

    async def run(self) -> None:
        """Until cancelled; what is being sent then is finished first, so that its outcome is known."""
        sending: set[asyncio.Task[None]] = set()
        try:
            while True:
                self._wake.clear()
                for row in await self._claim(AT_ONCE - len(sending)):
                    task = asyncio.get_running_loop().create_task(self._send(row))
                    sending.add(task)
                    task.add_done_callback(sending.discard)
                    task.add_done_callback(lambda _: self._wake.set())
                await self._pause()
        finally:
            if sending:
                await asyncio.wait(sending)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _claim(self, room: int) -> list[Waiting]:
        if room <= 0 or not await self._is_due():
            return []
        until = self._store.clock.now() + LEASE
        resting = tuple(sorted(key for key, breaker in self.breakers.items() if breaker.is_open))
        try:
            return await self._store.write(lambda tx: box.claim(tx, self._holder, until, room, resting))
        except Unavailable:
            return []

    async def _is_due(self) -> bool:
        try:
            at = await self._store.read(box.next_try)
        except Unavailable:
            return False
        return at is not None and at <= self._store.clock.now()

    async def _send(self, row: Waiting) -> None:
        """One row to its end. Whatever happens is recorded; nothing gets out of here."""
        try:
            account = self._catalog.accounts.get(ChannelId(row.channel_id))
            if account is None:
                await self._end(row, DeliveryUpdated(status="failed", words="This channel is not connected any more."))
            elif row.was_written and account.abilities.repeat != "key":
                words = "The hub was stopped while sending. Nobody knows whether it arrived."
                await self._end(row, DeliveryUpdated(status="uncertain", words=words))
            else:
                await self._try(row, account)
        except Unavailable as error:
            log.warning("the outcome of %s could not be recorded, its lease lapses: %s", row.outbox_id, error)
        except Exception:
            log.exception("sending %s failed in an unknown way", row.outbox_id)
            self.failed += 1

    async def _try(self, row: Waiting, account: Account) -> None:
        await asyncio.sleep(self._buckets[account.channel_id].wait())
        message = await self._store.read(lambda view: outbound(view, row, account))
        if not await self._store.write(lambda tx: box.mark_written(tx, row.outbox_id, self._holder)):
            return
        about_message.set(row.event_id)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sent = await account.channel.send(message)
        except SendError as error:
            await self._failed(row, account, error)
        except TimeoutError:
            await self._failed(row, account, Uncertain("The provider did not answer in time."))
        except Exception as error:
            log.exception("channel %s raised what is no SendError", account.channel_id)
            await self._failed(row, account, Uncertain(f"The channel failed: {type(error).__name__}"))
        else:
            await self._sent(row, account, sent)

    async def _sent(self, row: Waiting, account: Account, sent: Sent) -> None:
        self.breakers[account.channel_id].succeeded()
        self.sent += 1
        await self._end(row, DeliveryUpdated(status=sent.status, external=sent.external_id, attempt=row.attempt))

    async def _failed(self, row: Waiting, account: Account, error: SendError) -> None:
        self.failed += 1
        if error.code in ("unreachable", "provider_broken"):
            self.breakers[account.channel_id].failed()
        may_repeat = not error.certain and account.abilities.repeat == "key"
        if (error.retry or may_repeat) and self._store.clock.now() - row.made_at < GIVE_UP:
            await self._again(row, error)
        else:
            status: ev.Status = "failed" if error.certain else "uncertain"
            news = DeliveryUpdated(status=status, code=error.code, words=error.words, attempt=row.attempt)
            await self._end(row, news)

    async def _again(self, row: Waiting, error: SendError) -> None:
        seconds = backoff(row.attempt)
        if isinstance(error, Throttled) and error.after is not None:
            seconds = min(max(error.after, 0.1), 3600.0)
        at = self._store.clock.now() + timedelta(seconds=seconds)
        news = DeliveryUpdated(status="queued", code=error.code, words=error.words, attempt=row.attempt, retry_at=at)

        def change(tx: Tx) -> None:
            box.retry_at(tx, row.outbox_id, at)
            self._say(tx, row, news)

        await self._store.write(change)

    async def _end(self, row: Waiting, news: DeliveryUpdated) -> None:
        state: box.State = (
            "uncertain" if news.status == "uncertain" else "failed" if news.status == "failed" else "done"
        )

        def change(tx: Tx) -> None:
            box.settle_outbox(tx, row.outbox_id, state)
            self._say(tx, row, news)

        await self._store.write(change)

    def _say(self, tx: Tx, row: Waiting, news: DeliveryUpdated) -> None:
        turn = Turn(tx, self._catalog)
        news = msgspec.structs.replace(news, message=row.event_id, outbox_id=row.outbox_id)
        turn.put(turn.interaction(row.interaction_id), news)


def backoff(attempt: int, jitter: float | None = None) -> float:
    """Seconds before the next try: 1, 2, 4 ... at most ten minutes, up to a quarter more by chance."""
    share = random.random() if jitter is None else jitter  # noqa: S311 - spreads load, protects nothing
    return min(LONGEST_WAIT, 2.0 ** (attempt - 1)) * (1 + share / 4)
