"""Signed addresses: a reply or a bounce that comes to one of them says which interaction or message it belongs to.

A token is base32 without case or padding: 16 bytes of a UUID, 10 bytes of HMAC-SHA256 over purpose and UUID.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import Final, Literal, NamedTuple
from uuid import UUID

from channels.email.settings import Settings, canonical
from hub.ids import InteractionId, OutboxId

_TAG: Final = 10
_TOKEN = re.compile(r"^[a-z2-7]{42}$", re.ASCII)
Purpose = Literal["reply", "bounce"]


class Recipient(NamedTuple):
    """What an address of ours says. All empty: it is not ours."""

    is_ours: bool = False
    interaction_id: InteractionId | None = None
    outbox_id: OutboxId | None = None


class Tokens:
    def __init__(self, settings: Settings) -> None:
        self._secret = settings.secret.reveal().encode()
        self._own = settings.own()
        self._local, _, self._domain = settings.address.rpartition("@")
        self._bounces = f"bounce@{settings.domain}"

    def reply_address(self, interaction_id: InteractionId) -> str | None:
        token = self._make("reply", interaction_id)
        return f"{self._local}+{token}@{self._domain}" if token and len(self._local) <= 21 else None

    def bounce_address(self, outbox_id: OutboxId) -> str | None:
        token = self._make("bounce", outbox_id)
        return f"bounce+{token}@{self._domain}" if token else None

    def read(self, text: str) -> Recipient:
        """An address of ours may carry any tag; only one that we signed says something."""
        local, _, domain = canonical(text).rpartition("@")
        name, plus, tag = local.partition("+")
        plain = f"{name}@{domain}"
        if plain == self._bounces and plus:
            found = self._open("bounce", tag)
            return Recipient(True, outbox_id=OutboxId(found)) if found else Recipient()
        if plain not in self._own:
            return Recipient()
        found = self._open("reply", tag) if plus else None
        return Recipient(True, interaction_id=InteractionId(found) if found else None)

    def _make(self, purpose: Purpose, identifier: str) -> str | None:
        try:
            content = UUID(identifier).bytes
        except ValueError:
            return None
        return _spell(content + self._tag(purpose, content))

    def _open(self, purpose: Purpose, token: str) -> str | None:
        if not _TOKEN.match(token):
            return None
        content = base64.b32decode(token.upper() + "======")
        if _spell(content) != token:
            return None  # the last letter has bits to spare: only one spelling is ours
        if not hmac.compare_digest(content[16:], self._tag(purpose, content[:16])):
            return None
        return str(UUID(bytes=content[:16]))

    def _tag(self, purpose: Purpose, content: bytes) -> bytes:
        return hmac.digest(self._secret, b"continuo.email." + purpose.encode() + b":" + content, hashlib.sha256)[:_TAG]


def _spell(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()
