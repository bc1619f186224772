"""Guessing costs time: tries are counted per address and per account, and a processor is never all argon2's."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from hub.errors import TooMany

T = TypeVar("T")
FREE_OF_ACCOUNT: Final = 5
FREE_OF_ADDRESS: Final = 30
"""A whole office may share one address."""
LONGEST_WAIT: Final = 300.0
FORGIVEN_SECONDS: Final = 3600.0
AT_ONCE: Final = 2
"""Each hash takes 64 MiB and a processor for about 50 ms."""
WAITING: Final = 50
_REMEMBERED: Final = 20_000


class Tries(NamedTuple):
    failures: int
    at: float


class Throttle:
    """After a few tries that failed each further one waits twice as long. Forgets the oldest when it knows too many."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failed: OrderedDict[str, Tries] = OrderedDict()
        self._at_home: OrderedDict[str, None] = OrderedDict()
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    def begin(self, address: str, account: str) -> None:
        """Count a try, before its outcome is known: many at once must not slip through together.

        An address from which somebody has signed in to the account before is counted apart, so that a stranger's
        guesses don't lock its owner out. Raises TooMany with ``after`` in seconds.
        """
        keys = self._keys(address, account)
        now = self._now()
        wait = max(self._until(key, free) - now for key, free in keys.items())
        if wait > 0:
            raise TooMany("Too many tries. Please wait a moment.", after=round(wait, 1))
        for key in keys:
            self._failed[key] = Tries(self._tries(key).failures + 1, now)
            self._failed.move_to_end(key)
        while len(self._failed) > _REMEMBERED:
            self._failed.popitem(last=False)

    def succeeded(self, address: str, account: str) -> None:
        """It was right: the account begins anew, the address only takes this one back."""
        ours, theirs = self._keys(address, account)
        tries = self._tries(ours)
        self._failed[ours] = Tries(max(0, tries.failures - 1), tries.at)
        self._failed.pop(theirs, None)
        self._at_home[home(address, account)] = None
        self._at_home.move_to_end(home(address, account))
        while len(self._at_home) > _REMEMBERED:
            self._at_home.popitem(last=False)

    def _keys(self, address: str, account: str) -> dict[str, int]:
        """The address, then the account, with their free tries."""
        known = home(address, account)
        return {
            f"from {address}": FREE_OF_ADDRESS,
            known if known in self._at_home else f"to {account}": FREE_OF_ACCOUNT,
        }

    def _tries(self, key: str) -> Tries:
        tries = self._failed.get(key, Tries(0, 0.0))
        return tries if self._now() - tries.at < FORGIVEN_SECONDS else Tries(0, 0.0)

    def _until(self, key: str, free: int) -> float:
        count, at = self._tries(key)
        return 0.0 if count < free else at + min(LONGEST_WAIT, 2.0 ** min(count - free, 30))

    async def hashing(self, work: Callable[[], T]) -> T:
        """Run argon2 on a thread, a few at a time. Raises TooMany."""
        if self._waiting >= WAITING:
            raise TooMany("Many people sign in at this moment. Please wait.", after=2.0)
        self._waiting += 1
        try:
            async with self._free:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1


def home(address: str, account: str) -> str:
    return f"from {address} to {account}"
