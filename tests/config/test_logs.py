"""No configured secret passes the log, whoever wrote the line and however it got there."""

import json
import logging
import sys
from collections.abc import Iterator
from typing import Literal
from urllib.parse import quote

import msgspec
import pytest
from aiohttp.http_exceptions import BadStatusLine

from config.logs import secrets_in, set_up
from config.settings import BusSettings, ChannelSettings, LogSettings, Settings, StoreSettings
from hub.ports import Secret

SECRET = 'sw0rd/fish "42" ü'
PASSWORDS = ("store-passw0rd", "bus p@ss")
log = logging.getLogger("somebody.elses.library")
Format = Literal["text", "json"]


class Inner(msgspec.Struct, frozen=True):
    tokens: tuple[Secret, ...]


class Account(msgspec.Struct, frozen=True):
    inner: Inner


SETTINGS = Settings(
    store=StoreSettings(url=f"postgresql+psycopg://hub:{PASSWORDS[0]}@127.0.0.1/x"),
    bus=BusSettings(url=f"redis://:{quote(PASSWORDS[1])}@127.0.0.1/0"),
    channels={"a": ChannelSettings(kind="api", queue="q", settings=Account(Inner((Secret(SECRET),))))},
)


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    """The root logger as it was before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


@pytest.fixture(params=["text", "json"])
def form(request: pytest.FixtureRequest) -> Format:
    """Both formats."""
    form: Format = request.param
    return form


def begin(form: Format) -> None:
    """Set up within the test: a fixture's stderr is another one."""
    set_up(LogSettings(format=form), secrets_in(SETTINGS))


class Thing:
    """Shows the secret only when it is made a text."""

    def __repr__(self) -> str:
        return f"<Thing {SECRET}>"


def fail(words: str) -> None:
    raise ValueError(f"can't sign in with {words}")


def lines(capsys: pytest.CaptureFixture[str], form: Format) -> str:
    """What was logged, after a look that JSON lines are JSON."""
    written = capsys.readouterr().err
    if form == "json":
        assert all(json.loads(line) for line in written.splitlines())
    return written


def assert_black(written: str, *, times: int = 1) -> None:
    for text in (SECRET, "sw0rd", *PASSWORDS, quote(PASSWORDS[1])):
        assert text not in written
    assert written.count("***") >= times


def test_a_secret_in_the_words_of_a_line(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """As the message, as an argument, in a URL, in JSON, in bytes: each comes out blacked out."""
    begin(form)
    log.warning("key=" + SECRET)  # noqa: G003 - what a careless library does
    log.warning("key=%s", SECRET)
    log.warning("GET https://x.example/?key=%s", quote(SECRET, safe=""))
    log.warning("body %s", json.dumps({"key": SECRET}))
    written = lines(capsys, form)
    assert_black(written, times=4)
    assert len(written.splitlines()) == 4


@pytest.mark.parametrize("password", [*PASSWORDS, quote(PASSWORDS[1])])
def test_the_password_of_store_and_bus(password: str, form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """The passwords inside store.url and bus.url are secrets, as they stand in the URL and as they are."""
    begin(form)
    log.error("connection of hub:%s refused", password)
    assert_black(lines(capsys, form))


def test_a_secret_in_an_exception(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """In the error's text, its cause's text and the traceback around them."""
    begin(form)
    try:
        try:
            fail(SECRET)
        except ValueError as error:
            raise RuntimeError(f"no connection: {PASSWORDS[0]}") from error
    except RuntimeError:
        log.exception("it failed with %s", SECRET)
    written = lines(capsys, form)
    assert_black(written, times=3)
    assert "RuntimeError" in written
    assert "ValueError" in written


def test_a_secret_in_the_fields_of_a_line(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """Lists in dicts, keys, bytes, an error, an object whose repr tells: extra fields come out clean however deep."""
    begin(form)
    fields = {
        "deep": {"list": [SECRET, {SECRET: 1}]},
        "raw": SECRET.encode(),
        "error": ValueError(SECRET),
        "thing": Thing(),
        "secret": Secret(SECRET),
        "several": {SECRET},
    }
    log.warning("look", extra=fields)
    assert_black(lines(capsys, form), times=6)


def test_what_is_no_secret_stays(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """Numbers, truth values and ordinary words are shown as they are, with level and logger."""
    begin(form)
    log.warning("sent %d of %s", 3, "many", extra={"count": 7, "is_late": True, "nothing": None})
    written = lines(capsys, form)
    assert "sent 3 of many" in written
    assert "somebody.elses.library" in written
    if form == "json":
        line = json.loads(written)
        assert (line["count"], line["is_late"], line["nothing"], line["level"]) == (7, True, None, "warning")


def test_a_card_number_is_no_matter_for_the_log(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """What passes the Luhn check goes the way of the secrets."""
    begin(form)
    log.warning("paid with 4111 1111 1111 1111")
    written = lines(capsys, form)
    assert "4111" not in written
    assert "[card number]" in written


def test_a_line_that_cannot_be_formatted(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """A library's own mistake: the line is named, its arguments are not shown."""
    begin(form)
    logging.getLogger("careless").handle(
        logging.LogRecord("careless", logging.ERROR, "/x/library.py", 7, "%d keys", (SECRET,), None)
    )
    assert capsys.readouterr().err == "a line of careless (library.py:7) can't be shown\n"


@pytest.mark.parametrize("level", ["info", "warning"])
def test_a_request_that_is_no_http_is_a_quiet_line(
    level: Literal["info", "warning"], form: Format, capsys: pytest.CaptureFixture[str]
) -> None:
    """Garbled by a stranger: one line without traceback and payload, and none where only warnings are wanted."""
    set_up(LogSettings(format=form, level=level), [])
    server = logging.getLogger("aiohttp.server")
    server.error("Error handling request from %s", "198.51.100.7", exc_info=BadStatusLine("what a stranger sent"))
    written = lines(capsys, form)
    assert len(written.splitlines()) == (level == "info")
    assert ("198.51.100.7" in written) == (level == "info")
    assert "stranger sent" not in written


def test_a_fault_of_a_handler_keeps_its_traceback(form: Format, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the quiet lines: ours, and the same mistake told by another logger, are shown whole."""
    begin(form)
    for name, error in (("aiohttp.server", ValueError("a fault")), ("aiohttp.client", BadStatusLine("a fault"))):
        logging.getLogger(name).error("Error handling request from %s", "198.51.100.7", exc_info=error)
        written = lines(capsys, form)
        assert f"{type(error).__name__}:" in written
        assert "a fault" in written


def test_auto_is_json_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal, the format "auto" gives JSON lines."""
    assert not sys.stderr.isatty()
    set_up(LogSettings(), [])
    log.warning("hello")
    assert json.loads(capsys.readouterr().err)["event"] == "hello"
