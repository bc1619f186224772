"""The bus carries hints between processes. Law: losing one costs delay, never data."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from hub.ports import Bus


def open_bus(url: str) -> AbstractAsyncContextManager[Bus]:
    """``memory://`` for one process; ``redis://``, ``rediss://`` or ``unix://`` for several."""
    if url == "memory://":
        from hub.bus.in_process import in_process_bus

        return in_process_bus()
    from hub.bus.over_redis import redis_bus

    return redis_bus(url)
