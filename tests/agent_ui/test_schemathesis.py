"""The OpenAPI document, attacked by a machine: no answer outside the document, no server error."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from agent_ui.openapi import document
from agent_ui.server import api_routes
from hub.store import migrate
from tests.agent_ui.site import OPTIONS, PASSWORD, Site, hashed, serve
from tests.peers.postgres import PostgresServer

EXAMPLES = 10
GENEROUS = msgspec.structs.replace(OPTIONS, calls_per_second=1e6, body_bytes=50_000_000)
"""What is too much or too fast has tests of its own."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store of each kind, the same for all operations."""
    if request.param == "sqlite":
        made: Path = request.getfixturevalue("migrated_file")
        yield f"sqlite:///{shutil.copy(made, tmp_path_factory.mktemp('store') / 'continuo.db')}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(server.template("migrated", migrate)) as url:
            yield url


@pytest.fixture(scope="module")
def open_site(store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on a loop and thread of its own: schemathesis calls it from outside."""
    hashed()
    folder = tmp_path_factory.mktemp("site")
    loop, stopped = asyncio.new_event_loop(), asyncio.Event()
    ready: Future[Site] = Future()

    async def run() -> None:
        async with serve(store_url, folder / "data", options=GENEROUS) as site:
            await site.customer_says("Hello")
            ready.set_result(site)
            await stopped.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(run(),))
    thread.start()
    try:
        yield ready.result(20)
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(20)
        loop.close()


def without_credentials() -> Any:
    """The document without cookie and header, which every call of this test carries: nothing is varied there."""
    made = json.loads(msgspec.json.encode(document(api_routes(), "test")))
    for path in made["paths"].values():
        for operation in path.values():
            operation.pop("security", None)
            kept = [one for one in operation.get("parameters", []) if one["in"] != "header"]
            operation["parameters"] = kept
    return made


schema = schemathesis.openapi.from_dict(without_credentials())


@pytest.fixture(scope="module")
def cookie(open_site: Site) -> str:
    answer = requests.post(
        f"{open_site.url}/api/session",
        json={"email": "ada@x.example", "password": PASSWORD},
        headers={"X-Continuo": "1"},
        timeout=10,
    )
    return str(answer.cookies["continuo"])


@schema.exclude(path="/api/session", method="DELETE").parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.timeout(120)
def test_every_operation_keeps_to_the_document(case: schemathesis.Case[Any], open_site: Site, cookie: str) -> None:
    """Hostile: generated bodies, parameters and headers; statuses, types and bodies must be documented ones."""
    case.call_and_validate(
        base_url=open_site.url,
        cookies={"continuo": cookie},
        headers={"X-Continuo": "1"},
        # What a schema can't say (an unknown queue, a time that has passed) is refused with a documented 422.
        excluded_checks=[positive_data_acceptance],
    )
