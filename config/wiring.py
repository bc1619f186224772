"""Puts the parts together: settings in, a running hub with router and web server out."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from aiohttp import web

from agent_ui.options import Options
from agent_ui.server import make_app
from channels import load_channel
from config.clock import SystemClock
from config.measures import RouterMeasures
from config.migrate import existing_store
from config.settings import ChannelSettings, QueueSettings, Settings
from hub.catalog import Queue
from hub.ids import AgentId, ChannelId, Ids, QueueId
from hub.runtime import AccountPlan, Hub, Plan, run_hub, running
from routing.engine import Engine


def plan_of(settings: Settings, members: dict[str, tuple[AgentId, ...] | None]) -> Plan:
    """What the settings ask for. ``members`` gives the agents of the queues that name them. Raises NoDatabase."""
    return Plan(
        store_url=existing_store(settings),
        bus_url=settings.bus.url,
        folder=Path(settings.data),
        public_url=settings.public_url,
        queues={QueueId(key): queue_of(key, one, members.get(key)) for key, one in settings.queues.items()},
        accounts=tuple(account_of(key, one) for key, one in settings.channels.items()),
        readers=settings.store.readers,
        group=settings.store.group,
        drain_seconds=settings.server.drain_seconds,
    )


def queue_of(key: str, settings: QueueSettings, members: tuple[AgentId, ...] | None) -> Queue:
    return Queue(
        queue_id=QueueId(key),
        name=settings.name or key,
        members=members,
        offer_seconds={str(work): seconds for work, seconds in settings.offer_seconds.items()},
        reopen_hours=settings.reopen_hours,
    )


def account_of(key: str, settings: ChannelSettings) -> AccountPlan:
    return AccountPlan(
        channel_id=ChannelId(key),
        kind=settings.kind,
        name=settings.name or key,
        queue_id=QueueId(settings.queue),
        make=load_channel(settings.kind),
        settings=settings.settings,
        from_name=settings.from_name,
    )


@asynccontextmanager
async def whole_hub(settings: Settings) -> AsyncGenerator[tuple[Hub, Engine]]:
    """Hub and router, without a web server. Raises HubError."""
    clock, ids = SystemClock(), Ids()
    members = await members_of(settings, clock, ids)
    async with run_hub(plan_of(settings, members), clock, ids) as hub:
        engine = Engine(hub)
        async with running([engine.run()]):
            yield hub, engine


@asynccontextmanager
async def serving(settings: Settings) -> AsyncGenerator[tuple[Hub, str]]:
    """Everything, with its web server; gives the address it listens on. The server stops first, then the hub."""
    async with whole_hub(settings) as (hub, engine):
        runner = web.AppRunner(
            make_app(hub, options_of(settings), RouterMeasures(engine).text),
            access_log=None,
            keepalive_timeout=settings.server.keep_alive_seconds,
            shutdown_timeout=settings.server.drain_seconds,
            lingering_time=2.0,
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, settings.server.host, settings.server.port)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield hub, f"http://{host}:{port}"
        finally:
            await runner.cleanup()


def options_of(settings: Settings) -> Options:
    secure = settings.access.secure_cookies
    return Options(
        public_url=settings.public_url,
        session_hours=settings.access.session_hours,
        secure_cookies=settings.public_url.startswith("https://") if secure is None else secure,
        calls_per_second=settings.access.calls_per_second,
        proxies=settings.access.proxies,
        metrics=settings.server.metrics,
        version=version("continuo-hub"),
    )


async def members_of(settings: Settings, clock: SystemClock, ids: Ids) -> dict[str, tuple[AgentId, ...] | None]:
    """Queues name their members by e-mail address; whoever is not known yet is left out."""
    from hub.store import open_store
    from hub.store.users import users

    if all(queue.members is None for queue in settings.queues.values()):
        return {}
    store = open_store(existing_store(settings), clock, ids)
    await store.start()
    try:
        known = {one.email: one.agent_id for one in await store.read(users)}
    finally:
        await store.close()
    return {
        key: None
        if queue.members is None
        else tuple(known[m.casefold()] for m in queue.members if m.casefold() in known)
        for key, queue in settings.queues.items()
    }
