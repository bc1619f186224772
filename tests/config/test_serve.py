"""A hub that takes traffic and is told to stop; then what export and doctor find in its store."""

import hashlib
import hmac
import json
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.config.command import continuo, environment

SECRET = "a-secret-of-the-shop-4711"
pytestmark = pytest.mark.timeout(90)


@contextmanager
def served(folder: Path, **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """``continuo serve`` on a free port, and the address that it told."""
    log = (folder / "log").open("w")
    with (
        log,
        subprocess.Popen(
            [sys.executable, "-m", "config", "serve"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=folder,
            env=environment(CONTINUO_SERVER__PORT="0", **settings),
        ) as process,
    ):
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            assert words, (folder / "log").read_text()
            yield process, next(word for word in words if word.startswith("http"))
        finally:
            process.kill()


def post(address: str, number: int) -> str | None:
    """The id of the message when the hub has taken it."""
    body = json.dumps({"external_id": f"m{number}", "from": f"customer-{number % 20}", "text": "Hello " * 20}).encode()
    moment = str(int(time.time()))
    digest = hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    request = urllib.request.Request(f"{address}/c/api/shop/messages", body)
    request.add_header("Continuo-Signature", f"t={moment},v1={digest}")
    request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return f"m{number}" if answer.status == 200 else None
    except OSError:
        return None


class Used(NamedTuple):
    folder: Path
    acknowledged: set[str]
    code: int


@pytest.fixture(scope="module")
def used(installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Used:
    """An installation whose hub got SIGTERM while 400 messages came in."""
    folder = shutil.copytree(installation, tmp_path_factory.mktemp("used") / "hub")
    with (folder / "continuo.toml").open("a") as file:
        file.write(f"\n[channels.shop]\nkind = 'api'\nqueue = 'support'\nsecret = '{SECRET}'\n")
    acknowledged: set[str] = set()
    with served(folder) as (process, address), ThreadPoolExecutor(8) as threads:
        for done in as_completed([threads.submit(post, address, number) for number in range(400)]):
            if one := done.result():
                acknowledged.add(one)
                if len(acknowledged) == 200:
                    process.send_signal(signal.SIGTERM)
        code = process.wait(20)
    return Used(folder, acknowledged, code)


@pytest.fixture
def used_folder(used: Used, tmp_path: Path) -> Path:
    return shutil.copytree(used.folder, tmp_path / "used")


def test_what_was_acknowledged_is_written_when_the_hub_is_told_to_stop(used: Used) -> None:
    """SIGTERM in the middle of traffic: exit code 0, each acknowledged message is in the export, once."""
    assert used.code == 0, (used.folder / "log").read_text()
    assert len(used.acknowledged) >= 200
    events = [json.loads(line) for line in continuo("export", at=used.folder).stdout.splitlines()]
    received = [event["external_id"] for event in events if event["type"] == "message.received"]
    assert used.acknowledged <= set(received)
    assert len(received) == len(set(received))
    assert [event["position"] for event in events] == list(range(1, len(events) + 1))
    log = (used.folder / "log").read_text()
    assert "Traceback" not in log
    assert SECRET not in log


def test_an_export_goes_on_where_another_ended(used: Used) -> None:
    """Two parts are the whole; nothing is left behind the last position."""
    whole = continuo("export", at=used.folder).stdout.splitlines()
    last = json.loads(whole[-1])["position"]
    assert continuo("export", "--after", "100", at=used.folder).stdout.splitlines() == whole[100:]
    end = continuo("export", "--after", str(last), at=used.folder)
    assert (end.returncode, end.stdout) == (0, "")


def test_an_export_whose_reader_has_gone(used: Used) -> None:
    """Like ``continuo export | head -1``: the end is quiet."""
    with subprocess.Popen(
        [sys.executable, "-m", "config", "export"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=used.folder,
        env=environment(),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"{")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 141


def test_a_tampered_row_is_reported_and_put_right(used_folder: Path) -> None:
    """A name changed and an address deleted behind the hub's back: told, left alone, and put right on request."""
    with closing(sqlite3.connect(used_folder / "data" / "continuo.db")) as database, database:
        database.execute(
            "UPDATE customers SET name = 'Forged' WHERE customer_id = (SELECT min(customer_id) FROM customers)"
        )
        database.execute("DELETE FROM addresses WHERE value = (SELECT min(value) FROM addresses)")
    found = continuo("doctor", "rebuild", at=used_folder)
    assert found.returncode == 1
    assert "2 difference(s)" in found.stderr
    assert "Forged" in found.stderr
    mended = continuo("doctor", "rebuild", "--write", at=used_folder)
    assert (mended.returncode, "Forged" in mended.stderr) == (0, True)
    assert "2 difference(s) put right" in mended.stdout
    right = continuo("doctor", "rebuild", at=used_folder)
    assert (right.returncode, right.stderr) == (0, "")


def talk(address: str, said: bytes) -> bytes:
    """What the hub answers, until it ends the connection."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(said)
        answer = b""
        while part := connection.recv(65_536):
            answer += part
        return answer


def test_what_is_no_http_is_one_quiet_line(folder: Path) -> None:
    """Garbled, binary, endless or forged requests: 400, no traceback and nothing of what was sent in the log."""
    payload = "sent-by-a-stranger"
    requests = (
        f"{payload}\r\n\r\n",
        f"\x16\x03\x01{payload}\r\n\r\n",
        f"GET / HTTP/9.9{payload}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\n{payload}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: x\r\nX: {payload * 1000}\r\n\r\n",
        f"POST /api/session HTTP/1.1\r\nHost: x\r\nContent-Length: {payload}\r\n\r\n",
    )
    with served(folder) as (_, address):
        for one in requests:
            assert b" 400 " in talk(address, one.encode()), one
    log = (folder / "log").read_text()
    assert "Traceback" not in log
    assert payload not in log
    # An unknown method, such as TLS begins with, is told to nobody.
    assert log.count("no valid HTTP") == log.count("aiohttp.server") == len(requests) - 2


def test_what_the_settings_say_of_the_server_holds(folder: Path) -> None:
    """Silent: a connection without a request is closed after keep_alive_seconds. The router's counts are read here."""
    limits = {"CONTINUO_SERVER__KEEP_ALIVE_SECONDS": "1", "CONTINUO_ACCESS__CALLS_PER_SECOND": "0.1"}
    with served(folder, **limits) as (_, address):
        assert talk(address, b"") == b""
        far = urllib.request.Request(f"{address}/metrics", headers={"X-Forwarded-For": "198.51.100.7"})
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(far, timeout=5)
        with urllib.request.urlopen(f"{address}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    for name in ("rebuilds", "claimed", "voided", "looks", "unserved", "timerless"):
        assert f"\ncontinuo_router_{name}_total " in text
    with served(folder, CONTINUO_ACCESS__PROXIES="192.0.2.0/24") as (_, address):
        far = urllib.request.Request(f"{address}/metrics", headers={"X-Forwarded-For": "198.51.100.7"})
        with urllib.request.urlopen(far, timeout=5) as answer:
            assert answer.status == 200, "nobody here is a proxy: what is claimed does not count"


def test_a_port_in_use(folder: Path) -> None:
    """Somebody listens there already: words and exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = continuo("serve", at=folder, CONTINUO_SERVER__PORT=port)
    assert done.returncode == 1
    assert port in done.stderr
    assert "Is another hub running there?" in done.stderr
    assert "Traceback" not in done.stderr
