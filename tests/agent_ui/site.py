"""A hub with its web server in the test's own loop, on each kind of store; people signed in; a customer by chat."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from agent_ui.auth import hash_password
from agent_ui.options import Options
from agent_ui.server import make_app
from channels.webchat import Settings as ChatSettings
from channels.webchat import WebChat
from config.clock import SystemClock
from hub.catalog import Queue
from hub.ids import AgentId, ChannelId, Ids, QueueId
from hub.people import Role
from hub.ports import Secret
from hub.runtime import AccountPlan, Hub, Plan, run_hub
from hub.store import Tx, users
from hub.store.users import User

PASSWORD = "correct horse battery staple"
SUPPORT, CHAT = QueueId("support"), ChannelId("chat")
OPTIONS = Options(public_url="http://hub.example", version="test")
PEOPLE: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("mia", ("agent",)),
    ("tom", ("agent",)),
    ("eva", ("supervisor", "agent")),
    ("ada", ("admin",)),
)


@cache
def hashed() -> str:
    """argon2id is slow on purpose: once is enough."""
    return hash_password(PASSWORD)


@dataclass
class Site:
    hub: Hub
    url: str
    app: web.Application

    @asynccontextmanager
    async def visitor(self, **headers: str) -> AsyncIterator[aiohttp.ClientSession]:
        """A browser without a session."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.url, cookie_jar=jar, headers={"X-Continuo": "1", **headers}) as client:
            yield client

    @asynccontextmanager
    async def signed_in(self, name: str) -> AsyncIterator[aiohttp.ClientSession]:
        async with self.visitor() as client:
            async with client.post("/api/session", json={"email": f"{name}@x.example", "password": PASSWORD}) as answer:
                assert answer.status == 200, await answer.text()
            yield client

    async def customer_says(self, text: str, number: int = 1) -> dict[str, Any]:
        """A new visitor of the chat writes one message; gives the acknowledgement."""
        async with aiohttp.ClientSession(self.url) as client:
            async with client.post("/c/webchat/chat/visit", json={}) as answer:
                token = (await answer.json())["token"]
            said = {"client_id": f"said-{number}", "text": text}
            headers = {"Authorization": f"Bearer {token}"}
            async with client.post("/c/webchat/chat/messages", json=said, headers=headers) as answer:
                acknowledged: dict[str, Any] = await answer.json()
        return acknowledged


@asynccontextmanager
async def serve(
    store_url: str,
    folder: Path,
    *,
    bus_url: str = "memory://",
    send_buffer: int = 0,
    origins: tuple[str, ...] = (),
    options: Options = OPTIONS,
) -> AsyncIterator[Site]:
    """``send_buffer``: bytes the system takes for a slow client, 0 for its own choice."""
    plan = Plan(
        store_url=store_url,
        bus_url=bus_url,
        folder=folder,
        public_url=OPTIONS.public_url,
        queues={SUPPORT: Queue(queue_id=SUPPORT, name="Support")},
        accounts=(
            AccountPlan(
                channel_id=CHAT,
                kind="webchat",
                name="Chat",
                queue_id=SUPPORT,
                make=WebChat,
                settings=ChatSettings(secret=Secret("s" * 32), origins=origins),
            ),
        ),
    )
    async with run_hub(plan, SystemClock(), Ids()) as hub:
        await hub.store.write(hire)
        app = make_app(hub, options)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1, lingering_time=0)
        await runner.setup()
        try:
            listener = socket.create_server(("127.0.0.1", 0))
            if send_buffer:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
            await web.SockSite(runner, listener).start()
            yield Site(hub, f"http://127.0.0.1:{listener.getsockname()[1]}", app)
        finally:
            await runner.cleanup()


def hire(tx: Tx) -> None:
    for name, roles in PEOPLE:
        one = User(
            agent_id=AgentId(name), email=f"{name}@x.example", name=name.title(), roles=roles, password_hash=hashed()
        )
        users.put_user(tx, one)


@pytest.fixture
async def site(migrated_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    hashed()
    async with serve(migrated_url, tmp_path / "data") as opened:
        yield opened


@pytest.fixture
async def any_site(sqlite_store_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """On SQLite only: for what happens before a store is asked."""
    hashed()
    async with serve(sqlite_store_url, tmp_path / "data") as opened:
        yield opened
