"""Logs: text on a terminal, JSON lines elsewhere. One law: no configured secret passes, whoever wrote the line."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config.settings import LogSettings
from hub.ports import Secret

_SHORTEST = 6
"""A shorter secret would black out ordinary words."""


class Redactor:
    """Replaces every known secret in every text of a line, and drops values of type Secret."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        texts = {secret.reveal() for secret in secrets}
        self._texts = sorted((text for text in texts if len(text) >= _SHORTEST), key=len, reverse=True)

    def __call__(self, logger: WrappedLogger, method: str, line: EventDict) -> EventDict:
        return {key: self.clean(value) for key, value in line.items()}

    def clean(self, value: Any) -> Any:
        if isinstance(value, str):
            for text in self._texts:
                value = value.replace(text, "***")
            return value
        if isinstance(value, dict):
            return {self.clean(key): self.clean(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.clean(item) for item in value]
        return str(value) if isinstance(value, Secret) else value


def secrets_of(value: Any) -> list[Secret]:
    """Every Secret inside settings, however deep."""
    if isinstance(value, Secret):
        return [value]
    if isinstance(value, msgspec.Struct):
        return [found for name in value.__struct_fields__ for found in secrets_of(getattr(value, name))]
    if isinstance(value, dict):
        return [found for item in value.values() for found in secrets_of(item)]
    if isinstance(value, (list, tuple)):
        return [found for item in value for found in secrets_of(item)]
    return []


def set_up(settings: LogSettings, secrets: Iterable[Secret]) -> None:
    """Route the standard library's logging through the redactor, to stderr."""
    is_text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    redact = Redactor(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
    ]
    render: Processor = structlog.dev.ConsoleRenderer(colors=is_text and sys.stderr.isatty()) if is_text else _json()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, redact, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.level.upper())
    for noisy in ("aiohttp.access", "mail.log", "alembic", "asyncio"):
        logging.getLogger(noisy).setLevel("WARNING")


def _json() -> Processor:
    return structlog.processors.JSONRenderer(
        serializer=lambda value, **_: msgspec.json.encode(value, enc_hook=str).decode()
    )
