"""The real servers come up, are empty for each test, and can be killed."""

import psycopg
import pytest
import redis.asyncio
import sqlalchemy
from playwright.async_api import Page
from redis.exceptions import ConnectionError as RedisConnectionError

from tests.peers.postgres import PostgresServer
from tests.peers.redis import RedisServer


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_store_is_empty_each_time(store_url: str, time: str) -> None:
    engine = sqlalchemy.create_engine(store_url)
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE seen (time TEXT)"))
        connection.execute(sqlalchemy.text("INSERT INTO seen VALUES (:time)"), {"time": time})
        assert connection.scalar(sqlalchemy.text("SELECT count(*) FROM seen")) == 1
    engine.dispose()


def test_a_template_is_filled_once_and_copied(postgres_server: PostgresServer) -> None:
    filled: list[str] = []

    def fill(url: str) -> None:
        filled.append(url)
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.execute(sqlalchemy.text("CREATE TABLE ready (n INTEGER)"))

    for _ in range(2):
        name = postgres_server.template("template_of_this_test", fill)
        with postgres_server.database(name) as url, psycopg.connect(url.replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT count(*) FROM ready").fetchone() == (0,)
    assert len(filled) == 1


async def test_redis_is_killed_and_comes_back_empty_at_its_address(redis_server: RedisServer) -> None:
    async with redis.asyncio.from_url(redis_server.url) as client:
        await client.set("name", "Ada")
        redis_server.kill()
        with pytest.raises(RedisConnectionError):
            await client.get("name")
        redis_server.restart()
        assert await client.get("name") is None


def test_the_shared_redis_starts_empty(shared_redis: RedisServer, redis_url: str) -> None:
    assert redis_url == shared_redis.url
    assert shared_redis.command("DBSIZE") == ":0"


@pytest.mark.browser
async def test_the_browser_renders_and_stays_on_this_machine(page: Page) -> None:
    await page.set_content("<h1>Continuo</h1>")
    assert await page.get_by_role("heading").inner_text() == "Continuo"
    reached = await page.evaluate("fetch('http://example.com').then(() => true, () => false)")
    assert reached is False
