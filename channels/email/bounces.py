"""Bounces: what became of a mail of ours, in the words of the server that could not deliver it.

RFC 3464 reports, and the plain ones of old servers. A bounce is news of our message, never a message of a customer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import Final, Literal

import msgspec

from channels.email import mime
from channels.email.texts import Content
from channels.kit import tame
from hub.events import DeliveryUpdated, Status
from hub.ids import OutboxId

Action = Literal["failed", "delayed", "delivered"]
_ACTIONS: Final[dict[str, Action]] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
_STATUS: Final[dict[Action, Status]] = {"failed": "failed", "delayed": "sent", "delivered": "delivered"}
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,200}@[!-;=?-~]{1,200}>", re.ASCII)
_CODE = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]{1,200}[A-Za-z0-9]")
_FAILED = re.compile(
    r"undeliver|not be delivered|could not deliver|delivery (?:has )?fail|failure notice|returned (?:mail|to sender)|"
    r"permanent (?:fatal )?error|unzustellbar|nicht zugestellt|no se (?:ha )?(?:pudo|podido) entregar|"
    r"não (?:foi )?entregue|non remis|mancata consegna",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delay|warning: (?:message|could not)|still (?:being )?(?:retried|trying)|verzögert", re.IGNORECASE
)
_WORDS: Final = 500
_RETURNED: Final = 65_536


class Bounce(msgspec.Struct, frozen=True, kw_only=True):
    action: Action
    recipient: str | None = None
    code: str | None = None
    words: str = ""
    message_id: str | None = None
    """Of our mail, as it came back."""

    def update(self, outbox_id: OutboxId | None) -> DeliveryUpdated:
        words = f"delayed: {self.words}" if self.action == "delayed" else self.words
        return DeliveryUpdated(
            status=_STATUS[self.action],
            outbox_id=outbox_id,
            external=self.message_id,
            code=self.code,
            words=words or None,
            recipient=self.recipient,
        )


def find(mail: Message, content: Content, *, is_returned_to_nobody: bool, ours: re.Pattern[str]) -> tuple[Bounce, ...]:
    """One per recipient; none where this is no bounce. ``ours`` matches the Message-IDs that we make."""
    kind = mime.content_type(mail)
    report = mime.parameter(mail, "report-type").lower()
    if kind == "multipart/report" and report in ("delivery-status", ""):
        found = tuple(_reported(mail, content))
        if found:
            return found
    return _plain(mail, content, is_returned_to_nobody=is_returned_to_nobody, ours=ours)


def _reported(mail: Message, content: Content) -> Iterator[Bounce]:
    returned = _returned_id(mail)
    explanation = _first_words("\n".join(content.texts))
    for report in content.reports:
        if "delivery-status" not in mime.content_type(report):
            continue
        for block in mime.children(report):
            action = _ACTIONS.get(mime.header(block, "action").strip().lower())
            if action is None:
                continue
            words = _after_type(mime.text_header(block, "diagnostic-code", _WORDS)) or explanation
            yield Bounce(
                action=action,
                recipient=_recipient(block),
                code=next(iter(_CODE.findall(mime.header(block, "status"))), None),
                words=words,
                message_id=returned,
            )


def _recipient(block: Message) -> str | None:
    for name in ("original-recipient", "final-recipient"):
        found = _ADDRESS.search(_after_type(mime.header(block, name)[:1000]))
        if found:
            return found.group()
    return None


def _after_type(value: str) -> str:
    """``rfc822; ana@shop.example`` -> the second half."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and " " not in kind.strip() else value.strip()


def _returned_id(mail: Message) -> str | None:
    """Message-ID of the mail, or the headers, that came back."""
    parts = mail.walk()
    for part in parts:
        kind = mime.content_type(part)
        if kind in ("message/rfc822", "message/global"):
            for inner in mime.children(part):
                found = _MESSAGE_ID.search(mime.header(inner, "message-id")[:1000])
                if found:
                    return found.group()
        elif kind.startswith("text/rfc822-headers"):
            text = mime.content(part)[:_RETURNED].decode("ascii", "replace")
            found = re.search(r"^message-id:\s*(<[!-;=?-~]{1,400}>)", text, re.IGNORECASE | re.MULTILINE)
            if found:
                return found.group(1)
    return None


def _plain(
    mail: Message, content: Content, *, is_returned_to_nobody: bool, ours: re.Pattern[str]
) -> tuple[Bounce, ...]:
    """No report: a null return path or a mail daemon, words of failure, and best one of our Message-IDs."""
    sender = mime.header(mail, "from").lower()
    if not is_returned_to_nobody and not re.search(r"mailer-daemon|postmaster|mail delivery|mail-daemon", sender):
        return ()
    text = "\n".join(content.texts)[:_RETURNED]
    subject = mime.text_header(mail, "subject")
    returned = _returned_id(mail) or next(iter(ours.findall(text)), None)
    is_delayed = _DELAYED.search(subject) is not None
    if not is_delayed and not _FAILED.search(f"{subject}\n{text[:4000]}"):
        return ()
    failed_to = mime.text_header(mail, "x-failed-recipients") or text
    recipient = next((a for a in _ADDRESS.findall(failed_to[:4000]) if "mailer-daemon" not in a.lower()), None)
    return (
        Bounce(
            action="delayed" if is_delayed else "failed",
            recipient=recipient,
            code=next(iter(_CODE.findall(text)), None),
            words=_first_words(text),
            message_id=returned,
        ),
    )


def _first_words(text: str) -> str:
    for line in text.split("\n"):
        if re.search(r"\b[45]\d\d[ -]", line[:_WORDS]):
            return tame(line).strip()[:_WORDS]
    paragraphs = [part.strip() for part in text[:4000].split("\n\n") if part.strip()]
    return re.sub(r"\s+", " ", paragraphs[0])[:_WORDS] if paragraphs else ""
