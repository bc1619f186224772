"""A real hub in a process of its own: the installed command with a settings file, to be killed and started again."""

import asyncio
import json
import secrets
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from agent_ui.auth import hash_password
from config.clock import SystemClock
from hub.ids import AgentId, Ids
from hub.people import Role
from hub.store import Tx, open_store, users
from hub.store.users import User
from tests.peers.process import Process

PASSWORD = "correct horse battery staple"
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class HubProcess:
    """``continuo serve`` on a free port. ``kill()`` is SIGKILL; ``start()`` again uses the same files."""

    def __init__(
        self, folder: Path, *, store_url: str = "", bus_url: str = "memory://", channels: dict[str, Any] | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port()
        self.smtp_port = free_port()
        self.store_url = store_url or f"sqlite:///{folder / 'continuo.db'}"
        self.bus_url = bus_url
        self.api_secret = secrets.token_hex(16)
        self.channels = channels if channels is not None else self.usual_channels()
        self.config = folder / f"continuo-{self.port}.toml"
        self._process = Process(
            [sys.executable, "-m", "config", "serve", "--config", self.config], log=folder / f"log-{self.port}"
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def log(self) -> str:
        return (self.folder / f"log-{self.port}").read_text(errors="replace")

    def usual_channels(self) -> dict[str, Any]:
        return {
            "chat": {"kind": "webchat", "queue": "support", "secret": secrets.token_hex(16)},
            "shop": {"kind": "api", "queue": "support", "secret": self.api_secret},
        }

    def mail_channel(self, relay_port: int) -> dict[str, Any]:
        """An e-mail account that takes mail on ``smtp_port`` and sends through the server on ``relay_port``."""
        return {
            "kind": "email",
            "queue": "support",
            "address": "support@shop.example",
            "secret": secrets.token_hex(16),
            "listen_port": self.smtp_port,
            "relay_host": "127.0.0.1",
            "relay_port": relay_port,
            "relay_tls": "none",
        }

    def prepare(self, store: str = "") -> None:
        """Write the settings, with further lines for ``[store]``, and bring the tables up to date."""
        lines = [
            f"data = {json.dumps(str(self.folder / 'data'))}",
            f"[store]\nurl = {json.dumps(self.store_url)}\n{store}",
            f"[bus]\nurl = {json.dumps(self.bus_url)}",
            f"[server]\nport = {self.port}\ndrain_seconds = 5",
            '[log]\nformat = "text"',
            '[queues.support]\nname = "Support"',
        ]
        for name, table in self.channels.items():
            lines.append(f"[channels.{name}]")
            lines.extend(f"{key} = {json.dumps(value)}" for key, value in table.items())
        self.config.write_text("\n".join(lines) + "\n")
        self.command("migrate")

    def command(self, *words: str, stdin: str = "") -> str:
        """Run another command of ``continuo`` with the same settings; gives its output, fails when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "config", *words, "--config", str(self.config)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def add_user(self, email: str, *, name: str, role: str = "agent") -> None:
        self.command("user", "add", email, "--name", name, "--role", role, "--password-stdin", stdin=PASSWORD + "\n")

    def add_people(self, people: Iterable[tuple[str, str, str]]) -> None:
        """Several at once, (e-mail, name, role), without a process for each. All have PASSWORD."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: asyncio.run(add_people(self.store_url, tuple(people)))).result()

    def start(self) -> None:
        self._process.start(self.is_ready)

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        self._process.stop(signal.SIGTERM)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


async def add_people(store_url: str, people: tuple[tuple[str, str, str], ...]) -> None:
    store = open_store(store_url, SystemClock(), Ids(), readers=1)
    await store.start()
    password_hash = hash_password(PASSWORD)

    def add(tx: Tx) -> None:
        for email, name, role in people:
            roles = msgspec.convert(list(dict.fromkeys((role, "agent"))), tuple[Role, ...])
            one = User(agent_id=AgentId(tx.ids.new()), email=email, name=name, roles=roles, password_hash=password_hash)
            users.put_user(tx, one)

    try:
        await store.write(add)
    finally:
        await store.close()
