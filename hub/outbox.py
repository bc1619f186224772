"""Sends what was queued. Law: what may have been sent is never sent again by itself, unless the provider can tell.

Rows are claimed with a lease; the row says ``written`` before the request goes out (channels.md section 5).
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final, TypeVar

from hub.catalog import Account, Catalog
from hub.errors import HubError, SendError, Throttled, Unavailable, Uncertain
from hub.events import Event
from hub.ids import ChannelId, Ids
from hub.outbound import Told, outbound
from hub.outcome import Outcome, record
from hub.ports import Outbound
from hub.rate import Breaker
from hub.store import Store, Tx
from hub.store import outbox as box
from hub.store.channels import Words
from hub.store.outbox import Room, Waiting
from hub.traces import about_message

log = logging.getLogger(__name__)
T = TypeVar("T")
LEASE_SECONDS: Final = 120.0
SEND_SECONDS: Final = 60.0
"""Shorter than the lease: a send that hangs ends before somebody else may claim its row."""
LOOK_SECONDS: Final = 1.0
SPACE_SECONDS: Final = 0.02
"""Between two looks while nothing is being sent."""
TOLD_SECONDS: Final = 10.0
GIVE_UP: Final = timedelta(hours=48)
LONGEST_WAIT: Final = 600.0
LONGEST_THROTTLE: Final = 3600.0
_WAKING: Final = ("message.queued", "delivery.updated")
RECORD_TRIES: Final = 14
"""Within the lease: what was sent must not look as if nobody knew."""


class Outbox:
    """One per process; any number of processes share the rows."""

    def __init__(self, store: Store, catalog: Catalog, ids: Ids, *, drain_seconds: float = 20.0) -> None:
        self._store = store
        self._catalog = catalog
        self._holder = ids.new()
        self._drain_seconds = drain_seconds
        self._wake = asyncio.Event()
        self._looked_at = 0.0
        self._sending: dict[asyncio.Task[None], ChannelId] = {}
        self.breakers: dict[ChannelId, Breaker] = {key: Breaker(time.monotonic) for key in catalog.accounts}
        self.outcomes: Counter[tuple[ChannelId, str]] = Counter()
        """(account, outcome): ``sent``, or the code of the error."""
        store.on_commit(self._committed)

    @property
    def in_flight(self) -> int:
        return len(self._sending)

    def kick(self) -> None:
        """Something may have become due."""
        self._wake.set()

    def _committed(self, events: Sequence[Event]) -> None:
        """A message was queued, or the one before it has got its answer."""
        if any(event.type in _WAKING for event in events):
            self.kick()

    async def run(self) -> None:
        """Until cancelled; what is being sent then is finished first, so that its outcome is known."""
        told_at = time.monotonic()
        try:
            while True:
                self._wake.clear()
                try:
                    pause = await self._round()
                    if time.monotonic() - told_at > TOLD_SECONDS:
                        told_at = time.monotonic()
                        await self._hear()
                except Unavailable as error:
                    log.warning("the outbox waits for the store: %s", error)
                    pause = LOOK_SECONDS
                await self._pause(pause)
        finally:
            await self._drain()

    async def _round(self) -> float:
        """Claim what is due and begin to send it. Gives the seconds until the next look, if nothing wakes it."""
        now = self._store.clock.now()
        waiting = await self._store.read(lambda view: box.due(view, now))
        rooms = {channel: self._room(channel) for channel in waiting}
        able = {channel: room for channel, room in rooms.items() if room.messages > 0}
        if not able:
            return LOOK_SECONDS
        claimed = await self._store.write(lambda tx: box.claim(tx, self._holder, LEASE_SECONDS, able))
        for row in claimed:
            task = asyncio.get_running_loop().create_task(self._send(row))
            self._sending[task] = row.channel_id
            task.add_done_callback(self._sent)
        # Due and not claimed: behind another message, or the tokens of this second are used up.
        return 0.1 if len(claimed) < sum(waiting.values()) else LOOK_SECONDS

    def _room(self, channel: ChannelId) -> Room:
        account = self._catalog.accounts.get(channel)
        if account is None:
            return Room(100, 100.0)
        in_flight = sum(one == channel for one in self._sending.values())
        return Room(self.breakers[channel].room(in_flight), account.abilities.rate)

    def _sent(self, task: asyncio.Task[None]) -> None:
        del self._sending[task]
        self.kick()

    async def _pause(self, seconds: float) -> None:
        """Until something wakes us. Most commits queue no message: they are not all worth a look."""
        since = time.monotonic() - self._looked_at
        if not self._sending and since < SPACE_SECONDS:
            await asyncio.sleep(SPACE_SECONDS - since)
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._looked_at = time.monotonic()

    async def _drain(self) -> None:
        if self._sending:
            await asyncio.wait(set(self._sending), timeout=self._drain_seconds)
        late = set(self._sending)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        try:
            await self._store.write(lambda tx: box.release(tx, self._holder))
        except Unavailable:
            log.warning("claimed messages could not be given back; their lease lapses")

    async def _hear(self) -> None:
        """A receipt or an echo has settled what was uncertain."""
        for outbox_id, state in await self._store.read(box.told):
            await self._store.write(lambda tx, outbox_id=outbox_id, state=state: box.settle_told(tx, outbox_id, state))  # type: ignore[misc]  # bound now

    # one message

    async def _send(self, row: Waiting) -> None:
        """One row to its end. Whatever happens is recorded; nothing gets out of here."""
        try:
            await self._finish(row)
        except Unavailable as error:
            log.warning("the outcome of %s could not be recorded, its lease lapses: %s", row.outbox_id, error)
        except Exception:
            log.exception("sending %s failed in an unknown way", row.outbox_id)
            self.outcomes[row.channel_id, "broken"] += 1

    async def _finish(self, row: Waiting) -> None:
        account = self._catalog.accounts.get(row.channel_id)
        if account is None and not row.was_written:
            await self._end(row, Outcome("failed", words="This channel is not connected any more."))
        elif account is None or (row.was_written and account.abilities.repeat != "key"):
            words = "The hub was stopped while sending. Nobody knows whether it arrived."
            await self._end(row, Outcome("uncertain", code=Uncertain.code, words=words))
        else:
            await self._prepare(row, account)

    async def _prepare(self, row: Waiting, account: Account) -> None:
        try:
            message = await self._store.read(lambda view: outbound(view, row, account))
        except Unavailable:
            raise
        except Exception as error:
            log.exception("message %s can't be made ready", row.outbox_id)
            known = error if isinstance(error, HubError) else HubError("The hub could not make this message ready.")
            await self._end(row, Outcome("failed", code=known.code, words=known.words))
            return
        if isinstance(message, Told):
            await self._write(lambda tx: box.settle_mine(tx, row.outbox_id, self._holder, message.state))
            return
        is_safe = account.abilities.repeat == "key"
        if not is_safe and not await self._write(lambda tx: box.mark_written(tx, row.outbox_id, self._holder)):
            return
        about_message.set(row.event_id)
        await self._try(row, account, message)

    async def _try(self, row: Waiting, account: Account, message: Outbound) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                sent = await account.channel.send(message)
        except SendError as error:
            await self._failed(row, account, error)
        except TimeoutError:
            await self._failed(row, account, Uncertain("The provider did not answer in time."))
        except asyncio.CancelledError:
            await self._failed(row, account, Uncertain("The hub was stopped while sending."))
            raise
        except Exception as error:
            log.exception("channel %s raised what is no SendError", account.channel_id)
            await self._failed(row, account, Uncertain(f"The channel failed: {type(error).__name__}"))
        else:
            was_down = self.breakers[account.channel_id].succeeded()
            health = Words("connected", "") if was_down else None
            await self._end(row, Outcome(sent.status, external=sent.external_id, health=health, to=sent.address))

    async def _failed(self, row: Waiting, account: Account, error: SendError) -> None:
        outcome = self._judge(row, account, error)
        if outcome.health is None and error.code in ("unreachable", "provider_broken"):
            if self.breakers[account.channel_id].failed():
                words = f"Waiting for the provider: {error.words}"
                outcome = outcome._replace(health=Words("degraded", words))
        elif isinstance(error, Throttled):
            self.breakers[account.channel_id].throttled(pause(row, error))
        await self._end(row, outcome)

    def _judge(self, row: Waiting, account: Account, error: SendError) -> Outcome:
        """Again, or who has to decide (channels.md section 5)."""
        may_repeat = error.retry or (not error.certain and account.abilities.repeat == "key")
        now = self._store.clock.now()
        if may_repeat and now - row.made_at < GIVE_UP:
            again = now + timedelta(seconds=pause(row, error))
            return Outcome("queued", code=error.code, words=error.words, retry_at=again)
        health = Words("broken", error.words) if error.code == "bad_settings" else None
        return Outcome("failed" if error.certain else "uncertain", code=error.code, words=error.words, health=health)

    async def _end(self, row: Waiting, outcome: Outcome) -> None:
        self.outcomes[row.channel_id, outcome.code or outcome.status] += 1
        await self._write(lambda tx: record(tx, self._catalog, row, self._holder, outcome))

    async def _write(self, change: Callable[[Tx], T]) -> T:
        """What happened has happened: recording it is tried again while the store does not answer."""
        for number in range(RECORD_TRIES):
            try:
                return await self._store.write(change)
            except Unavailable:
                if number == RECORD_TRIES - 1:
                    raise
                await asyncio.sleep(min(0.1 * 2**number, 5.0))
        raise Unavailable


def pause(row: Waiting, error: SendError) -> float:
    """Seconds before the next try: what the provider asked for, within reason, else more each time."""
    asked = error.after if isinstance(error, Throttled) else None
    return backoff(row.attempt) if asked is None else min(max(asked, 0.1), LONGEST_THROTTLE)


def backoff(attempt: int, jitter: float | None = None) -> float:
    """Seconds before the next try: 1, 2, 4 ... at most ten minutes, up to a quarter less by chance."""
    share = random.random() if jitter is None else jitter  # noqa: S311 - spreads load, protects nothing
    return min(LONGEST_WAIT, 2.0 ** min(attempt - 1, 20)) * (1 - share / 4)
