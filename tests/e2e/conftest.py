"""A staffed hub in a process of its own, for browsers."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from hub.store.rebuild import differences
from tests.e2e.people import JOANA, RUI, Agent, Customer, profile, require_front_end, staffed
from tests.peers.hub import HubProcess
from tests.peers.smtp import MailServer


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    """Chat and API on SQLite, with three people."""
    require_front_end()
    hub = HubProcess(tmp_path)
    hub.prepare()
    staffed(hub)
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()
    assert differences(hub.store_url) == []


@pytest.fixture
async def mail_hub(tmp_path: Path, mail_server: MailServer) -> AsyncIterator[HubProcess]:
    """Mail in and out: the customers' server is ``mail_server``."""
    require_front_end()
    hub = HubProcess(tmp_path)
    hub.channels["mail"] = hub.mail_channel(mail_server.port)
    hub.prepare()
    staffed(hub)
    hub.start()
    try:
        yield hub
    finally:
        hub.stop()
    assert differences(hub.store_url) == []


@pytest.fixture
async def joana(browser: Browser, hub: HubProcess) -> AsyncIterator[Agent]:
    """Signed in and available."""
    async with profile(browser) as context:
        agent = Agent(await context.new_page(), hub.url)
        await agent.sign_in(JOANA)
        yield agent
        assert agent.problems == []


@pytest.fixture
async def rui(browser: Browser, hub: HubProcess) -> AsyncIterator[Agent]:
    async with profile(browser) as context:
        agent = Agent(await context.new_page(), hub.url)
        await agent.sign_in(RUI)
        yield agent
        assert agent.problems == []


@pytest.fixture
async def customer(browser: Browser, hub: HubProcess) -> AsyncIterator[Customer]:
    async with profile(browser) as context:
        one = Customer(await context.new_page(), hub.url)
        await one.open()
        yield one
