"""The OpenAPI document, attacked by a machine: no answer outside the document, no server error."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings

from tests.agent_ui.site import PASSWORD, Site, hashed, serve

EXAMPLES = 12


@pytest.fixture(scope="module")
def open_site(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on a loop and thread of its own: schemathesis calls it from outside."""
    import shutil

    hashed()
    folder = tmp_path_factory.mktemp("site")
    url = f"sqlite:///{shutil.copy(migrated_file, folder / 'continuo.db')}"
    ready, stop = threading.Event(), threading.Event()
    found: list[Site] = []

    async def run() -> None:
        async with serve(url, folder / "data") as site:
            await site.customer_says("Hello")
            found.append(site)
            ready.set()
            while not stop.is_set():
                await asyncio.sleep(0.02)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert ready.wait(20)
    yield found[0]
    stop.set()
    thread.join(20)


@pytest.fixture(scope="module")
def api_schema(open_site: Site) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{open_site.url}/openapi.json")


schema = schemathesis.pytest.from_fixture("api_schema")


@pytest.fixture(scope="module")
def cookie(open_site: Site) -> str:
    answer = requests.post(
        f"{open_site.url}/api/session",
        json={"email": "ada@x.example", "password": PASSWORD},
        headers={"X-Continuo": "1"},
        timeout=10,
    )
    return answer.cookies["continuo"]


@schema.exclude(path="/api/session", method="DELETE").parametrize()
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.timeout(120)
def test_every_operation_keeps_to_the_document(case: schemathesis.Case, cookie: str) -> None:
    """Hostile: generated bodies, parameters and headers; statuses, types and bodies must be documented ones."""
    case.call_and_validate(cookies={"continuo": cookie}, headers={"X-Continuo": "1"})
