"""Fixtures and guards every test gets."""

pytest_plugins = ["tests.guards", "tests.peers.browser", "tests.peers.postgres", "tests.peers.redis", "tests.peers.smtp", "tests.stores"]
