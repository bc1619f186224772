"""Channels that listen by themselves. Law: one that fails is started again, and no other notices."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from hub.errors import Unavailable
from hub.ids import ChannelId
from hub.ports import Inbox, Listens
from hub.store import Store
from hub.store.channels import Words, put_health

log = logging.getLogger(__name__)
UP_SECONDS: Final = 2.0
"""Who still listens after so long is up."""
FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 300.0


async def keep_listening(store: Store, channel_id: ChannelId, channel: Listens, inbox: Inbox) -> None:
    """Until cancelled, or until the channel has nothing more to hear. Whatever it raises is told on its account."""
    pause, is_down = FIRST_PAUSE, False
    while True:
        listening = asyncio.get_running_loop().create_task(channel.listen(inbox))
        try:
            done, _ = await asyncio.wait({listening}, timeout=UP_SECONDS)
            if not done:
                if is_down:
                    await _tell(store, channel_id, Words("connected", ""))
                pause, is_down = FIRST_PAUSE, False
                await asyncio.wait({listening})
        finally:
            listening.cancel()
            await asyncio.wait({listening})
        error = None if listening.cancelled() else listening.exception()
        if error is None:
            return
        log.error("%s does not listen, tried again in %.0f s", channel_id, pause, exc_info=error)
        if not is_down:
            # The words of an unknown exception may hold anything: only an operating system's are told.
            reason = error.strerror if isinstance(error, OSError) else type(error).__name__
            await _tell(store, channel_id, Words("broken", f"It does not listen: {reason}"))
        is_down = True
        await asyncio.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)


async def _tell(store: Store, channel_id: ChannelId, words: Words) -> None:
    try:
        await store.write(lambda tx: put_health(tx, channel_id, *words))
    except Unavailable as error:
        log.warning("the state of %s could not be kept: %s", channel_id, error)
