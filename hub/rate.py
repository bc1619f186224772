"""When an account rests: after a provider asked for it, or after failures in a row. Its rate is kept by the claim."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

THRESHOLD: Final = 5
REST_SECONDS: Final = (5.0, 15.0, 60.0, 300.0)
AT_ONCE: Final = 16
"""Messages of one account on their way at the same time: a provider that hangs holds no other account."""


class Breaker:
    """Opens after several failures in a row, for longer each time; then one message tries: its success closes it."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._failures = 0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        """The provider counts as down: nothing or a single message is tried."""
        return self._failures >= THRESHOLD

    @property
    def rests_for(self) -> float:
        """Seconds until something may be tried."""
        return max(0.0, self._until - self._now())

    def room(self, in_flight: int) -> int:
        """How many more may be sent now."""
        if self.rests_for > 0:
            return 0
        return max(0, (1 if self.is_open else AT_ONCE) - in_flight)

    def failed(self) -> bool:
        """True when this failure opened it."""
        self._failures += 1
        if self._failures >= THRESHOLD:
            step = min(self._failures - THRESHOLD, len(REST_SECONDS) - 1)
            self._until = self._now() + REST_SECONDS[step]
        return self._failures == THRESHOLD

    def throttled(self, seconds: float) -> None:
        """The provider named a time; nothing is wrong with it."""
        self._until = max(self._until, self._now() + seconds)

    def succeeded(self) -> bool:
        """True when this success closed it."""
        was_open, self._failures = self.is_open, 0
        return was_open
