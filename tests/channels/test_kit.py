"""The kit: what strangers send is read in one place, and fails in one way."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import aiohttp
import msgspec
import pytest

from channels import kit
from hub.errors import BadSettings, Missing, Refused, Rejected, Throttled, TooLong, Uncertain, Unreachable
from hub.events import PayloadUnreadable
from hub.ports import Secret
from tests.channels.cases import NOW

SECRET = Secret("a-secret-123456789")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "truncated"),
        (b"{", "truncated"),
        (b"nonsense", "malformed"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"a":1,"a" :":"}', "twice"),
        (b'{"b":{"a":1,"a":2}}', "twice"),
        (b"[" * 10_000, "nested deeper"),
        (b"[" * 70 + b"]" * 70, "nested deeper"),
        (b'{"a":' * 70 + b"1" + b"}" * 70, "nested deeper"),
        (b'"\\u0000"', "NUL"),
        (b'{"\\u0000":1}', "NUL"),
        (b'"\\ud800"', "truncated|surrogate|escape"),
        (b'"\xff"', "utf-8"),
        (b"NaN", "malformed"),
        (b"[" + b"{}," * 20_000 + b"{}]", "more than 20000"),
        (b'{"a":1} x', "trailing"),
    ],
)
def test_json_that_is_not_tame(body: bytes, words: str) -> None:
    """One exception, with a reason for people."""
    with pytest.raises(kit.Unreadable, match=words):
        kit.read_json(body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a":[1,2.5,null,true]}', {"a": [1, 2.5, None, True]}),
        ('"Olá 😀"'.encode(), "Olá 😀"),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"a\\\\u0000b"', "a\\u0000b"),
        (b"[" * 60 + b"]" * 60, None),
    ],
)
def test_json_that_is(body: bytes, value: Any) -> None:
    """An escaped backslash before u0000 is text."""
    found = kit.read_json(body)
    assert value is None or found == value


def test_a_field_is_named() -> None:
    """For whoever sent it."""

    class Order(msgspec.Struct):
        lines: list[int]

    with pytest.raises(kit.Unreadable, match=r"\$\.lines\[1\]"):
        kit.decode(b'{"lines":[1,"x"]}', Order)


def test_unreadable_is_one_event_with_its_bytes() -> None:
    """The same bytes have the same key."""
    first, again = kit.unreadable(b"\0x", "why\0not"), kit.unreadable(b"\0x", "other words")
    assert first.events[0].external_id == again.events[0].external_id
    assert isinstance(first.events[0].data, PayloadUnreadable)
    assert first.events[0].data.reason == "whynot"
    assert [blob.content for blob in first.blobs] == [b"\0x"]


@pytest.mark.parametrize(
    "value", ["t=1,v1=", "t=,v1=ab", "v1=ab", "t=1", "t=1,t=2,v1=ab", "t=-1,v1=ab", "t=٣,v1=ab", "=", ",", "t=1,v1=ab"]
)
def test_stamps_of_other_forms_are_rejected(value: str) -> None:
    """Never accepted, never an exception of another kind."""
    with pytest.raises(Rejected):
        kit.check_stamp(value, (SECRET,), b"body", NOW)


def test_a_stamp_may_carry_two_signatures() -> None:
    """A sender in rotation signs with both secrets."""
    seconds = int(NOW.timestamp())
    good = kit.stamp(SECRET, b"body", NOW).partition("v1=")[2]
    kit.check_stamp(f"t={seconds},v1={'0' * 64},v1={good}", (None, SECRET), b"body", NOW)
    with pytest.raises(Missing):
        kit.check_stamp(None, (SECRET,), b"body", NOW)
    with pytest.raises(Rejected):
        kit.check_stamp(f"t={seconds},v1={good}", (None,), b"body", NOW)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("999999999", 86_400),
        ("Tue, 24 Nov 2026 14:55:00 GMT", 60),
        ("Tue, 24 Nov 2020 14:55:00 GMT", 0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("1e9", None),
        ("Tue, 99 Nov 2026 14:55:00 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    """Seconds or a date; nonsense says nothing; never longer than a day."""
    assert kit.retry_after({"Retry-After": text}, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (302, BadSettings),
        (400, Refused),
        (401, BadSettings),
        (404, BadSettings),
        (408, Uncertain),
        (413, TooLong),
        (422, Refused),
        (429, Throttled),
        (500, Uncertain),
        (503, Uncertain),
        (504, Uncertain),
    ],
)
def test_what_an_http_answer_means(status: int, error: type[Exception]) -> None:
    """Where the provider has no words of its own."""
    found = kit.answer_error(status, "some\0 words", {}, NOW)
    assert type(found) is error
    assert found.words.startswith(f"{status}: some words")


async def test_a_connection_that_never_came_about_is_certain() -> None:
    """Refused, or no answer to the first packet: nothing was sent."""
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await http.get("http://127.0.0.1:1/")
    assert type(kit.network_error(caught.value)) is Unreachable
    assert type(kit.network_error(aiohttp.ConnectionTimeoutError())) is Unreachable
    assert type(kit.network_error(aiohttp.ServerDisconnectedError())) is Uncertain
    assert type(kit.network_error(TimeoutError())) is Uncertain
    assert type(kit.network_error(aiohttp.InvalidURL("x"))) is BadSettings


@pytest.mark.parametrize(
    ("text", "limit", "unit", "parts"),
    [
        ("short", 5, "characters", ("short",)),
        ("hello world foo bar", 8, "characters", ("hello", "world", "foo bar")),
        ("line one\nline two", 10, "characters", ("line one", "line two")),
        ("😀" * 5, 3, "utf16", ("😀",) * 5),
        ("é" * 5, 4, "bytes", ("éé", "éé", "é")),
        ("x" * 7, 3, "characters", ("xxx", "xxx", "x")),
        ("", 3, "characters", ()),
        ("👩\u200d👧x", 3, "characters", ("👩\u200d👧", "x")),
        ("ab👩\u200d👧", 4, "characters", ("ab", "👩\u200d👧")),
        ("abce\u0301", 4, "characters", ("abc", "e\u0301")),
    ],
)
def test_splitting(text: str, limit: int, unit: kit.Unit, parts: tuple[str, ...]) -> None:
    """At lines and words, never inside a character or what looks like one; each part within the limit."""
    found = kit.split(text, limit, unit)
    assert found == parts
    assert all(kit.length(part, unit) <= limit for part in found)


def test_length_by_unit() -> None:
    """What providers count."""
    assert [kit.length("é😀", unit) for unit in ("characters", "bytes", "utf16")] == [2, 6, 3]


def test_tame_keeps_text_and_drops_what_no_store_holds() -> None:
    """Line ends become one."""
    assert kit.tame("a\r\nb\rc\0\x1b\ud800\t😀\u200f") == "a\nb\nc\t😀\u200f"


async def test_slow_work_runs_on_few_threads_and_keeps_its_errors() -> None:
    """Bounded: what waits, waits."""
    names: set[str] = set()

    def work(fails: bool) -> int:
        names.add(threading.current_thread().name)
        if fails:
            raise ValueError("as it came")
        return 7

    async with kit.threads(2, "slow") as run:
        assert await asyncio.gather(*(run(work, fails=False) for _ in range(20))) == [7] * 20
        with pytest.raises(ValueError, match="as it came"):
            await run(work, fails=True)
    assert len(names) <= 2
    assert all(name.startswith("slow") for name in names)


def test_recorded_requests() -> None:
    """A body alone, or what stands around it; lower-case headers, a text body as it was."""
    alone = kit.recorded(b'{"a":1}', "x")
    assert (alone.body, alone.action) == (b'{"a":1}', "x")
    whole = kit.recorded(b'{"headers":{"X-A":"1"},"query":{"q":"2"},"body":{"a":1},"action":"y"}')
    assert (whole.body, whole.headers, whole.query, whole.action) == (b'{"a":1}', {"x-a": "1"}, {"q": "2"}, "y")
    assert kit.recorded(b'{"body":"a=1&b=2"}').body == b"a=1&b=2"
    assert kit.recorded(b"\xff").body == b"\xff"


def test_a_stamp_is_valid_for_its_time_only() -> None:
    """Exactly 300 seconds."""
    value = kit.stamp(SECRET, b"x", NOW)
    kit.check_stamp(value, (SECRET,), b"x", NOW + timedelta(seconds=300))
    with pytest.raises(Rejected):
        kit.check_stamp(value, (SECRET,), b"x", NOW + timedelta(seconds=301))
