"""Signing in: argon2id, an opaque cookie whose hash is a row, guesses slowed down per address and per account."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Final

from aiohttp import web
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from agent_ui.call import HUB, OPTIONS, Call
from agent_ui.guesses import Throttle
from agent_ui.pace import PACE
from agent_ui.remote import PROXIES
from hub.errors import Invalid, Unauthorised
from hub.store import Tx, users
from hub.store.users import Session, User

COOKIE: Final = "continuo"
SHORTEST: Final = 10
LONGEST: Final = 1024
THROTTLE: Final = web.AppKey("throttle", Throttle)
hasher: Final = PasswordHasher()
NOBODY: Final = "$argon2id$v=19$m=65536,t=3,p=4$E1pHsHsGGvuZEMm7x7lLHA$kpiB2l/nbp/ev8c7Bi8Z9aVrJWOUfYWBKMSrUmovwfs"
"""The hash of a text nobody knows, checked where there is no such user, so that both take as long."""


def hash_password(password: str) -> str:
    """argon2id (RFC 9106). Takes about 0.1 s of a processor: call it on a thread. Raises Invalid."""
    if len(password) < SHORTEST:
        raise Invalid(f"A password has at least {SHORTEST} characters.", field="password")
    if len(password) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.", field="password")
    try:
        return hasher.hash(password)
    except UnicodeError:
        raise Invalid("A password is made of characters.", field="password") from None


def matches(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError, UnicodeError):
        return False


async def sign_in(request: web.Request, email: str, password: str) -> tuple[User, str]:
    """The user and a new token; the browser's old session ends. Raises Unauthorised, TooMany."""
    hub, throttle = request.app[HUB], request.app[THROTTLE]
    address, account = request.app[PROXIES].address_of(request), email.strip().casefold()
    throttle.begin(address, account)
    user = await hub.store.read(lambda view: users.user_by_email(view, account))
    stored = user.password_hash if user is not None and user.active else NOBODY
    is_right = await throttle.hashing(lambda: matches(stored, password[:LONGEST]))
    if user is None or not user.active or not is_right:
        raise Unauthorised("The e-mail address or the password is wrong.")
    throttle.succeeded(address, account)
    token, old = secrets.token_urlsafe(32), request.cookies.get(COOKIE)
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
        if old:
            users.end_session(tx, hash_token(old))
        users.add_session(tx, session)

    await hub.store.write(keep)
    return user, token


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


async def who(request: web.Request) -> Call:
    """The person behind the cookie. Raises Unauthorised, TooMany."""
    token = request.cookies.get(COOKIE)
    if not token:
        raise Unauthorised
    hub, digest = request.app[HUB], hash_token(token)
    request.app[PACE].require(digest)
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
