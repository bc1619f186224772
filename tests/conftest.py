"""Fixtures and guards every test gets."""

import gc

pytest_plugins = [
    "tests.guards",
    "tests.peers.browser",
    "tests.peers.postgres",
    "tests.peers.redis",
    "tests.peers.smtp",
    "tests.stores",
    "tests.hub.office",
    "tests.agent_ui.site",
]


def pytest_collection_finish() -> None:
    """A search through all that is imported by now takes longer than the guard lets a test hold its loop."""
    gc.collect()
    gc.freeze()
