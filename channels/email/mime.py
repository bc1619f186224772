"""Opening a mail: headers and parts of any charset, within limits. Law: a bomb costs no more than a large honest mail.

The standard library parses; what it does not bound (depth, parts, headers, lines) is bounded here.
"""

from __future__ import annotations

import binascii
import codecs
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.feedparser import BytesFeedParser
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from typing import Any, Final

from channels.kit import Unreadable, tame

DEPTH: Final = 50
PARTS: Final = 1000
HEADER_BYTES: Final = 262_144
LINES: Final = 2_000_000
_WORK: Final = 20_000_000
"""Lines times depth: every line is compared with the boundaries of every part around it."""
_HEADER_TEXT: Final = 2_000
_SAMPLE: Final = 65_536
_STEP: Final = 1_048_576
FAULTS: Final = (
    MessageError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RecursionError,
)
"""What the standard library raises over headers that nobody should write."""
_ALIASES: Final = {
    "": "utf-8",
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "ansi_x3.4-1968": "utf-8",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "windows-874": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "unknown-8bit": "utf-8",
}
_FEW: Final = 24
_WIDE: Final = ["utf_16", "utf_16_be", "utf_16_le", "utf_32", "utf_32_be", "utf_32_le"]
_LATIN: Final = re.compile(
    r"cp125[0247]|iso8859_(1|2|3|4|9|10|13|14|15|16)$|latin|mac_|cp(437|8[56]\d|1140|1026|500|037|273)"
)
_CENTRAL: Final = ("Polish", "Czech", "Slovak", "Hungarian", "Romanian", "Croatian", "Slovene", "Turkish")
_NO_CHARSETS: Final = frozenset(
    {"punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"}
)


def open_mail(content: bytes) -> Message:
    """Raises Unreadable for what exceeds a limit."""
    if header_size(content) > HEADER_BYTES:
        raise Unreadable("its headers are larger than 256 KiB")
    lines = content.count(b"\n") + content.count(b"\r")
    if lines > 2 * LINES:
        raise Unreadable(f"it has more than {LINES} lines")
    try:
        parser = _Bounded(lines)
        for start in range(0, len(content), _STEP):
            parser.feed(content[start : start + _STEP])
        mail = parser.close()
    except RecursionError:
        raise Unreadable(f"its parts are nested deeper than {DEPTH}") from None
    except FAULTS as error:
        raise Unreadable(f"it is no mail: {type(error).__name__}") from None
    assert isinstance(mail, Message)
    if not mail.keys():
        raise Unreadable("it has no headers")
    return mail


def header_size(content: bytes) -> int:
    ends = [end for mark in (b"\r\n\r\n", b"\n\n") if (end := content.find(mark, 0, HEADER_BYTES + 4)) >= 0]
    return min(ends, default=len(content))


class _Bounded(BytesFeedParser):
    """Counts parts while they begin."""

    def __init__(self, lines: int) -> None:
        super().__init__(policy=compat32)
        self._lines = lines
        self._parts = 0

    def _new_message(self) -> None:
        # The library's own hook: called for each part before any of it is read.
        self._parts += 1
        depth = len(self._msgstack)  # type: ignore[attr-defined]  # the parts around this one
        if self._parts > PARTS:
            raise Unreadable(f"it has more than {PARTS} parts")
        if depth > DEPTH:
            raise Unreadable(f"its parts are nested deeper than {DEPTH}")
        if self._lines * (depth + 1) > _WORK:
            raise Unreadable("it has too many lines for its depth")
        super()._new_message()  # type: ignore[misc]  # not in the stubs


# headers


def headers(part: Message, name: str) -> Iterator[str]:
    """The raw values, unfolded, bytes above ASCII kept as surrogates."""
    wanted = name.lower()
    for key, value in part.raw_items():
        if key.lower() == wanted:
            yield re.sub(r"\r?\n(?=[ \t])|[\r\n]+", "", str(value))


def header(part: Message, name: str) -> str:
    return next(headers(part, name), "")


def text_header(part: Message, name: str, limit: int = 500) -> str:
    """Readable text of the first header of this name: RFC 2047, raw UTF-8 and worse."""
    return readable(header(part, name), limit)


def readable(raw: str, limit: int = 500) -> str:
    raw = raw[:_HEADER_TEXT].strip()
    if "=?" not in raw:
        return one_line(decode(_bytes(raw), ""), limit)
    try:
        pieces = decode_header(raw)
    except (*FAULTS, binascii.Error):
        return one_line(decode(_bytes(raw), ""), limit)
    text = "".join(decode(_bytes(piece), charset or "") for piece, charset in pieces)
    return one_line(text, limit)


def one_line(text: str, limit: int) -> str:
    return re.sub(r"\s+", " ", tame(text)).strip()[:limit]


def _bytes(piece: str | bytes) -> bytes:
    if isinstance(piece, bytes):
        return piece
    return piece.encode("utf-8", "surrogateescape")


# bodies


def parameter(part: Message, name: str, where: str = "content-type") -> str:
    """A parameter of a structured header, RFC 2231 and RFC 2047 decoded; empty where there is none."""
    raw = header(part, where)
    if len(raw) > 4 * _HEADER_TEXT:
        return ""
    try:
        shadow = Message()
        shadow[where] = decode(_bytes(raw), "")  # the library loses bytes above ASCII
        value: Any = shadow.get_param(name, header=where)
    except FAULTS:
        return ""
    match value:
        case (charset, _, str() as text):
            return decode(text.encode("latin-1", "replace"), str(charset or ""))
        case str():
            return readable(value, 300)
        case _:
            return ""


def content_type(part: Message) -> str:
    try:
        return part.get_content_type()
    except FAULTS:
        return "application/octet-stream"


def children(part: Message) -> list[Message]:
    """The parts of a part; none where it has content instead."""
    inside = part.get_payload() if part.is_multipart() else []
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def content(part: Message) -> bytes:
    """The bytes of a part that has no parts. Wrongly encoded ones are kept as they came."""
    payload = part._payload  # type: ignore[attr-defined]  # get_payload() would decode it by whatever charset it names
    if not isinstance(payload, str):
        return b""
    encoding = header(part, "content-transfer-encoding").strip().lower()
    if encoding == "base64" and len(payload) > _STEP:
        return _from_base64(payload)
    try:
        decoded: Any = part.get_payload(decode=True)
    except (*FAULTS, binascii.Error):
        return payload.encode("utf-8", "surrogateescape")
    return decoded if isinstance(decoded, bytes) else b""


def _from_base64(payload: str) -> bytes:
    """In steps, so that one large attachment does not hold the interpreter."""
    found, rest = bytearray(), b""
    for start in range(0, len(payload), _STEP):
        piece = payload[start : start + _STEP].encode("ascii", "ignore")
        rest += re.sub(rb"[^A-Za-z0-9+/]", b"", piece)
        whole = len(rest) - len(rest) % 4
        found += binascii.a2b_base64(rest[:whole])
        rest = rest[whole:]
    if len(rest) > 1:
        found += binascii.a2b_base64(rest + b"=" * (4 - len(rest)))
    return bytes(found)


def text_of(part: Message) -> str:
    """The text of a text part, whatever it says about its charset."""
    return tame(decode(content(part), parameter(part, "charset"))).removeprefix("\ufeff")


def decode(raw: bytes, charset: str) -> str:
    """The declared charset, then UTF-8, then the likeliest one. Never raises."""
    if raw.isascii() and b"\x1b" not in raw and b"+" not in raw and b"~" not in raw:
        name = charset.strip().strip("\"'").lower()
        if not name.startswith(("utf-16", "utf-32", "utf16", "utf32", "ucs")):
            return raw.decode("ascii")
    for name in (charset, "utf-8"):
        codec = _codec(name)
        try:
            return raw.decode(codec) if codec else raw.decode("utf-8")
        except (UnicodeError, LookupError, ValueError):
            continue
    return _guess(raw)


def _codec(charset: str) -> str | None:
    name = charset.strip().strip("\"'").lower()[:40]
    name = _ALIASES.get(name, name)
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(found, "_is_text_encoding", True)
    return found.name if is_text and found.name.replace("-", "_") not in _NO_CHARSETS else None


def _guess(raw: bytes) -> str:
    """Few bytes are no ground for a guess, and Western is the likeliest of the Latin ones."""
    if len(raw) < _FEW:
        return raw.decode("cp1252", "replace")
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_SAMPLE], cp_exclusion=_WIDE).best()
    if best is None or (_LATIN.match(best.encoding) and best.language not in _CENTRAL):
        return raw.decode("cp1252", "replace")
    return raw.decode(best.encoding, "replace")
