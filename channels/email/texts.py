"""What a mail says: its text, its HTML made safe, and its files. Law: nothing is fetched and nothing runs.

Inline images point to ``/api/media/<id>``; remote ones wait as ``data-src`` until somebody asks for them.
"""

from __future__ import annotations

import hashlib
import html
import re
from email.message import Message
from typing import Final
from urllib.parse import unquote

import filetype
import msgspec
import nh3

from channels.email import mime
from channels.kit import tame
from hub.events import Attachment
from hub.ids import MediaId
from hub.ports import Blob

TEXT_LIMIT: Final = 250_000
HTML_LIMIT: Final = 1_000_000
_HTML_DEPTH: Final = 400
_HTML_ENTITIES: Final = 50_000
_NAME: Final = 120
_TEXT_TYPES: Final = ("text/plain", "text/html")
_SCHEMES: Final = {"http", "https", "mailto", "tel", "cid"}
_REMOTE: Final = "continuo-remote:"
_STYLES: Final = {
    "color",
    "background-color",
    "font-weight",
    "font-style",
    "font-size",
    "font-family",
    "text-decoration",
    "text-align",
    "vertical-align",
    "white-space",
    "direction",
    "padding",
    "padding-left",
    "margin",
    "margin-left",
    "border",
    "border-left",
    "border-collapse",
    "width",
    "height",
}
_ATTRIBUTES: Final = {
    **{tag: set(names) for tag, names in nh3.ALLOWED_ATTRIBUTES.items()},
    "*": {"style", "dir", "lang", "title"},
}
_VOID: Final = frozenset(
    {"p", "li", "td", "tr", "th", "dd", "dt", "option", "br", "img", "hr", "input", "meta", "link", "col", "area"}
    | {"wbr", "base", "source", "track", "param", "embed", "o:p"}
)
"""Elements that need no end, or end by themselves."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]{0,40})")
_NOT_IN_NAMES = re.compile("[\\\\/:\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Content(msgspec.Struct, kw_only=True):
    """What was found so far."""

    texts: list[str] = []
    htmls: list[str] = []
    files: list[Attachment] = []
    blobs: dict[MediaId, Blob] = {}
    reports: list[Message] = []
    """message/delivery-status and the like: parts that speak about another message."""
    has_html: bool = False

    def keep(self, name: str, kind: str, content: bytes, *, content_id: str | None = None) -> Attachment:
        media_id = MediaId(hashlib.sha256(content).hexdigest())
        self.blobs[media_id] = Blob(media_id, content)
        file = Attachment(
            media_id=media_id,
            name=file_name(name, kind),
            type=kind,
            size=len(content),
            content_id=content_id,
        )
        self.files.append(file)
        return file


def read(mail: Message) -> Content:
    found = Content()
    _take(mail, found)
    return found


def _take(part: Message, found: Content, *, is_alternative: bool = False) -> None:
    kind = mime.content_type(part)
    if kind.startswith("message/") and part.is_multipart():
        _take_message(part, kind, found)
    elif part.is_multipart():
        _take_parts(kind, mime.children(part), found)
    elif kind in _TEXT_TYPES and not _is_file(part):
        _take_text(part, kind, found, is_alternative=is_alternative)
    else:
        _take_file(part, kind, found)


def _take_parts(kind: str, children: list[Message], found: Content) -> None:
    if kind != "multipart/alternative":
        for child in children:
            _take(child, found)
        return
    plain, before = len(found.texts), len(found.htmls)
    for child in children:
        _take(child, found, is_alternative=True)
    # The last form is the richest (RFC 2046 section 5.1.4); the others say the same.
    del found.htmls[before:-1]
    del found.texts[plain + 1 :]


def _take_text(part: Message, kind: str, found: Content, *, is_alternative: bool) -> None:
    text = mime.text_of(part)
    if kind == "text/html":
        found.has_html = True
        found.htmls.append(text)
        if not is_alternative:
            found.texts.append(from_html(text))
        return
    if mime.parameter(part, "format").lower() == "flowed":
        text = unflow(text, joins=mime.parameter(part, "delsp").lower() == "yes")
    found.texts.append(text)
    if not is_alternative:
        found.htmls.append(f'<div style="white-space: pre-wrap">{html.escape(text)}</div>')


def _take_message(part: Message, kind: str, found: Content) -> None:
    """A mail inside the mail is a file; a report about a mail is read by ``bounces`` as well."""
    children = mime.children(part)
    if kind != "message/rfc822":
        found.reports.append(part)
    if not children:
        return
    try:
        content = b"\n".join(child.as_bytes(unixfrom=False) for child in children)
    except mime.FAULTS:
        return  # the raw message holds it
    subject = mime.text_header(children[0], "subject", 80)
    name = f"{subject or 'message'}.eml" if kind == "message/rfc822" else "report.txt"
    found.keep(name, kind if kind == "message/rfc822" else "text/plain", content)


def _take_file(part: Message, kind: str, found: Content) -> None:
    content = mime.content(part)
    name = _declared_name(part)
    if not content and not name:
        return
    content_id = mime.text_header(part, "content-id", 200).strip("<>") or None
    found.keep(name, kind_of(content, kind), content, content_id=content_id)


def _is_file(part: Message) -> bool:
    disposition = mime.header(part, "content-disposition").strip().lower()
    return disposition.startswith("attachment") or bool(_declared_name(part))


def _declared_name(part: Message) -> str:
    return mime.parameter(part, "filename", "content-disposition") or mime.parameter(part, "name")


def kind_of(content: bytes, declared: str) -> str:
    """What the bytes are; what was declared only where they do not say."""
    sniffed = filetype.guess_mime(content[:8192])
    if sniffed and not (sniffed == "application/zip" and declared.startswith("application/vnd.")):
        return str(sniffed)
    return declared if re.fullmatch(r"[a-z0-9.+-]{1,60}/[a-z0-9.+-]{1,80}", declared) else "application/octet-stream"


def file_name(name: str, kind: str) -> str:
    """Without folders, controls and signs that turn the direction of writing, by which an .exe looks like a .pdf."""
    name = _NOT_IN_NAMES.sub("_", mime.one_line(name, 1000)).strip(". ")
    if len(name) > _NAME:
        stem, dot, ending = name.rpartition(".")
        name = f"{stem[: _NAME - 12]}.{ending}" if dot and len(ending) <= 10 else name[:_NAME]
    return name or {"text/calendar": "invite.ics", "message/rfc822": "message.eml"}.get(kind, "file")


# HTML


def sanitise(markup: str, files: list[Attachment]) -> str | None:
    """Safe HTML, or None for what is too large or too deep to be shown; its text and the raw mail remain."""
    if len(markup) > HTML_LIMIT or is_deep(markup) or markup.count("&") > _HTML_ENTITIES:
        return None
    by_id = {file.content_id: file.media_id for file in files if file.content_id}

    def attribute(element: str, name: str, value: str) -> str | None:
        if name in ("src", "href", "cite"):
            return _source(value, by_id) if (element, name) == ("img", "src") else _link(value)
        return value

    cleaned = nh3.clean(
        markup,
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes=_SCHEMES,
        filter_style_properties=_STYLES,
    )
    return cleaned.replace(f' src="{_REMOTE}', ' data-src="').replace("<img>", "").strip()


def _source(value: str, by_id: dict[str, MediaId]) -> str | None:
    value = value.strip()
    if value.lower().startswith("cid:"):
        media_id = by_id.get(unquote(value[4:]))
        return f"/api/media/{media_id}" if media_id else None
    return f"{_REMOTE}{value}" if value.lower().startswith(("http://", "https://")) else None


def _link(value: str) -> str | None:
    """An address of elsewhere. One without a scheme would lead into our own pages."""
    return value if value.strip().lower().startswith(("http://", "https://", "mailto:", "tel:")) else None


def is_deep(markup: str) -> bool:
    """Whether elements stand in one another so deep that every library gets slow."""
    depth = 0
    for closing, name in _TAG.findall(markup):
        if name.lower() in _VOID:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        if depth > _HTML_DEPTH:
            return True
    return False


def from_html(markup: str) -> str:
    """The text of HTML, tables kept in columns."""
    from inscriptis import get_text  # type: ignore[import-untyped]  # it has no types

    if len(markup) > HTML_LIMIT or is_deep(markup) or markup.count("&") > _HTML_ENTITIES:
        return without_tags(markup[:HTML_LIMIT])
    cleaned = nh3.clean(markup, attributes={}, tags=nh3.ALLOWED_TAGS - {"img"}, link_rel=None)
    try:
        text = get_text(cleaned)
    except (RecursionError, ValueError, LookupError, AttributeError, TypeError, AssertionError):
        return without_tags(cleaned)
    lines = [line.rstrip() for line in tame(text).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def without_tags(markup: str) -> str:
    return tame(html.unescape(re.sub(r"<[^<>]{0,5000}>", " ", markup)))


def unflow(text: str, *, joins: bool) -> str:
    """RFC 3676: a line that ends with a space goes on in the next one. Quoted lines stay as they are."""
    lines: list[str] = []
    is_open = False
    for raw in text.split("\n"):
        is_quote = raw.startswith(">")
        line = raw if is_quote else raw.removeprefix(" ")
        flows = line.endswith(" ") and line != "-- " and not is_quote
        said = line[:-1] if flows and joins else line
        if is_open and not is_quote and line != "-- ":
            lines[-1] += said
        else:
            lines.append(said)
        is_open = flows
    return "\n".join(lines)
