"""What every channel needs. One law: nothing a stranger sends can make these functions fail in another way than stated.

Tame JSON, unreadable payloads, HTTP answers as send errors, signatures, text limits, a bounded place for slow work.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal, ParamSpec, Protocol, TypeVar

import aiohttp
import msgspec

from hub.errors import (
    BadSettings,
    Missing,
    Refused,
    Rejected,
    SendError,
    Throttled,
    TooLong,
    Uncertain,
    Unreachable,
)
from hub.events import PayloadUnreadable
from hub.ids import MediaId
from hub.ports import Blob, Incoming, Parsed, Secret, Webhook

UNREADABLE: Final = "unreadable:"
"""How the key of a payload begins that could not be read."""
JSON_DEPTH: Final = 64
JSON_NODES: Final = 20_000
"""Most objects and lists of one payload: repeated keys are looked for in each."""
LONGEST_WAIT: Final = 86_400.0
T = TypeVar("T")
P = ParamSpec("P")
Unit = Literal["characters", "bytes", "utf16"]


class Unreadable(Exception):
    """This payload can't be read; the message says why, for people."""


# JSON of strangers


def read_json(body: bytes, *, depth: int = JSON_DEPTH, nodes: int = JSON_NODES) -> Any:
    """Strict JSON. Raises Unreadable for invalid UTF-8, lone surrogates, NUL, repeated keys, and what is too deep."""
    opened = body.count(b"{") + body.count(b"[")
    if opened > nodes:
        raise Unreadable(f"more than {nodes} objects and lists")
    try:
        tree = msgspec.json.decode(body)
        # A flat object with as many colons as keys repeats none.
        if opened != 1 or not isinstance(tree, dict) or body.count(b":") != len(tree):
            json.loads(body, object_pairs_hook=_refuse_repeated)
    except RecursionError:
        raise Unreadable(f"nested deeper than {depth}") from None
    except (msgspec.DecodeError, UnicodeError, ValueError) as error:
        raise Unreadable(str(error)[:200] or "not JSON") from None
    if opened > depth or b"\\u0000" in body:
        _walk(tree, depth)
    return tree


def decode(body: bytes, kind: type[T]) -> T:
    """The same as a struct. Raises Unreadable that names the field."""
    try:
        return msgspec.convert(read_json(body), kind)
    except msgspec.ValidationError as error:
        raise Unreadable(str(error)[:300]) from None


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key stands twice in one object")


def _walk(tree: Any, depth: int) -> None:
    waiting: list[tuple[Any, int]] = [(tree, 1)]
    while waiting:
        node, level = waiting.pop()
        if level > depth:
            raise Unreadable(f"nested deeper than {depth}")
        match node:
            case str() if "\0" in node:
                raise Unreadable("a text holds the character NUL")
            case dict():
                waiting.extend((item, level + 1) for pair in node.items() for item in pair)
            case list():
                waiting.extend((item, level + 1) for item in node)
            case _:
                pass


def tame(text: str) -> str:
    """Without what no store or screen can hold: NUL and other controls, lone surrogates. Line ends are ``\\n``."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isascii() and not _CONTROL.search(text):
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))


_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def unreadable(raw: bytes, reason: str, *, subject: str | None = None, size: int | None = None) -> Parsed:
    """Exactly one ``payload.unreadable`` with the bytes as they came. The same bytes give the same key."""
    digest = MediaId(hashlib.sha256(raw).hexdigest())
    data = PayloadUnreadable(
        reason=tame(reason)[:300], raw=digest, size=len(raw) if size is None else size, subject=subject
    )
    return Parsed(events=(Incoming(data=data, external_id=f"{UNREADABLE}{digest}"),), blobs=(Blob(digest, raw),))


class Recorded(msgspec.Struct, frozen=True):
    """A recorded request in a file."""

    body: msgspec.Raw
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    action: str = ""


def recorded(content: bytes, default_action: str = "") -> Webhook:
    """A request from a file: a JSON body, or an object {headers, query, body, action} with a text or JSON body."""
    moment = datetime.fromtimestamp(0, UTC)
    try:
        found = _recorded.decode(content)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Webhook(method="POST", action=default_action, body=content, received_at=moment)
    body = bytes(found.body)
    if body[:1] == b'"':
        try:
            body = msgspec.json.decode(body, type=str).encode()
        except (msgspec.DecodeError, UnicodeError):
            body = content
    headers = {name.lower(): value for name, value in found.headers.items()}
    action = found.action or default_action
    return Webhook(method="POST", action=action, headers=headers, query=found.query, body=body, received_at=moment)


_recorded = msgspec.json.Decoder(Recorded)


# signatures


def sign(secret: Secret, content: bytes) -> str:
    """Lower-case hexadecimal HMAC-SHA256."""
    # Not hmac.digest: it lets go of the interpreter even for a few bytes, and then waits to get it back.
    return hmac.new(secret.reveal().encode(), content, hashlib.sha256).hexdigest()


def is_signed(secrets: Iterable[Secret | None], content: bytes, given: Iterable[str]) -> bool:
    """Whether one of the signatures fits one of the secrets; the time taken tells nothing about them."""
    found = False
    wanted = [sign(secret, content).encode() for secret in secrets if secret]
    for signature in given:
        for expected in wanted:
            found |= hmac.compare_digest(expected, signature.encode("utf-8", "replace"))
    return found


STAMP_SKEW: Final = 300.0


def stamp(secret: Secret, body: bytes, moment: datetime) -> str:
    """The value of ``Continuo-Signature``: ``t=<unix>,v1=<hex HMAC-SHA256(secret, t + "." + body)>``."""
    seconds = str(int(moment.timestamp()))
    return f"t={seconds},v1={sign(secret, seconds.encode() + b'.' + body)}"


def check_stamp(value: str | None, secrets: Iterable[Secret | None], body: bytes, now: datetime) -> None:
    """Raises Missing, or Rejected for a wrong signature or one that is more than 300 s off."""
    if not value:
        raise Missing
    parts = [part.strip().partition("=") for part in value[:2000].split(",")]
    moments = [text for name, _, text in parts if name == "t"]
    given = [text for name, _, text in parts if name == "v1"]
    if len(moments) != 1 or not given or not re.fullmatch(r"[0-9]{1,12}", moments[0], re.ASCII):
        raise Rejected("The signature has not the form t=...,v1=...")
    if not is_signed(secrets, moments[0].encode() + b"." + body, given[:5]):
        raise Rejected("The signature is wrong.")
    if abs(now.timestamp() - int(moments[0])) > STAMP_SKEW:
        raise Rejected("The signature is more than 300 s old or ahead.")


# HTTP answers


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from a Retry-After header (RFC 9110 section 10.2.3), at most a day; None where it says nothing."""
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", text, re.ASCII):
        return min(float(text), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - now).total_seconds()), LONGEST_WAIT)


def answer_error(status: int, words: str, headers: Mapping[str, str], now: datetime) -> SendError:
    """What an HTTP answer other than 2xx means where the provider has no words of its own (channels.md section 5)."""
    words = f"{status}: {tame(words).strip()[:300]}".rstrip(": ")
    match status:
        case 429:
            return Throttled(words, after=retry_after(headers, now))
        case 401 | 403 | 404 | 405:
            return BadSettings(words)
        case 413:
            return TooLong(words)
        case 503 if (after := retry_after(headers, now)) is not None:
            return Throttled(words, after=after)
        case _ if status >= 500 or status == 408:
            return Uncertain(words)
        case _ if 300 <= status < 400:
            return BadSettings(f"{words} (a redirect is not followed)")
        case _:
            return Refused(words)


def network_error(error: Exception) -> SendError:
    """What a failed request means: certain only where no connection was made."""
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Unreachable("The provider did not answer in time.")
        case aiohttp.ClientConnectorError():
            return Unreachable(f"The provider can't be reached: {error.os_error.strerror or 'no connection'}.")
        case aiohttp.InvalidURL():
            return BadSettings("The address is not a URL.")
        case TimeoutError():
            return Uncertain("The provider did not answer in time.")
        case _:
            return Uncertain(f"The connection broke: {type(error).__name__}.")


NETWORK_ERRORS: Final = (aiohttp.ClientError, TimeoutError, OSError)


# text


def length(text: str, unit: Unit) -> int:
    """How long a provider takes the text to be. ``characters`` are code points."""
    match unit:
        case "characters":
            return len(text)
        case "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
        case "utf16":
            return len(text) + sum(c > "\uffff" for c in text)


def split(text: str, limit: int, unit: Unit) -> tuple[str, ...]:
    """Parts of at most ``limit``, cut at the end of a line or word if there is one, never inside a character."""
    parts: list[str] = []
    while length(text, unit) > limit:
        room = _fitting(text, limit, unit)
        cut = max(text.rfind("\n", 0, room) + 1, 0)
        if cut <= room // 2:
            cut = max(text.rfind(" ", 0, room) + 1, cut)
        if cut <= room // 2:
            cut = room
        parts.append(text[:cut].rstrip())
        text = text[cut:].lstrip("\n ")
    return tuple(part for part in (*parts, text) if part)


def _fitting(text: str, limit: int, unit: Unit) -> int:
    """How many code points fit. A mark or joiner stays with the character before it."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle], unit) <= limit:
            low = middle
        else:
            high = middle - 1
    end = low
    while end > 1 and end < len(text) and low - end < 16 and _is_joined(text, end):
        end -= 1
    return end if end > 1 else low


def _is_joined(text: str, end: int) -> bool:
    return text[end] == "\u200d" or text[end - 1] == "\u200d" or unicodedata.category(text[end]) in ("Mn", "Me", "Sk")


# slow work


class Run(Protocol):
    async def __call__(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...


@asynccontextmanager
async def threads(count: int, name: str) -> AsyncIterator[Run]:
    """A few threads for slow, pure work; what waits, waits in order."""
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)

    async def run(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(pool, lambda: function(*args, **kwargs))

    try:
        yield run
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def from_base64(text: str) -> bytes:
    """Raises Unreadable."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise Unreadable("not base64") from None


async def stop_listening(server: asyncio.Server) -> None:
    """Let nobody more in; whoever was let in is being served when this returns.

    A server of Python 3.11 that is closed between the two forgets the connection, open.
    """
    loop = asyncio.get_running_loop()
    for door in server.sockets:
        loop.remove_reader(door.fileno())
    for _ in range(3):  # the transport is made, its protocol is told, its task begins
        await asyncio.sleep(0)
    server.close()
