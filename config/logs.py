"""Logs: text on a terminal, JSON lines elsewhere. One law: no configured secret passes, whoever wrote the line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TextIO
from urllib.parse import unquote, urlsplit

import msgspec
import structlog
from aiohttp.http_exceptions import BadHttpMessage
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import LogSettings, Settings
from hub.ports import Secret
from hub.traces import Redactor, secrets_of


class Clean:
    """Blacks out every known secret in every text of a line; what is no text yet becomes one first."""

    def __init__(self, redact: Redactor) -> None:
        self._redact = redact

    def __call__(self, logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        return {self._redact(str(key)): self.clean(value) for key, value in line.items()}

    def clean(self, value: Any) -> Any:
        if value is None or isinstance(value, (bool, int, float)):
            return value
        if isinstance(value, dict):
            return {self._redact(str(key)): self.clean(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [self.clean(item) for item in value]
        return self._redact(value.decode(errors="replace") if isinstance(value, bytes) else str(value))


class Handler(logging.StreamHandler[TextIO]):
    """A line that can't be formatted is told without its arguments, which the library would show as they are."""

    def handleError(self, record: logging.LogRecord) -> None:
        with suppress(OSError, ValueError):
            self.stream.write(f"a line of {record.name} ({record.filename}:{record.lineno}) can't be shown\n")


def without_noise(record: logging.LogRecord) -> bool:
    """What a stranger sends that is no HTTP is his fault: one line of information, without what he sent."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, BadHttpMessage):
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.msg, record.exc_info = f"{record.msg}: no valid HTTP ({type(error).__name__})", None
    return logging.getLogger(record.name).isEnabledFor(record.levelno)


def secrets_in(settings: Settings) -> list[Secret]:
    """Those of the channels, and the passwords inside the addresses of store and bus."""
    passwords = (urlsplit(url).password for url in (settings.store.url, settings.bus.url))
    return [*secrets_of(settings), *(Secret(form) for one in passwords if one for form in {one, unquote(one)})]


def set_up(settings: LogSettings, secrets: Iterable[Secret]) -> None:
    """Route the standard library's logging through the redactor, to stderr."""
    is_text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    clean = Clean(Redactor(secrets))
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
    ]
    render: Processor = structlog.dev.ConsoleRenderer(colors=is_text and sys.stderr.isatty()) if is_text else _json()
    handler = Handler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, clean, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    logging.getLogger("aiohttp.server").addFilter(without_noise)
    for noisy in ("aiohttp.access", "mail.log", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel("WARNING")


def _json() -> Processor:
    return structlog.processors.JSONRenderer(serializer=lambda value, **_: msgspec.json.encode(value).decode())
