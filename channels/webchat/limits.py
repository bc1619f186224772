"""What one visit may use: messages, frames, connections. In memory and per process; losing it harms nobody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from hub.addresses import Address
from hub.errors import TooMany


class Rate(NamedTuple):
    tokens: int
    seconds: float
    """In which all tokens come back."""


FRAMES = Rate(100, 10.0)
_REMEMBERED = 20_000


class Bucket:
    """A token bucket. ``take`` gives 0 when allowed, else the seconds to wait; a refusal costs nothing."""

    __slots__ = ("at", "left", "rate")

    def __init__(self, rate: Rate, now: float) -> None:
        self.rate = rate
        self.left = float(rate.tokens)
        self.at = now

    def take(self, now: float) -> float:
        self.refill(now)
        if self.left >= 1:
            self.left -= 1
            return 0.0
        return (1 - self.left) * self.rate.seconds / self.rate.tokens

    def refill(self, now: float) -> None:
        passed = max(0.0, now - self.at)
        self.left = min(float(self.rate.tokens), self.left + passed * self.rate.tokens / self.rate.seconds)
        self.at = now

    @property
    def is_full(self) -> bool:
        return self.left >= self.rate.tokens


class Buckets:
    """One bucket per visit; full ones are forgotten, for a new one is the same."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._buckets: dict[Address, Bucket] = {}

    def take(self, visitor: Address, now: float) -> float:
        bucket = self._buckets.get(visitor)
        if bucket is None:
            self._forget(now)
            bucket = self._buckets[visitor] = Bucket(self._rate, now)
        return bucket.take(now)

    def _forget(self, now: float) -> None:
        if len(self._buckets) < _REMEMBERED:
            return
        for bucket in self._buckets.values():
            bucket.refill(now)
        self._buckets = {visitor: bucket for visitor, bucket in self._buckets.items() if not bucket.is_full}


class Connections:
    """Sockets and long polls that a visit holds open."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: Counter[Address] = Counter()

    @contextmanager
    def one(self, visitor: Address) -> Iterator[None]:
        """Raises TooMany."""
        if self._open[visitor] >= self._most:
            raise TooMany("This chat is open in too many places.")
        self._open[visitor] += 1
        try:
            yield
        finally:
            self._open[visitor] -= 1
            if not self._open[visitor]:
                del self._open[visitor]
