"""How often one person may call: a broken page or script must not take the others' share."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from aiohttp import web

from hub.errors import TooMany

SECONDS_SAVED: Final = 10.0
"""Who was quiet may do this many seconds' calls at once."""
_REMEMBERED: Final = 20_000


class Pace:
    """A token bucket per key."""

    def __init__(self, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._now = now
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def require(self, key: str) -> None:
        """Raises TooMany with ``after`` in seconds."""
        most, now = self._per_second * SECONDS_SAVED, self._now()
        left, at = self._buckets.pop(key, (most, now))
        left = min(most, left + (now - at) * self._per_second)
        is_free = left >= 1.0
        self._buckets[key] = (left - is_free, now)
        if len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)
        if not is_free:
            raise TooMany("Too many requests. Please wait a moment.", after=round((1.0 - left) / self._per_second, 2))


PACE: Final = web.AppKey("pace", Pace)
