"""A raw mail becomes events. Pure: the same bytes and envelope give the same events, and nothing here raises."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any, Final, NamedTuple

import msgspec

from channels.email import automatic, bounces, mime, quotes, texts
from channels.email.tokens import Recipient
from channels.kit import Unreadable, tame, unreadable
from hub.addresses import Address, BadAddressText, address
from hub.events import MessageReceived
from hub.ids import MediaId, OutboxId
from hub.ports import Blob, Incoming, Parsed

_REFS: Final = 100
_LIST: Final = 65_536
_ADDRESSES: Final = 8_192
"""The library reads a list of addresses letter by letter."""
_ID = re.compile(r"<[^<>\s]{3,250}>")
_PLAIN = re.compile(r"[^\s<>,;:\"()\[\]]{1,64}@[^\s<>,;:\"()\[\]]{1,250}")


class Envelope(NamedTuple):
    """What SMTP said besides the mail. ``recipients`` are the tokens found in the recipients' addresses."""

    sender: str | None = None
    """The return path; empty for none, None where it is not known."""
    recipients: tuple[Recipient, ...] = ()


class Household(NamedTuple):
    """What is ours, so far as reading a mail needs it."""

    own: frozenset[str] = frozenset()
    domain: str = "localhost"
    authserv_id: str = ""


class Sender(NamedTuple):
    address: Address
    name: str
    is_only_one: bool


def parse(raw: bytes, household: Household, envelope: Envelope) -> Parsed:
    """Never raises: what can't be read is one ``payload.unreadable`` with the raw bytes."""
    try:
        parsed = _parse(raw, household, envelope)
        msgspec.json.encode(parsed.events)  # what can't be written can't be kept
        return parsed
    except Unreadable as error:
        return unreadable(raw, str(error), subject=_subject(raw))
    except mime.FAULTS as error:
        return unreadable(raw, f"it can't be read: {type(error).__name__}", subject=_subject(raw))


def _parse(raw: bytes, household: Household, envelope: Envelope) -> Parsed:
    mail = mime.open_mail(raw)
    raw_id = MediaId(hashlib.sha256(raw).hexdigest())
    content = texts.read(mail)
    return_path = envelope.sender if envelope.sender is not None else _return_path(mail)
    ours = re.compile(rf"<[0-9a-f-]{{36}}@{re.escape(household.domain)}>", re.IGNORECASE)
    found = bounces.find(mail, content, is_returned_to_nobody=return_path == "", ours=ours)
    if found:
        outbox = next((one.outbox_id for one in envelope.recipients if one.outbox_id), None)
        return Parsed(events=tuple(_news(found, outbox, _key(mail, raw_id), _date(mail))), blobs=(Blob(raw_id, raw),))
    sender = _sender(mail)
    if sender is None:
        raise Unreadable("it names no sender")
    verified = _verified(mail, household, sender)
    data = _message(mail, content, sender, raw_id)
    why = automatic.reason(mail, sender.address.value, own=household.own, is_returned_to_nobody=return_path == "")
    thread = _thread(mail, sender, is_verified=verified is not None)
    data = msgspec.structs.replace(data, automatic=why, unverified=verified is None, thread=thread)
    token = next((one.interaction_id for one in envelope.recipients if one.interaction_id), None)
    event = msgspec.structs.replace(_incoming(mail, data, sender, verified), interaction_id=token)
    files = (blob for media_id, blob in content.blobs.items() if media_id != raw_id)
    return Parsed(events=(event,), blobs=(Blob(raw_id, raw), *files))


def _incoming(mail: Message, data: MessageReceived, sender: Sender, verified: str | None) -> Incoming:
    reply_to = _addresses(mail, "reply-to")
    claims = {found for _, found in reply_to[:1] if found != sender.address}
    return Incoming(
        data=data,
        external_id=_key(mail, data.raw),
        occurred_at=_date(mail),
        sender=sender.address,
        name=sender.name or None,
        verified=verified,
        refs=references(mail),
        also=next(iter(message_ids(mime.header(mail, "message-id"))), None),
        claims=tuple(sorted(claims)),
    )


def _message(mail: Message, content: texts.Content, sender: Sender, raw_id: MediaId) -> MessageReceived:
    text, markup = "\n\n".join(part for part in content.texts if part.strip()), None
    if content.has_html:
        joined = "<hr>".join(content.htmls)
        if not text.strip():
            text = texts.from_html(joined)
        markup = texts.sanitise(joined, content.files)
        if markup is None:
            content.keep("message.html", "text/html", joined.encode("utf-8", "replace"))
    if len(text) > texts.TEXT_LIMIT:
        content.keep("message.txt", "text/plain", text.encode("utf-8", "replace"))
        text = text[: texts.TEXT_LIMIT]
    text = text.strip("\n")
    folds = quotes.find(text)
    return MessageReceived(
        text=text,
        sender=sender.address,
        name=sender.name or None,
        html=markup,
        subject=mime.text_header(mail, "subject") or None,
        attachments=_shown_files(content, markup or ""),
        quoted=folds.quoted,
        signature=folds.signature,
        reply_to=next(iter(message_ids(mime.header(mail, "in-reply-to"))), None),
        to=_names(mail, "to"),
        cc=_names(mail, "cc"),
        raw=raw_id,
    )


def _shown_files(content: texts.Content, markup: str) -> tuple[Any, ...]:
    """An image is inline where the text shows it; all else is a file, whatever its Content-ID says."""
    return tuple(
        msgspec.structs.replace(file, inline=file.content_id is not None and f"/api/media/{file.media_id}" in markup)
        for file in content.files
    )


def _thread(mail: Message, sender: Sender, *, is_verified: bool) -> dict[str, Any]:
    """What an answer needs: written into the event, given back by the hub when somebody answers."""
    thread: dict[str, Any] = {"from": sender.address.value}
    if own := message_ids(mime.header(mail, "message-id")):
        thread["message_id"] = own[0]
    if before := references(mail)[::-1]:
        thread["references"] = list(before)
    if subject := mime.text_header(mail, "subject"):
        thread["subject"] = subject
    # Whoever forges the sender would have the answer sent to himself.
    if is_verified and (reply_to := _addresses(mail, "reply-to")):
        thread["reply_to"] = reply_to[0][1].value
    if automatic.wants_no_automatic_answer(mail):
        thread["no_automatic_answer"] = True
    return thread


def _news(
    found: tuple[bounces.Bounce, ...], outbox: OutboxId | None, key: str, moment: datetime | None
) -> list[Incoming]:
    return [
        Incoming(data=bounce.update(outbox), external_id=f"{key}:{bounce.recipient or number}", occurred_at=moment)
        for number, bounce in enumerate(found[:100])
    ]


def _key(mail: Message, raw_id: MediaId | None) -> str:
    """Message-ID and hash: the same bytes are one event, other bytes under the same id are another."""
    own = message_ids(mime.header(mail, "message-id"))
    return f"{own[0]}:{(raw_id or '')[:32]}" if own else f"sha256:{raw_id}"


# headers


def message_ids(text: str) -> list[str]:
    return [one for one in _ID.findall(text[:_LIST]) if one.isprintable() and one.isascii()]


def references(mail: Message) -> tuple[str, ...]:
    """Ids of earlier mails, best first: In-Reply-To, then References from right to left."""
    found = message_ids(mime.header(mail, "in-reply-to"))
    found += reversed(message_ids(mime.header(mail, "references")[-_LIST:]))
    return tuple(dict.fromkeys(found))[:_REFS]


def _return_path(mail: Message) -> str | None:
    for value in mime.headers(mail, "return-path"):
        return value.strip().strip("<>").strip()
    return None


def _sender(mail: Message) -> Sender | None:
    for name in ("from", "sender", "reply-to"):
        found = _addresses(mail, name)
        if found:
            shown, who = found[0]
            return Sender(who, shown[:200], name == "from" and len({one for _, one in found}) == 1)
    return None


def _addresses(mail: Message, name: str) -> list[tuple[str, Address]]:
    value = ", ".join(mime.headers(mail, name))[:_ADDRESSES]
    return _valid(_pairs(value)) or _valid([("", text) for text in _PLAIN.findall(value)])


def _valid(pairs: list[tuple[str, str]]) -> list[tuple[str, Address]]:
    found: list[tuple[str, Address]] = []
    for shown, text in pairs:
        try:
            found.append((mime.readable(shown, 200), address("email", mime.readable(text, 320))))
        except BadAddressText:
            continue
    return found


def _pairs(value: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([value])
    except mime.FAULTS:
        return []


def _names(mail: Message, name: str) -> tuple[str, ...]:
    return tuple(f"{shown} <{who.value}>" if shown else who.value for shown, who in _addresses(mail, name))[:200]


def _date(mail: Message) -> datetime | None:
    try:
        moment = parsedate_to_datetime(mime.header(mail, "date")[:200])
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (*mime.FAULTS, OverflowError):
        return None
    return moment if 1980 <= moment.year <= 2200 else None


def _verified(mail: Message, household: Household, sender: Sender) -> str | None:
    """``dmarc`` where our own mail server says so in its topmost Authentication-Results (RFC 8601)."""
    if not household.authserv_id or not sender.is_only_one:
        return None
    server, _, results = mime.header(mail, "authentication-results")[:8000].partition(";")
    if server.strip().partition(" ")[0].lower() != household.authserv_id.lower():
        return None
    results = re.sub(r"\([^()]*\)", " ", results)
    for result in results.split(";"):
        if re.match(r"\s*dmarc\s*=\s*pass\b", result, re.IGNORECASE):
            named = re.search(r"header\.from\s*=\s*\"?([^\s\";]+)", result, re.IGNORECASE)
            domain = sender.address.value.rpartition("@")[2]
            return "dmarc" if named is None or named.group(1).lower().rpartition("@")[2] == domain else None
    return None


def _subject(raw: bytes) -> str | None:
    """The subject of a mail that could not be read, so that people recognise it."""
    found = re.search(rb"^subject:[ \t]*([^\r\n]{0,500})", raw[: mime.HEADER_BYTES], re.IGNORECASE | re.MULTILINE)
    if found is None:
        return None
    return tame(mime.readable(found.group(1).decode("ascii", "surrogateescape"), 200)) or None
