"""Mails that no person wrote (RFC 3834, lists, loops). A word says why; None means that a person did."""

from __future__ import annotations

import re
from collections.abc import Collection
from email.message import Message
from typing import Final

from channels.email import mime

_MACHINES: Final = ("mailer-daemon", "postmaster", "mail-daemon", "mdaemon")
_SUBJECT = re.compile(
    r"^(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|automatische antwort|abwesenheits|"
    r"respuesta automática|resposta automática|réponse automatique|risposta automatica)\b",
    re.IGNORECASE,
)


def reason(mail: Message, sender: str, *, own: Collection[str], is_returned_to_nobody: bool) -> str | None:
    """``auto-replied``, ``auto-generated``, ``loop``, ``list``, ``bulk``, ``junk``, ``no-return-path`` or None."""
    submitted = mime.header(mail, "auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted != "no":
        found = re.match(r"auto-[a-z]{1,20}\b", submitted)
        return found.group() if found else "auto-submitted"
    if sender in own:
        return "loop"
    if any(mime.headers(mail, "list-id")) or any(mime.headers(mail, "list-unsubscribe")):
        return "list"
    precedence = mime.header(mail, "precedence").strip().lower()
    if precedence in ("bulk", "list", "junk"):
        return precedence
    if precedence == "auto_reply" or any(mime.headers(mail, "x-autoreply")) or any(mime.headers(mail, "x-autorespond")):
        return "auto-replied"
    if is_returned_to_nobody or sender.partition("@")[0] in _MACHINES:
        return "no-return-path"
    if "x-auto-response-suppress" in {name.lower() for name in mail} and _SUBJECT.match(
        mime.text_header(mail, "subject")
    ):
        return "auto-replied"
    return None


def wants_no_automatic_answer(mail: Message) -> bool:
    """A person may have written it, but asks that no machine answers (X-Auto-Response-Suppress)."""
    words = mime.header(mail, "x-auto-response-suppress").lower()
    return any(word in words for word in ("all", "oof", "autoreply"))
