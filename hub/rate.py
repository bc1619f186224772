"""How fast an account may send: a token bucket, and a breaker that rests a provider that does not answer."""

from __future__ import annotations

from collections.abc import Callable

THRESHOLD = 5
REST_SECONDS = (5.0, 15.0, 60.0)


class Bucket:
    """``rate`` tokens a second, at most one second's worth saved. ``now`` gives seconds."""

    def __init__(self, rate: float, now: Callable[[], float]) -> None:
        self._rate = rate
        self._now = now
        self._tokens = max(1.0, rate)
        self._at = now()

    def wait(self) -> float:
        """Take a token; gives the seconds to wait before using it."""
        now = self._now()
        self._tokens = min(max(1.0, self._rate), self._tokens + (now - self._at) * self._rate) - 1
        self._at = now
        return 0.0 if self._tokens >= 0 else -self._tokens / self._rate


class Breaker:
    """Opens after several failures in a row, for longer each time; one success closes it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        return self._now() < self._until

    def failed(self) -> None:
        self._failures += 1
        if self._failures >= THRESHOLD:
            step = min((self._failures - THRESHOLD) // THRESHOLD, len(REST_SECONDS) - 1)
            self._until = self._now() + REST_SECONDS[step]

    def succeeded(self) -> None:
        self._failures, self._until = 0, 0.0
