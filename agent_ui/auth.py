"""Signing in: argon2id, an opaque cookie whose hash is a row, guesses slowed down per address and per account."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from datetime import timedelta
from typing import Final

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agent_ui.call import HUB, OPTIONS, Call
from hub.errors import Invalid, TooMany, Unauthorised
from hub.store import Tx, users
from hub.store.users import Session, User

COOKIE: Final = "continuo"
SHORTEST: Final = 10
FREE_TRIES: Final = 5
LONGEST_WAIT: Final = 300.0
_REMEMBERED: Final = 10_000
_hasher: Final = PasswordHasher()
_NOBODY: Final = _hasher.hash("nobody has this password")
"""Checked where there is no such user, so that both take as long."""


def hash_password(password: str) -> str:
    """argon2id (RFC 9106). Takes about 0.1 s of a processor: call it on a thread. Raises Invalid."""
    if len(password) < SHORTEST:
        raise Invalid(f"A password has at least {SHORTEST} characters.", field="password")
    return _hasher.hash(password)


def matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


class Throttle:
    """After a few failures each further try waits twice as long. Forgets the oldest when it knows too many."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def require(self, *keys: str) -> None:
        """Raises TooMany with ``after`` in seconds."""
        now = time.monotonic()
        wait = max((self._until(key) - now for key in keys), default=0.0)
        if wait > 0:
            raise TooMany("Too many tries. Please wait a moment.", after=round(wait, 1))

    def failed(self, *keys: str) -> None:
        for key in keys:
            count = self._failures.get(key, (0, 0.0))[0] + 1
            self._failures[key] = (count, time.monotonic())
            self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, *keys: str) -> None:
        for key in keys:
            self._failures.pop(key, None)

    def _until(self, key: str) -> float:
        count, at = self._failures.get(key, (0, 0.0))
        if count < FREE_TRIES:
            return 0.0
        return at + min(LONGEST_WAIT, 2.0 ** (count - FREE_TRIES))


THROTTLE: Final = web.AppKey("throttle", Throttle)


async def sign_in(request: web.Request, email: str, password: str) -> tuple[User, str]:
    """The user and a new token. Raises Unauthorised, TooMany."""
    hub, throttle = request.app[HUB], request.app[THROTTLE]
    keys = (f"from {request.remote}", f"for {email.casefold()[:320]}")
    throttle.require(*keys)
    user = await hub.store.read(lambda view: users.user_by_email(view, email))
    stored = user.password_hash if user is not None and user.active else _NOBODY
    is_right = await asyncio.to_thread(matches, stored, password[:1024])
    if user is None or not user.active or not is_right:
        throttle.failed(*keys)
        raise Unauthorised("The e-mail address or the password is wrong.")
    throttle.succeeded(keys[1])
    token = secrets.token_urlsafe(32)
    now = hub.clock.now()
    session = Session(
        token_hash=hash_token(token),
        agent_id=user.agent_id,
        created_at=now,
        expires_at=now + timedelta(hours=request.app[OPTIONS].session_hours),
        client=request.headers.get("User-Agent", ""),
    )

    def keep(tx: Tx) -> None:
        users.drop_expired(tx)
        users.add_session(tx, session)

    await hub.store.write(keep)
    return user, token


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def who(request: web.Request) -> Call:
    """The person behind the cookie. Raises Unauthorised."""
    token = request.cookies.get(COOKIE)
    if not token:
        raise Unauthorised
    hub, digest = request.app[HUB], hash_token(token)
    now = hub.clock.now()
    found = await hub.store.read(lambda view: users.session(view, digest, now))
    if found is None:
        raise Unauthorised("Your session is over. Please sign in again.")
    return Call(request, found[1], digest)


def set_cookie(request: web.Request, response: web.Response, token: str) -> None:
    options = request.app[OPTIONS]
    response.set_cookie(
        COOKIE,
        token,
        max_age=options.session_hours * 3600,
        httponly=True,
        secure=options.secure_cookies,
        samesite="Lax",
        path="/",
    )
