"""Signing in: guesses cost time, cookies can't be read by pages, foreign pages can't act, sessions can be ended."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from agent_ui.auth import COOKIE, NOBODY, hasher, matches
from agent_ui.guesses import FREE_OF_ACCOUNT, FREE_OF_ADDRESS, Throttle
from agent_ui.pace import PACE, Pace
from agent_ui.remote import Proxies, grouped
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
async def test_a_wrong_password_says_no_more_than_that(any_site: Site, email: str) -> None:
    """Guessed: whether the account exists can't be told from the answer."""
    async with any_site.visitor() as client:
        status, problem = await try_password(client, "wrong", email)
    assert (status, problem["code"], problem["detail"]) == (
        401,
        "unauthorised",
        "The e-mail address or the password is wrong.",
    )


async def test_many_guesses_have_to_wait(any_site: Site) -> None:
    """Guessed: after five failures the right password has to wait too; the answer says how long."""
    async with any_site.visitor() as client:
        for _ in range(FREE_OF_ACCOUNT):
            assert (await try_password(client, "wrong"))[0] == 401
        status, problem = await try_password(client, PASSWORD)
    assert (status, problem["code"]) == (429, "too_many")
    assert 0 < problem["after"] <= 2


async def test_guesses_at_once_do_not_slip_through_together(any_site: Site) -> None:
    """Raced: forty guesses at the same moment are counted before the first of them is judged."""
    async with any_site.visitor() as client:
        answers = await asyncio.gather(*(try_password(client, f"guess {number}") for number in range(40)))
    statuses = [status for status, _ in answers]
    assert (statuses.count(401), statuses.count(429)) == (FREE_OF_ACCOUNT, 40 - FREE_OF_ACCOUNT)


async def test_strangers_cannot_lock_somebody_out(any_site: Site) -> None:
    """Guessed from elsewhere: who has signed in from his address before still can, without a pause."""
    async with any_site.signed_in("mia"), any_site.visitor(**{"X-Forwarded-For": "203.0.113.9"}) as stranger:
        for _ in range(FREE_OF_ACCOUNT + 1):
            status, _ = await try_password(stranger, "wrong")
        assert status == 429
        async with any_site.visitor() as mia:
            assert (await try_password(mia, PASSWORD))[0] == 200


class Clock:
    """Seconds, moved by the test."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_the_pause_doubles_and_a_success_ends_it() -> None:
    """One failure more, twice the pause; in between the next try is free; an hour forgives."""
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(FREE_OF_ACCOUNT):
        throttle.begin("a", "mia")
    for pause in (1, 2, 4, 8, 16):
        with pytest.raises(TooMany) as caught:
            throttle.begin("a", "mia")
        assert caught.value.details == {"after": pause}
        clock.at += pause
        throttle.begin("a", "mia")
    throttle.succeeded("a", "mia")
    throttle.begin("a", "mia")
    for _ in range(FREE_OF_ACCOUNT - 1):
        throttle.begin("a", "mia")
    clock.at += 3600
    throttle.begin("a", "mia")


def test_many_accounts_from_one_address_have_to_wait_too() -> None:
    """Sprayed: one password tried on everybody."""
    throttle = Throttle(Clock())
    for number in range(FREE_OF_ADDRESS):
        throttle.begin("a", f"person {number}")
    with pytest.raises(TooMany):
        throttle.begin("a", "one more")
    throttle.begin("b", "one more")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("198.51.100.7", ["203.0.113.1"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.1, 198.51.100.7"], "198.51.100.7"),
        ("127.0.0.1", ["203.0.113.1", "198.51.100.7, 127.0.0.2"], "198.51.100.7"),
        ("::1", ["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
        ("127.0.0.1", ["x" * 500], "unknown"),
        ("127.0.0.1", [""], "unknown"),
    ],
    ids=["direct", "proxy", "invented", "invented before a proxy", "two proxies", "IPv6", "garbled", "empty"],
)
def test_the_address_that_counts(peer: str, forwarded: list[str], address: str) -> None:
    """Forged: only what a proxy of ours has added is believed."""
    headers = CIMultiDict([("X-Forwarded-For", one) for one in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=peer)
    assert Proxies(("127.0.0.0/8", "::1/128")).address_of(request) == address


@pytest.mark.parametrize(
    ("peer", "forwarded", "is_here"),
    [
        ("127.0.0.1", [], True),
        ("127.0.0.1", ["127.0.0.1"], True),
        ("::1", [], True),
        ("::ffff:127.0.0.1", [], True),
        ("127.0.0.1", ["198.51.100.7"], False),
        ("::ffff:127.0.0.1", ["198.51.100.7"], False),
        ("127.0.0.1", ["127.0.0.1, 198.51.100.7"], False),
        ("198.51.100.7", ["127.0.0.1"], False),
        ("127.0.0.1", [""], False),
        ("127.0.0.1", ["localhost"], False),
        ("::2", [], False),
    ],
    ids=[
        *("direct", "through a proxy here", "IPv6", "mapped", "proxy", "mapped proxy", "invented before a proxy"),
        *("invented", "empty", "a name", "the same network as ::1"),
    ],
)
def test_who_is_on_this_machine(peer: str, forwarded: list[str], is_here: bool) -> None:
    """Forged: nobody becomes local by saying so."""
    headers = CIMultiDict([("X-Forwarded-For", one) for one in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=peer)
    assert Proxies(("127.0.0.0/8", "::1/128")).is_from_here(request) is is_here


def test_mapped_addresses_are_the_same_address() -> None:
    assert grouped("::ffff:198.51.100.7") == grouped("198.51.100.7")


def test_a_script_that_calls_without_end_has_to_wait() -> None:
    """Flooding: ten seconds' worth at once, then the steady rate; others are not touched."""
    clock = Clock()
    pace = Pace(2, clock)
    for _ in range(20):
        pace.require("mia")
    with pytest.raises(TooMany) as caught:
        pace.require("mia")
    assert caught.value.details == {"after": 0.5}
    pace.require("tom")
    clock.at += 0.5
    pace.require("mia")


async def test_calls_without_end_are_answered_with_a_pause(any_site: Site) -> None:
    """Flooding: 429 with Retry-After."""
    any_site.app[PACE]._per_second = 0.1
    async with any_site.signed_in("mia") as client:
        async with client.get("/api/queues") as answer:
            assert answer.status == 200
        async with client.get("/api/queues") as answer:
            assert (answer.status, (await answer.json())["code"]) == (429, "too_many")
            assert int(answer.headers["Retry-After"]) >= 1


def test_nobody_takes_as_long_as_somebody() -> None:
    """Timed: the hash checked for unknown names costs what others cost."""
    assert not hasher.check_needs_rehash(NOBODY)
    assert not matches(NOBODY, PASSWORD)


def test_what_is_no_hash_matches_nothing() -> None:
    """Garbled: an empty or broken hash in the store lets nobody in."""
    assert matches(hashed(), PASSWORD)
    assert not any(matches(broken, PASSWORD) for broken in ("", "x", "$argon2id$v=19$broken"))


async def test_a_foreign_page_cannot_act(any_site: Site) -> None:
    """Forged request: without our header, or from another origin, nothing is changed, cookie or not."""
    async with any_site.signed_in("mia") as client:
        jar = client.cookie_jar
        body = {"client_id": "forged-01", "status": "away"}
        async with (
            aiohttp.ClientSession(any_site.url, cookie_jar=jar) as bare,
            bare.post("/api/presence", json=body) as answer,
        ):
            assert answer.status == 403
        async with client.post("/api/presence", json=body, headers={"Origin": "https://evil.example"}) as answer:
            assert answer.status == 403
        for broken in ("null", "http://[", "", "//hub.example:x", "x" * 3000):
            async with client.post("/api/presence", json=body, headers={"Origin": broken}) as answer:
                assert answer.status == 403
        for own in (any_site.url, "http://hub.example"):
            async with client.post("/api/presence", json=body, headers={"Origin": own}) as answer:
                assert answer.status == 200


@pytest.mark.parametrize("name", ["mia", "eva"])
async def test_only_administrators_see_the_users(any_site: Site, name: str) -> None:
    """Unauthorised: neither agents nor supervisors."""
    async with any_site.signed_in(name) as client, client.get("/api/users") as answer:
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


async def test_an_administrator_stays(site: Site) -> None:
    """Raced: two administrators take the office from each other; one of them keeps it."""
    async with site.signed_in("ada") as ada:
        async with ada.patch("/api/users/eva", json={"roles": ["admin"]}) as answer:
            assert answer.status == 200
        async with site.signed_in("eva") as eva:
            both = await asyncio.gather(
                ada.patch("/api/users/eva", json={"roles": ["agent"]}),
                eva.patch("/api/users/ada", json={"active": False}),
            )
    assert sorted(answer.status for answer in both) in ([200, 401], [200, 403], [200, 409])


async def test_a_new_password_ends_the_old_sessions(any_site: Site) -> None:
    async with any_site.signed_in("ada") as ada, any_site.signed_in("mia") as mia:
        async with ada.patch("/api/users/mia", json={"password": "another long one"}) as answer:
            assert answer.status == 200
        async with mia.get("/api/boot") as answer:
            assert answer.status == 401
        assert (await try_password(mia, "another long one"))[0] == 200


async def test_signing_in_again_ends_the_session_before(any_site: Site) -> None:
    """One browser has one session: the old cookie is worth nothing, wherever it was copied to."""
    async with any_site.signed_in("mia") as client:
        (old,) = [one.value for one in client.cookie_jar if one.key == COOKIE]
        await try_password(client, PASSWORD)
        async with client.get("/api/boot") as answer:
            assert answer.status == 200
    async with any_site.visitor() as thief, thief.get("/api/boot", cookies={COOKIE: old}) as answer:
        assert answer.status == 401


@pytest.mark.parametrize("name", ["mi\u0000a@x.example", "\u202emia@x.example", "m" * 300 + "@x.example"])
async def test_a_strange_name_is_nobody(site: Site, name: str) -> None:
    """Garbled: characters a database refuses, or nobody has."""
    async with site.visitor() as client:
        status, _ = await try_password(client, PASSWORD, name)
    assert status in (401, 422)


async def test_tokens_are_stored_as_hashes_only(site: Site) -> None:
    """Leaked store: nothing in it opens a session."""
    async with site.signed_in("mia") as client:
        (cookie,) = [one for one in client.cookie_jar if one.key == COOKIE]
        found = await site.hub.store.read(lambda view: users.session(view, cookie.value, site.hub.clock.now()))
    assert found is None
