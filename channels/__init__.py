"""The channels and how they are found. Law: no list to extend; a module is imported when a configured channel needs it.

A kind is a module (or folder) of this package, or an entry point of the group ``continuo.channels`` of another one.
"""

from __future__ import annotations

import importlib
import pkgutil
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from hub.ports import (
    Abilities,
    Accepted,
    Answers,
    Blob,
    Channel,
    Checks,
    Conversation,
    Health,
    Ignored,
    Inbox,
    Incoming,
    Ingested,
    Line,
    Listens,
    Outbound,
    Parsed,
    ReceivesWebhooks,
    Said,
    Secret,
    Sent,
    Serves,
    SignalsTyping,
    Tools,
    Webhook,
    WebhookAnswer,
)

GROUP: Final = "continuo.channels"
_NO_CHANNELS: Final = frozenset({"kit", "simulator"})
"""``kit`` is what all share; the simulator is a customer of the hub, not a way to reach one."""


def kinds() -> tuple[str, ...]:
    """Every kind that can be configured, in order of the alphabet. Imports none of them."""
    own = {module.name for module in pkgutil.iter_modules(__path__)} - _NO_CHANNELS
    return tuple(sorted(own | {point.name for point in entry_points(group=GROUP)}))


def load_channel(kind: str) -> type[Any]:
    """The class of a kind. Raises LookupError with words for a kind that does not exist."""
    if kind not in kinds():
        raise LookupError(f"there is no channel of kind {kind}; known are {', '.join(kinds())}")
    for point in entry_points(group=GROUP):
        if point.name == kind:
            found: type[Any] = point.load()
            return found
    return _class_in(importlib.import_module(f"{__name__}.{kind}"), kind)


def parse_file(kind: str, path: Path) -> Parsed:
    """The events of a recorded payload, without settings, signature or store. Raises LookupError, OSError.

    What can't be read is one ``payload.unreadable``.
    """
    channel = load_channel(kind)
    content = path.read_bytes()
    parse = getattr(channel, "parse_file", None)
    if parse is None:
        raise LookupError(f"the channel {kind} can't read recorded payloads")
    parsed: Parsed = parse(content, path.name)
    return parsed


def _class_in(module: ModuleType, kind: str) -> type[Any]:
    for value in vars(module).values():
        if isinstance(value, type) and getattr(value, "kind", None) == kind:
            return value
    raise LookupError(f"the module {module.__name__} has no class with kind = {kind!r}")


__all__ = [
    "Abilities",
    "Accepted",
    "Answers",
    "Blob",
    "Channel",
    "Checks",
    "Conversation",
    "Health",
    "Ignored",
    "Inbox",
    "Incoming",
    "Ingested",
    "Line",
    "Listens",
    "Outbound",
    "Parsed",
    "ReceivesWebhooks",
    "Said",
    "Secret",
    "Sent",
    "Serves",
    "SignalsTyping",
    "Tools",
    "Webhook",
    "WebhookAnswer",
    "kinds",
    "load_channel",
    "parse_file",
]
