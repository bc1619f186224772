"""A redacted record of every call to a provider. Law: no secret and no card number gets into it (law 10)."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime
from types import SimpleNamespace
from typing import Any, Final

import aiohttp
import msgspec

from hub.errors import Unavailable
from hub.ids import ChannelId, EventId
from hub.ports import Secret
from hub.store import Store
from hub.store.traces import put_trace

log = logging.getLogger(__name__)
EXCERPT: Final = 2_000
SECONDS: Final = 30.0
_CARD: Final = re.compile(r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)")
about_message: ContextVar[EventId | None] = ContextVar("about_message", default=None)
"""The message that the running task sends: its calls are filed under it."""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One call, as it may be shown."""

    method: str
    url: str
    status: int | None = None
    error: str = ""
    request: str = ""
    response: str = ""
    seconds: float
    at: datetime


class Redactor:
    """Blacks out the secrets of one account, and what looks like a card number."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._texts = sorted({one.reveal() for one in secrets if len(one.reveal()) >= 4}, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for secret in self._texts:
            text = text.replace(secret, "***")
        return _CARD.sub(_black_out, text)


def _black_out(found: re.Match[str]) -> str:
    digits = [int(char) for char in found.group() if char.isdigit()]
    return "[card number]" if is_card(digits) else found.group()


def is_card(digits: list[int]) -> bool:
    """ISO/IEC 7812 check digit (Luhn)."""
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def secrets_of(settings: Any) -> list[Secret]:
    """Every Secret of a channel's settings."""
    if isinstance(settings, Secret):
        return [settings]
    if isinstance(settings, msgspec.Struct):
        return [one for name in settings.__struct_fields__ for one in secrets_of(getattr(settings, name))]
    if isinstance(settings, (list, tuple)):
        return [one for item in settings for one in secrets_of(item)]
    return []


class Context(SimpleNamespace):
    """What is collected while a call runs."""

    def __init__(self, **more: Any) -> None:
        super().__init__(request=b"", response=b"", began=None, **more)


class Traces:
    """Keeps traces; a store that does not answer loses them, never the send."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, channel_id: ChannelId, trace: Trace) -> None:
        event_id = about_message.get()
        try:
            await self._store.write(lambda tx: put_trace(tx, channel_id, event_id, trace.at, trace))
        except Unavailable:
            log.warning("a trace of %s was not kept", channel_id)

    def client(self, channel_id: ChannelId, settings: Any) -> aiohttp.ClientSession:
        """The HTTP client of one account: bounded in time, every call traced. Close it."""
        redact = Redactor(secrets_of(settings))
        config = aiohttp.TraceConfig(trace_config_ctx_factory=Context)

        async def begun(_: aiohttp.ClientSession, context: SimpleNamespace, start: Any) -> None:
            context.began = self._store.clock.now()

        async def chunk(_: aiohttp.ClientSession, context: SimpleNamespace, sent: Any) -> None:
            context.request = (context.request + sent.chunk)[:EXCERPT]

        async def received(_: aiohttp.ClientSession, context: SimpleNamespace, got: Any) -> None:
            context.response = (context.response + got.chunk)[:EXCERPT]

        async def ended(_: aiohttp.ClientSession, context: SimpleNamespace, end: Any) -> None:
            await self.keep(channel_id, self._trace(context, redact, end, status=end.response.status))

        async def failed(_: aiohttp.ClientSession, context: SimpleNamespace, end: Any) -> None:
            await self.keep(channel_id, self._trace(context, redact, end, error=repr(end.exception)))

        config.on_request_start.append(begun)
        config.on_request_chunk_sent.append(chunk)
        config.on_response_chunk_received.append(received)
        config.on_request_end.append(ended)
        config.on_request_exception.append(failed)
        timeout = aiohttp.ClientTimeout(total=SECONDS, connect=10)
        return aiohttp.ClientSession(trace_configs=[config], timeout=timeout, auto_decompress=True)

    def _trace(
        self, context: SimpleNamespace, redact: Redactor, end: Any, *, status: int | None = None, error: str = ""
    ) -> Trace:
        now = self._store.clock.now()
        return Trace(
            method=end.method,
            url=redact(str(end.url)),
            status=status,
            error=redact(error),
            request=redact(context.request.decode(errors="replace")),
            response=redact(context.response.decode(errors="replace")),
            seconds=round((now - context.began).total_seconds(), 4) if context.began else 0.0,
            at=now,
        )
