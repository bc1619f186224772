"""The API channel: any other system posts messages in and gets ours by signed webhook: extension without code.

One law: a request that was answered with 2xx is committed, and the same external id again is the same event.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal

import aiohttp
import filetype
import msgspec
from msgspec import Meta

from channels.kit import (
    NETWORK_ERRORS,
    UNREADABLE,
    Unreadable,
    answer_error,
    check_stamp,
    decode,
    from_base64,
    network_error,
    read_json,
    recorded,
    stamp,
    tame,
    unreadable,
)
from hub.addresses import Address, BadAddressText, address
from hub.errors import BadSettings, NotFound, Refused, SendError, TooLong
from hub.events import Attachment, DeliveryUpdated, MessageReceived
from hub.ids import MediaId, OutboxId
from hub.ports import (
    Abilities,
    Blob,
    Health,
    Ignored,
    Incoming,
    Ingested,
    Outbound,
    Parsed,
    Secret,
    Sent,
    Tools,
    Webhook,
    WebhookAnswer,
)

SHORTEST_SECRET: Final = 16
TEXT_LIMIT: Final = 50_000
FILE_BYTES: Final = 5_000_000
ANSWER_BYTES: Final = 65_536
Key = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]


class ApiSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One account is one other system."""

    secret: Annotated[
        Secret, Meta(description="Signs requests in both directions (HMAC-SHA256). At least 16 characters.")
    ]
    old_secret: Annotated[
        Secret | None, Meta(description="Also accepted, while the other system changes to the new secret.")
    ] = None
    url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://\S+)?$",
            description="Where our messages are posted; empty: this account only takes messages in.",
        ),
    ] = ""
    seconds: Annotated[
        float, Meta(gt=0, le=60, description="Seconds in which the other system must have taken a message.")
    ] = 10.0
    rate: Annotated[float, Meta(gt=0, le=10_000, description="Messages per second that the other system takes.")] = 50.0
    body_bytes: Annotated[
        int, Meta(ge=10_000, le=50_000_000, description="Largest request taken in, in bytes; files count a third more.")
    ] = 1_048_576


class File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of a message, whole: files behind an address are not fetched."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
    content_base64: str
    type: Annotated[str, Meta(pattern=r"^[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}$")] = "application/octet-stream"


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """What a customer said in the other system. ``from`` is the customer's id there."""

    external_id: Key
    sender: Key
    text: Annotated[str, Meta(max_length=TEXT_LIMIT)] = ""
    name: Annotated[str, Meta(max_length=200)] = ""
    subject: Annotated[str, Meta(max_length=500)] = ""
    in_reply_to: Key | None = None
    """External id of an earlier message, or the delivery id of one of ours."""
    at: Moment | None = None
    email: Annotated[str, Meta(max_length=320)] = ""
    phone: Annotated[str, Meta(max_length=40)] = ""
    attachments: Annotated[tuple[File, ...], Meta(max_length=10)] = ()


class News(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a message of ours. ``delivery`` is the Continuo-Delivery it came with."""

    delivery: Annotated[str, Meta(min_length=1, max_length=64)]
    status: Literal["sent", "delivered", "read", "failed"]
    at: Moment | None = None
    code: Annotated[str, Meta(max_length=100)] = ""
    words: Annotated[str, Meta(max_length=500)] = ""


class Api:
    """Serves POST ``messages`` and POST ``statuses``."""

    kind: ClassVar[str] = "api"
    Settings: ClassVar[type] = ApiSettings
    ACTIONS: ClassVar[tuple[str, ...]] = ("messages", "statuses")

    def __init__(self, settings: ApiSettings, tools: Tools) -> None:
        self.settings = settings
        self.tools = tools
        self._timeout = aiohttp.ClientTimeout(total=settings.seconds, connect=settings.seconds / 2)
        self.abilities = Abilities(
            word="API",
            glyph="system",
            work="async",
            text_limit=TEXT_LIMIT,
            subject=True,
            media_bytes=FILE_BYTES,
            receipts=("sent", "delivered", "read", "failed"),
            answers=True,
            rate=settings.rate,
            repeat="key",
            body_bytes=settings.body_bytes,
            emits=("message.received", "delivery.updated", "payload.unreadable"),
        )

    # in

    def verify(self, request: Webhook) -> None:
        """Raises Missing, Rejected."""
        secrets = (self.settings.secret, self.settings.old_secret)
        check_stamp(request.headers.get("continuo-signature"), secrets, request.body, request.received_at)

    def parse(self, request: Webhook) -> Parsed:
        return parse(request, self.tools.channel_id)

    def answer(self, request: Webhook, result: Ingested) -> WebhookAnswer:
        """Ids and whether it was there before; 422 with the field for what could not be read."""
        wrong = _refusal(request)
        if wrong is not None:
            return wrong
        kept = result.accepted[0]
        if kept.external_id.startswith(UNREADABLE):
            try:
                _events(request, self.tools.channel_id)
            except Unreadable as error:
                return _problem(422, "The request is not valid.", str(error))
        body = {
            "external_id": kept.external_id,
            "event_id": kept.event_id,
            "position": kept.position,
            "duplicate": kept.duplicate,
            "customer_id": kept.customer_id,
            "interaction_id": kept.interaction_id,
        }
        return WebhookAnswer(body=msgspec.json.encode(body), content_type="application/json")

    @staticmethod
    def parse_file(content: bytes, name: str) -> Parsed:
        """A body of ``messages`` or ``statuses``, or {headers, query, body, action} around it."""
        request = recorded(content)
        if not request.action:
            action = "statuses" if b'"delivery"' in request.body and b'"from"' not in request.body else "messages"
            request = msgspec.structs.replace(request, action=action)
        return parse(request, "file")

    # out

    async def send(self, message: Outbound) -> Sent:
        """Raises SendError only."""
        if not self.settings.url:
            raise BadSettings("This account can't send: no url is set.")
        if len(message.message.text) > TEXT_LIMIT:
            raise TooLong(f"The text is longer than {TEXT_LIMIT} characters.")
        body = msgspec.json.encode(self._body(message, await self._files(message.message.attachments)))
        headers = {
            "Content-Type": "application/json",
            "Continuo-Delivery": str(message.outbox_id),
            "Continuo-Signature": stamp(self.settings.secret, body, self.tools.clock.now()),
        }
        try:
            async with self.tools.http.post(
                self.settings.url, data=body, headers=headers, timeout=self._timeout, allow_redirects=False
            ) as response:
                if 200 <= response.status < 300:
                    return Sent(external_id=str(message.outbox_id))
                words = (await response.content.read(ANSWER_BYTES)).decode("utf-8", "replace")
                raise self._error(response.status, words, response.headers)
        except NETWORK_ERRORS as error:
            raise network_error(error) from None

    async def check(self) -> Health:
        if len(self.settings.secret.reveal()) < SHORTEST_SECRET:
            return Health(
                ok=False, words=f"The secret is shorter than {SHORTEST_SECRET} characters: make a longer one."
            )
        if not self.settings.url:
            return Health(ok=True, words="No url is set: messages come in, but answers can't be sent.")
        try:
            async with self.tools.http.head(self.settings.url, timeout=self._timeout, allow_redirects=False):
                return Health(ok=True)
        except NETWORK_ERRORS as error:
            return Health(ok=False, words=network_error(error).words)

    async def _files(self, files: Sequence[Attachment]) -> list[dict[str, Any]]:
        if sum(file.size for file in files) > FILE_BYTES:
            raise TooLong(f"The files are larger than {FILE_BYTES // 1_000_000} MB together.")
        found: list[dict[str, Any]] = []
        for file in files:
            try:
                content = await self.tools.media.read_media(file.media_id)
            except NotFound:
                raise Refused(f"The file {file.name} is no longer there.") from None
            encoded = base64.b64encode(content).decode()
            found.append({"name": file.name, "type": file.type, "size": file.size, "content_base64": encoded})
        return found

    def _body(self, message: Outbound, files: list[dict[str, Any]]) -> dict[str, Any]:
        own = message.message
        body = {
            "delivery": message.outbox_id,
            "to": message.to.value.removeprefix(f"{self.tools.channel_id}:"),
            "text": own.text,
            "subject": own.subject,
            "from_name": message.from_name,
            "in_reply_to": message.reply_to,
            "interaction_id": message.interaction_id,
            "attachments": files,
        }
        return {name: value for name, value in body.items() if value}

    def _error(self, status: int, words: str, headers: Any) -> SendError:
        if status == 410:
            return BadSettings("410: The other system says that it takes no more messages here.")
        return answer_error(status, words, headers, self.tools.clock.now())


def parse(request: Webhook, account: str) -> Parsed:
    if _refusal(request) is not None:
        return Parsed(ignored=(Ignored(f"{request.method} {request.action[:100]} is not of this channel"),))
    try:
        return _events(request, account)
    except Unreadable as error:
        return unreadable(request.body, str(error))


def _refusal(request: Webhook) -> WebhookAnswer | None:
    if request.action.strip("/") not in Api.ACTIONS:
        return _problem(404, "There is no such address.", "POST messages, or POST statuses")
    return _problem(405, "This address takes POST.", "") if request.method != "POST" else None


def _problem(status: int, title: str, detail: str) -> WebhookAnswer:
    body = {"type": "about:blank", "title": title, "status": status, "code": "invalid", "detail": detail}
    return WebhookAnswer(status=status, body=msgspec.json.encode(body), content_type="application/problem+json")


def _events(request: Webhook, account: str) -> Parsed:
    """Raises Unreadable."""
    if request.action.strip("/") == "messages":
        return _message(decode(request.body, Message), account)
    return _news(request.body)


def _message(said: Message, account: str) -> Parsed:
    sender = _address("external", f"{account}:{said.sender}", "$.from")
    claims = [
        _address(kind, text, f"$.{kind}") for kind, text in (("email", said.email), ("phone", said.phone)) if text
    ]
    text = tame(said.text).strip("\n")
    blobs = [_blob(file, number) for number, file in enumerate(said.attachments)]
    if not text.strip() and not blobs:
        raise Unreadable("neither text nor attachments - at `$.text`")
    files = tuple(_attachment(file, blob) for file, blob in zip(said.attachments, blobs, strict=True))
    data = MessageReceived(
        text=text,
        sender=sender,
        name=tame(said.name).strip() or None,
        subject=tame(said.subject).strip() or None,
        attachments=files,
        reply_to=said.in_reply_to,
    )
    event = Incoming(
        data=data,
        external_id=said.external_id,
        occurred_at=said.at,
        sender=sender,
        name=data.name,
        verified="account",
        refs=(said.in_reply_to,) if said.in_reply_to else (),
        claims=tuple(claims),
    )
    return Parsed(events=(event,), blobs=tuple(blobs))


def _news(body: bytes) -> Parsed:
    """One status, or a list of up to 1,000."""
    tree = read_json(body)
    try:
        found = msgspec.convert(
            tree if isinstance(tree, list) else [tree], Annotated[list[News], Meta(max_length=1000)]
        )
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)[:300]) from None
    if not found:
        raise Unreadable("an empty list of statuses")
    events = tuple(
        Incoming(
            data=DeliveryUpdated(
                status=one.status,
                outbox_id=OutboxId(one.delivery),
                external=one.delivery,
                code=one.code or None,
                words=tame(one.words) or None,
            ),
            external_id=f"{one.delivery}:{one.status}",
            occurred_at=one.at,
        )
        for one in found
    )
    return Parsed(events=events)


def _address(kind: Any, text: str, field: str) -> Address:
    try:
        return address(kind, text)
    except BadAddressText:
        raise Unreadable(f"not an address - at `{field}`") from None


def _blob(file: File, number: int) -> Blob:
    try:
        content = from_base64(file.content_base64)
    except Unreadable:
        raise Unreadable(f"not base64 - at `$.attachments[{number}].content_base64`") from None
    return Blob(MediaId(hashlib.sha256(content).hexdigest()), content)


def _attachment(file: File, blob: Blob) -> Attachment:
    name = tame(file.name).replace("/", "_").replace("\\", "_").strip()[:120] or "file"
    kind = filetype.guess_mime(blob.content[:8192]) or file.type
    return Attachment(media_id=blob.media_id, name=name, type=kind, size=len(blob.content))
