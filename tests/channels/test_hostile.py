"""10,000 spoilt mails, posts and frames: each ends as events, duplicate or one visible unreadable. None takes long."""

import time
from random import Random

import pytest

from channels.email.letters import Envelope
from channels.kit import UNREADABLE
from hub.events import MessageReceived, PayloadUnreadable
from hub.ports import Parsed
from tests.channels import test_api, test_webchat
from tests.channels.cases import FIXTURES, House, check_events
from tests.channels.mails import channel, mail
from tests.channels.mutations import mutated, mutated_json

MAILS, POSTS, FRAMES = 6_000, 3_000, 1_000
PARTS = 10
ONCE = 0.1
"""Seconds of processor time one payload may take."""
SEED = 20261124
EMAIL = House(channel(), is_json=False)


def seeds(kind: str, ending: str) -> list[bytes]:
    found = [path.read_bytes() for path in sorted((FIXTURES / kind).glob(f"*.{ending}"))]
    assert len(found) >= 5
    return found


def check(house: House, parsed: Parsed, body: bytes) -> None:
    assert len(parsed.events) >= 1 or parsed.ignored, body
    check_events(house, parsed)
    unreadable = [event for event in parsed.events if isinstance(event.data, PayloadUnreadable)]
    if unreadable:
        assert len(parsed.events) == 1
        assert [blob.content for blob in parsed.blobs] == [body], "the bytes are kept as they came"
        assert unreadable[0].external_id.startswith(UNREADABLE)


def timed(house: House, body: bytes, action: str) -> Parsed:
    """A payload may take its time once for what is loaded then; not twice."""
    for attempt in (1, 2):
        began = time.thread_time()
        parsed = house.parse(body, action)
        took = time.thread_time() - began
        if took < ONCE:
            return parsed
        assert attempt == 1, f"{took:.3f} s for {len(body)} bytes: {body[:200]!r}"
    raise AssertionError("unreachable")


@pytest.mark.parametrize("part", range(PARTS))
def test_mutated_mails(part: int) -> None:
    """Events, a bounce, or a card; never an exception."""
    chance, found = Random(SEED + part), seeds("email", "eml")
    for _ in range(MAILS // PARTS):
        body = mutated(chance, found)
        check(EMAIL, timed(EMAIL, body, ""), body)


@pytest.mark.parametrize("action", ["messages", "statuses"])
def test_mutated_posts_of_other_systems(action: str) -> None:
    """Signed, and broken in every way."""
    chance, found = Random(SEED), seeds("api", "json")
    for number in range(POSTS // 2):
        body = (mutated, mutated_json)[number % 2](chance, found)
        check(test_api.HOUSE, timed(test_api.HOUSE, body, action), body)


def test_mutated_frames_of_the_chat() -> None:
    """As recorded."""
    chance, found = Random(SEED), seeds("webchat", "json")
    for number in range(FRAMES):
        body = (mutated, mutated_json)[number % 2](chance, found)
        check(test_webchat.HOUSE, timed(test_webchat.HOUSE, body, ""), body)


def headers_of(name: str, value: str) -> bytes:
    return mail(**{name: value})


SLOW = {
    "open words of RFC 2047": headers_of("Subject", "=?a?q?" * 40_000),
    "encoded words without end": headers_of("Subject", "=?utf-8?q?=" * 20_000),
    "an address in 60,000 brackets": headers_of("From", "(" * 60_000 + " ana@mail.example"),
    "an address in 60,000 quotes": headers_of("From", '"' * 60_001 + " <ana@mail.example>"),
    "60,000 commas of recipients": headers_of("To", "a@b.c," * 30_000),
    "60,000 ids": headers_of("References", "<a@b>" * 40_000),
    "ids without end": headers_of("References", "<" * 200_000),
    "parameters without end": headers_of("Content_Type", "text/plain; " + "a=b; " * 40_000),
    "pieces of a name": headers_of(
        "Content_Disposition", "attachment; " + "".join(f"filename*{n}=a; " for n in range(9_000))
    ),
    "a charset of 100,000 letters": headers_of("Content_Type", "text/plain; charset=" + "x" * 100_000),
    "punycode": mail("a" * 200_000 + "é", Content_Type="text/plain; charset=punycode"),
    "header words of a quotation": mail(("On 1 a" * 60 + " wrot\n") * 500),
    "the same, with colons": mail("On 1 " * 100_000 + "wrote:"),
    "lines that end in colons": mail("On 1 Nov a b c d e f:\n" * 20_000),
    "300,000 quoted lines": mail("> a\n" * 300_000),
    "300,000 lines of farewell": mail("Best regards\n" * 100_000),
    "rules": mail("-" * 200_000 + "\n" + "_" * 200_000),
    "Outlook blocks": mail("From: a\nSent: b\n\n" * 50_000),
    "unclosed tags": mail("<div" * 100_000, Content_Type="text/html"),
    "unclosed tags with brackets": mail("<" * 400_000, Content_Type="text/html"),
    "deep tags": mail("<div>" * 100_000, Content_Type="text/html"),
    "deep lists": mail("<ul><li>" * 50_000, Content_Type="text/html"),
    "entities": mail("&amp" * 200_000, Content_Type="text/html"),
    "one attribute of 500,000": mail(f'<p title="{"a" * 500_000}">x</p>', Content_Type="text/html"),
    "cells": mail("<table>" + "<tr><td>a</td></tr>" * 20_000, Content_Type="text/html"),
    "styles": mail('<p style="' + "a:b;" * 100_000 + '">x</p>', Content_Type="text/html"),
    "a bounce with many addresses": mail("a@b.c " * 50_000, From="mailer-daemon@x", Subject="Undelivered"),
    "a bounce of letters": mail("a" * 500_000, From="mailer-daemon@x", Subject="Undelivered"),
    "authentication results": headers_of("Authentication_Results", "mx.shop.example; " + "(" * 200_000),
    "boundaries": mail("--b\n" * 100_000, Content_Type='multipart/mixed; boundary="b"'),
    "a boundary of 100,000": mail("--b\n", Content_Type=f'multipart/mixed; boundary="{"b" * 100_000}"'),
    "base64 of nothing": mail("=" * 1_000_000, Content_Transfer_Encoding="base64"),
    "quoted-printable of nothing": mail("=\n" * 300_000, Content_Transfer_Encoding="quoted-printable"),
    "uuencode of nothing": mail("begin 666 a\n" + "M" * 300_000, Content_Transfer_Encoding="x-uuencode"),
    "UTF-7": mail("+AAA-" * 100_000, Content_Type="text/plain; charset=utf-7"),
    "bytes of no charset": mail("\udcff\udc81\udc8d" * 100_000),
    "ISO-2022": mail("\x1b$B" * 100_000, Content_Type="text/plain; charset=iso-2022-jp"),
}


@pytest.mark.parametrize("body", SLOW.values(), ids=SLOW.keys())
def test_what_makes_parsers_slow(body: bytes) -> None:
    """Written to hang a regular expression or a tree: parsed on a thread in bounded time, and no step holds it long."""
    began = time.thread_time()
    parsed = EMAIL.channel.parse_mail(body, Envelope())
    took = time.thread_time() - began
    assert took < 3.0, f"{took:.1f} s"
    check(EMAIL, parsed, body)


def test_a_bomb_of_parts_keeps_its_raw_bytes() -> None:
    """A card, and everything there to look at."""
    inner = mail("x")
    for _ in range(80):
        inner = b"Content-Type: message/rfc822\r\n\r\n" + inner
    data = EMAIL.channel.parse_mail(inner, Envelope()).events[0].data
    assert isinstance(data, PayloadUnreadable | MessageReceived)
    assert data.raw is not None
