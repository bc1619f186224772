"""A redacted record of every call to a provider. Law: no secret and no card number gets into it (law 10).

A trace is written later, in bulk: a send never waits for it, and a store that does not answer loses traces alone.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
import time
from collections import deque
from collections.abc import Iterable
from contextvars import ContextVar
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final
from urllib.parse import quote, quote_plus

import aiohttp
import msgspec

from hub.errors import Unavailable
from hub.ids import ChannelId, EventId
from hub.ports import Secret
from hub.store import Store
from hub.store.traces import NewTrace, drop_traces, put_traces

log = logging.getLogger(__name__)
EXCERPT: Final = 2_000
"""Characters kept of what was sent and of what came back."""
ANSWER_BYTES: Final = 50_000_000
"""A provider's answer that is longer breaks off the call."""
SECONDS: Final = 30.0
QUEUE: Final = 1_000
"""Calls that wait to be written; the oldest are lost."""
WRITE_SECONDS: Final = 1.0
KEPT: Final = timedelta(days=30)
DROP: Final = 500
"""Traces that one transaction drops."""
DROP_EACH: Final = 3_600
"""Looks after which old traces are dropped."""
SETTLE_SECONDS: Final = 2.0
"""An answer's body is read after the call counts as ended."""
_SHORTEST: Final = 4
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
    """Blacks out the secrets of one account in every form they travel in, and what looks like a card number."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        texts = {one.reveal() for one in secrets}
        forms = {form for text in texts if len(text) >= _SHORTEST for form in forms_of(text)}
        self._forms = sorted(forms, key=len, reverse=True)
        self.longest = max(map(len, self._forms), default=0)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, "***")
        return _CARD.sub(_black_out, text)

    def excerpt(self, content: bytes, *, is_cut: bool) -> str:
        """The beginning of a body. Where it was cut off, no first half of a secret is left at its end."""
        text = self(content.decode(errors="replace"))
        if is_cut:
            text = text[: len(text) - self._half_secret(text)]
        return text[:EXCERPT]

    def _half_secret(self, text: str) -> int:
        """Characters at the end that may be the beginning of a secret."""
        return max(
            (size for form in self._forms for size in range(1, len(form)) if text.endswith(form[:size])), default=0
        )


def forms_of(secret: str) -> set[str]:
    """As it is, in a URL, in a form, in JSON, and as the name or password of HTTP basic authentication alone."""
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        base64.b64encode(secret.encode()).decode().rstrip("="),
    }


def _black_out(found: re.Match[str]) -> str:
    digits = [int(char) for char in found.group() if char.isdigit()]
    return "[card number]" if is_card(digits) else found.group()


def is_card(digits: list[int]) -> bool:
    """ISO/IEC 7812 check digit (Luhn)."""
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def secrets_of(settings: Any) -> list[Secret]:
    """Every Secret of a channel's settings, however deep."""
    if isinstance(settings, Secret):
        return [settings]
    if isinstance(settings, msgspec.Struct):
        return [one for name in settings.__struct_fields__ for one in secrets_of(getattr(settings, name))]
    if isinstance(settings, dict):
        return [one for item in settings.values() for one in secrets_of(item)]
    if isinstance(settings, (list, tuple)):
        return [one for item in settings for one in secrets_of(item)]
    return []


class Call:
    """One call while it runs."""

    def __init__(self, channel_id: ChannelId, redact: Redactor) -> None:
        self.channel_id = channel_id
        self.event_id = about_message.get()
        self.request = bytearray()
        self.response = bytearray()
        self.method, self.url = "", ""
        self.status: int | None = None
        self.error = ""
        self.began = time.perf_counter()
        self.seconds = 0.0
        self.ended = 0.0
        self._redact = redact
        self._room = EXCERPT * 4 + redact.longest

    def sent(self, chunk: bytes) -> None:
        self.request += chunk[: self._room - len(self.request)]

    def got(self, chunk: bytes) -> None:
        self.response += chunk[: self._room - len(self.response)]

    def end(self, method: str, url: str, *, status: int | None = None, error: str = "") -> None:
        self.method, self.url, self.status, self.error = method, url, status, error
        self.ended = time.perf_counter()
        self.seconds = self.ended - self.began

    def trace(self, at: datetime) -> NewTrace:
        redact = self._redact
        body = Trace(
            method=self.method,
            url=redact(self.url),
            status=self.status,
            error=redact(self.error)[:EXCERPT],
            request=redact.excerpt(bytes(self.request), is_cut=len(self.request) >= self._room),
            response=redact.excerpt(bytes(self.response), is_cut=len(self.response) >= self._room),
            seconds=round(self.seconds, 4),
            at=at,
        )
        return NewTrace(self.channel_id, self.event_id, at, body)


class Answer(aiohttp.ClientResponse):
    """A provider's answer, of bounded length."""

    async def read(self) -> bytes:
        if self._body is None:
            parts: list[bytes] = []
            size = 0
            async for part in self.content.iter_any():
                size += len(part)
                if size > ANSWER_BYTES:
                    self.close()
                    raise aiohttp.ClientPayloadError(f"the answer is longer than {ANSWER_BYTES} bytes")
                parts.append(part)
            self._body = b"".join(parts)
            for trace in self._traces:
                await trace.send_response_chunk_received(self.method, self.url, self._body)
        return await super().read()


class Traces:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._ended: deque[tuple[datetime, Call]] = deque(maxlen=QUEUE)
        self.lost = 0

    async def run(self) -> None:
        """Write what has ended, until cancelled; then write the rest."""
        try:
            while True:
                await self.drop_old()
                for _ in range(DROP_EACH):
                    await asyncio.sleep(WRITE_SECONDS)
                    await self.write(older_than=SETTLE_SECONDS)
        finally:
            await self.write()

    async def drop_old(self) -> None:
        """In small steps, between which others write. Two processes that do it at once do it once."""
        before = self._store.clock.now() - KEPT
        try:
            while await self._store.write(lambda tx: drop_traces(tx, before, DROP)) == DROP:
                pass
        except Unavailable as error:
            log.warning("old traces stay for now: %s", error)

    async def write(self, *, older_than: float = 0.0) -> None:
        until = time.perf_counter() - older_than
        new: list[NewTrace] = []
        while self._ended and self._ended[0][1].ended <= until:
            at, call = self._ended.popleft()
            new.append(call.trace(at))
        if not new:
            return
        try:
            await self._store.write(lambda tx: put_traces(tx, new))
        except Unavailable:
            self.lost += len(new)
            log.warning("%d traces were not kept", len(new))

    def client(self, channel_id: ChannelId, settings: Any) -> aiohttp.ClientSession:
        """The HTTP client of one account: bounded in time and size, every call traced. Close it."""
        redact = Redactor(secrets_of(settings))
        config = aiohttp.TraceConfig()

        async def begun(_: aiohttp.ClientSession, context: SimpleNamespace, start: Any) -> None:
            context.call = Call(channel_id, redact)

        async def sent(_: aiohttp.ClientSession, context: SimpleNamespace, chunk: Any) -> None:
            context.call.sent(chunk.chunk)

        async def received(_: aiohttp.ClientSession, context: SimpleNamespace, chunk: Any) -> None:
            context.call.got(chunk.chunk)

        async def ended(_: aiohttp.ClientSession, context: SimpleNamespace, end: Any) -> None:
            context.call.end(end.method, str(end.url), status=end.response.status)
            self._keep(context.call)

        async def failed(_: aiohttp.ClientSession, context: SimpleNamespace, end: Any) -> None:
            context.call.end(end.method, str(end.url), error=repr(end.exception))
            self._keep(context.call)

        config.on_request_start.append(begun)
        config.on_request_chunk_sent.append(sent)
        config.on_response_chunk_received.append(received)
        config.on_request_end.append(ended)
        config.on_request_exception.append(failed)
        timeout = aiohttp.ClientTimeout(total=SECONDS, connect=10)
        return aiohttp.ClientSession(trace_configs=[config], timeout=timeout, response_class=Answer)

    def _keep(self, call: Call) -> None:
        self.lost += len(self._ended) == QUEUE
        self._ended.append((self._store.clock.now(), call))
