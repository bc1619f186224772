"""``continuo check``: the settings, and what they lead to."""

from __future__ import annotations

import asyncio

import aiohttp

from config.clock import SystemClock
from config.console import done, stop, warn
from config.files import ConfigFile, read
from config.migrate import existing_store
from config.settings import ChannelSettings, Settings
from hub.errors import HubError
from hub.ids import ChannelId, MediaId
from hub.ports import Checks, Health, Tools


def check(*, config: ConfigFile = None) -> None:
    """Read the settings, open the store, ask every channel. Exit code 1: something does not work."""
    settings = read(config)
    done("the settings are right")
    problems = asyncio.run(look(settings))
    if problems:
        stop(f"{problems} problem(s)")


async def look(settings: Settings) -> int:
    from hub.store import check_schema

    problems = 0
    try:
        await asyncio.to_thread(check_schema, existing_store(settings))
        done("the store answers, its tables are up to date")
    except HubError as error:
        warn(error.words)
        problems += 1
    for key, channel in settings.channels.items():
        health = await ask(key, channel, settings)
        if health.ok:
            done(f"channel {key} ({channel.kind}){': ' + health.words if health.words else ''}")
        else:
            warn(f"channel {key} ({channel.kind}): {health.words}")
            problems += 1
    return problems


class NoMedia:
    """A check sends no files."""

    async def read_media(self, media_id: MediaId) -> bytes:
        raise FileNotFoundError(media_id)


async def ask(key: str, settings: ChannelSettings, whole: Settings) -> Health:
    from channels import load_channel

    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)) as http:
        url = f"{whole.public_url}/c/{settings.kind}/{key}"
        tools = Tools(channel_id=ChannelId(key), public_url=url, http=http, clock=SystemClock(), media=NoMedia())
        channel = load_channel(settings.kind)(settings.settings, tools)
        if not isinstance(channel, Checks):
            return Health(ok=True, words="it has no check of its own")
        return await channel.check()
