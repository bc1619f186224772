"""Signing in: guesses cost time, cookies can't be read by pages, foreign pages can't act, sessions can be ended."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from agent_ui.auth import COOKIE, FREE_TRIES, Throttle, matches
from hub.errors import TooMany
from hub.store import users
from tests.agent_ui.site import PASSWORD, Site, hashed

pytestmark = pytest.mark.loop_may_block(
    seconds=0.6, reason="the fixture hashes its one password in the test's own thread"
)


async def try_password(client: aiohttp.ClientSession, password: str, email: str = "mia@x.example") -> tuple[int, Any]:
    async with client.post("/api/session", json={"email": email, "password": password}) as answer:
        return answer.status, await answer.json()


async def test_a_session_begins_and_ends(site: Site) -> None:
    """The cookie is out of reach of scripts and other sites; after signing out it opens nothing."""
    async with site.visitor() as client:
        async with client.post("/api/session", json={"email": "MIA@x.example", "password": PASSWORD}) as answer:
            cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        async with client.get("/api/boot") as answer:
            assert (await answer.json())["me"]["agent"]["name"] == "Mia"
        kept = client.cookie_jar.filter_cookies(answer.url)[COOKIE].value
        async with client.delete("/api/session") as answer:
            assert answer.status == 204
        async with client.get("/api/boot", cookies={COOKIE: kept}) as answer:
            assert answer.status == 401


@pytest.mark.parametrize("email", ["mia@x.example", "nobody@x.example"])
async def test_a_wrong_password_says_no_more_than_that(site: Site, email: str) -> None:
    """Guessed: whether the account exists can't be told from the answer."""
    async with site.visitor() as client:
        status, problem = await try_password(client, "wrong", email)
    assert (status, problem["code"], problem["detail"]) == (
        401,
        "unauthorised",
        "The e-mail address or the password is wrong.",
    )


async def test_many_guesses_have_to_wait(site: Site) -> None:
    """Guessed: after five failures the right password has to wait too; the answer says how long."""
    async with site.visitor() as client:
        for _ in range(FREE_TRIES):
            assert (await try_password(client, "wrong"))[0] == 401
        status, problem = await try_password(client, PASSWORD)
    assert (status, problem["code"]) == (429, "too_many")
    assert 0 < problem["after"] <= 2


def test_the_pause_doubles_and_a_success_ends_it() -> None:
    throttle = Throttle()
    for _ in range(FREE_TRIES + 4):
        throttle.failed("from 1")
    with pytest.raises(TooMany) as caught:
        throttle.require("from 1")
    after = caught.value.details["after"]
    assert isinstance(after, float)
    assert 8 < after <= 16
    throttle.succeeded("from 1")
    throttle.require("from 1")


def test_what_is_no_hash_matches_nothing() -> None:
    """Garbled: an empty or broken hash in the store lets nobody in."""
    assert matches(hashed(), PASSWORD)
    assert not any(matches(broken, PASSWORD) for broken in ("", "x", "$argon2id$v=19$broken"))


async def test_a_foreign_page_cannot_act(site: Site) -> None:
    """Forged request: without our header, or from another origin, nothing is changed, cookie or not."""
    async with site.signed_in("mia") as client:
        jar = client.cookie_jar
        body = {"client_id": "forged-01", "status": "away"}
        async with (
            aiohttp.ClientSession(site.url, cookie_jar=jar) as bare,
            bare.post("/api/presence", json=body) as answer,
        ):
            assert answer.status == 403
        async with client.post("/api/presence", json=body, headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403
        for own in (site.url, "http://hub.example"):
            async with client.post("/api/presence", json=body, headers={"Origin": own}) as answer:
                assert answer.status == 200


@pytest.mark.parametrize("name", ["mia", "eva"])
async def test_only_administrators_see_the_users(site: Site, name: str) -> None:
    """Unauthorised: neither agents nor supervisors."""
    async with site.signed_in(name) as client, client.get("/api/users") as answer:
        assert answer.status == 403


async def test_an_administrator_adds_and_disables(site: Site) -> None:
    """A disabled person is signed out everywhere at once; a taken address is a conflict; nobody locks himself out."""
    async with site.signed_in("ada") as admin:
        new = {"email": "new@x.example", "name": "New", "password": PASSWORD}
        async with admin.post("/api/users", json=new) as answer:
            assert answer.status == 201
            added = await answer.json()
            assert "password" not in json.dumps(added)
        async with admin.post("/api/users", json={**new, "email": "NEW@x.example"}) as answer:
            assert answer.status == 409
        async with admin.patch("/api/users/ada", json={"active": False}) as answer:
            assert answer.status == 422
        async with site.signed_in("new") as other:
            async with admin.patch(f"/api/users/{added['agent_id']}", json={"active": False}) as answer:
                assert answer.status == 200
            async with other.get("/api/boot") as answer:
                assert answer.status == 401


async def test_tokens_are_stored_as_hashes_only(site: Site) -> None:
    """Leaked store: nothing in it opens a session."""
    async with site.signed_in("mia") as client:
        (cookie,) = [one for one in client.cookie_jar if one.key == COOKIE]
        found = await site.hub.store.read(lambda view: users.session(view, cookie.value, site.hub.clock.now()))
    assert found is None
