"""Our answer as a mail. Pure: the same outbox id gives the same Message-ID, so a repetition can be recognised."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr
from typing import Any, Final, NamedTuple

from channels.email.letters import message_ids
from channels.email.settings import Settings, canonical
from channels.email.tokens import Tokens
from channels.kit import tame
from hub.errors import BadAddress
from hub.events import Attachment, MessageReceived
from hub.ports import Outbound

_REFERENCES: Final = 40
_QUOTED: Final = 40_000
_SUBJECT: Final = 400
_BLOCKQUOTE: Final = '<blockquote type="cite" style="margin:0 0 0 .8ex;border-left:2px solid #ccc;padding-left:1ex">'
_PREFIX = re.compile(r"^\s*(?:re|aw|sv|antw|odp|rif|res|r|رد)\s*:", re.IGNORECASE)


class Letter(NamedTuple):
    message_id: str
    sender: str
    """Return path: a bounce comes back to it."""
    recipients: tuple[str, ...]
    content: bytes


def write(
    message: Outbound,
    settings: Settings,
    tokens: Tokens,
    files: Sequence[tuple[Attachment, bytes]],
    moment: datetime,
) -> Letter:
    """Raises BadAddress for a recipient that can't stand in a mail."""
    own = message.message
    to, cc = _recipient(message), tuple(_plain(one) for one in own.cc)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = (
        formataddr((one_line(message.from_name), settings.address)) if message.from_name else settings.address
    )
    mail["To"] = to
    if cc:
        mail["Cc"] = ", ".join(cc)
    mail["Subject"] = _subject(message)
    mail["Date"] = format_datetime(moment)
    if reply_to := tokens.reply_address(message.interaction_id):
        mail["Reply-To"] = reply_to
    _write_body(mail, message, quotes=settings.quote)
    for file, content in files:
        main, _, sub = file.type.partition("/")
        mail.add_attachment(content, maintype=main or "application", subtype=sub or "octet-stream", filename=file.name)
    message_id = f"<{message.outbox_id}@{settings.domain}>"
    sender = tokens.bounce_address(message.outbox_id) if settings.bounce_address else None
    return Letter(
        message_id=message_id,
        sender=sender or settings.address,
        recipients=(to, *cc),
        content=_id_headers(message, message_id) + mail.as_bytes(),
    )


def one_line(text: str) -> str:
    return re.sub(r"\s+", " ", tame(text)).strip()


def _recipient(message: Outbound) -> str:
    """The customer's address; Reply-To only within its domain: else a spoofed mail would lead answers elsewhere."""
    to = message.to.value
    wish = message.thread.get("reply_to")
    is_theirs = isinstance(wish, str) and message.thread.get("from") == to
    if is_theirs and str(wish).rpartition("@")[2] == to.rpartition("@")[2]:
        to = str(wish)
    return _plain(to)


def _plain(text: str) -> str:
    found = re.search(r"<([^<>]*)>\s*$", text)
    plain = canonical(found.group(1) if found else text)
    if not re.fullmatch(r"[^\s@<>(),;:\\\"\[\]]{1,64}@[a-z0-9.-]{1,250}", plain):
        raise BadAddress(f"{plain[:80]} is no address that mail can be sent to.")
    if not plain.isascii():
        raise BadAddress(f"{plain[:80]}: letters beyond ASCII before the @ are not supported.")
    return plain


def _subject(message: Outbound) -> str:
    said = one_line(message.message.subject or "")
    before = one_line(str(message.thread.get("subject") or ""))
    if said:
        return said[:_SUBJECT]
    if not before:
        return "Re:" if message.thread else "A message for you"
    return (before if _PREFIX.match(before) else f"Re: {before}")[:_SUBJECT]


def _id_headers(message: Outbound, message_id: str) -> bytes:
    """Written by hand, one id per line: the library would encode long ids as words."""
    answered = message_ids(str(message.thread.get("message_id") or message.reply_to or ""))[:1]
    listed: Any = message.thread.get("references")
    before = message_ids(" ".join(map(str, listed))) if isinstance(listed, list | tuple) else []
    chain = list(dict.fromkeys([*before, *answered]))
    if len(chain) > _REFERENCES:
        chain = [chain[0], *chain[-_REFERENCES + 1 :]]
    lines = [f"Message-ID: {message_id}"]
    if answered:
        lines.append(f"In-Reply-To: {answered[0]}")
    if chain:
        lines.append("References: " + "\r\n ".join(chain))
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _write_body(mail: EmailMessage, message: Outbound, *, quotes: bool) -> None:
    quoted = message.history[0] if quotes and message.history else None
    text = tame(message.message.text)
    markup = message.message.html or _paragraphs(text)
    if quoted is not None:
        header = f"{one_line(quoted.name or quoted.sender.value)} wrote:"
        text = f"{text}\n\n{header}\n" + "\n".join(_marked(_cut(quoted)))
        markup += f"<p>{html.escape(header)}</p>{_BLOCKQUOTE}{_paragraphs(_cut(quoted))}</blockquote>"
    mail.set_content(f"{text}\n")
    mail.add_alternative(f"<!doctype html><html><body>{markup}</body></html>\n", subtype="html")


def _cut(quoted: MessageReceived) -> str:
    text = tame(quoted.text)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}\n[...]"


def _marked(text: str) -> Iterable[str]:
    return (f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in text.split("\n"))


def _paragraphs(text: str) -> str:
    blocks = re.split(r"\n{2,}", text.strip("\n"))
    return "".join('<p dir="auto">' + html.escape(block).replace("\n", "<br>") + "</p>" for block in blocks)
