"""``continuo user``: the people who sign in."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from cyclopts import App, Parameter
from rich.table import Column, Table

from config.console import done, out, stop
from config.files import ConfigFile, read
from config.migrate import existing_store
from hub.addresses import is_plain
from hub.errors import Conflict, HubError, NotFound
from hub.ids import AgentId, Ids, QueueId
from hub.people import Role
from hub.store import Store, Tx, users
from hub.store.users import User

app = App(name="user", help="Add, list and change the people who sign in.")
T = TypeVar("T")
LONGEST_NAME: Final = 120
Stdin = Annotated[bool, Parameter(help="Read the password from standard input, without a prompt.")]


@app.command
def add(
    email: Annotated[str, Parameter(help="With it the person signs in.")],
    *,
    name: Annotated[str, Parameter(help="What customers and colleagues see.")],
    role: Annotated[Literal["agent", "supervisor", "admin"], Parameter(help="What the person may do.")] = "agent",
    queue: Annotated[tuple[str, ...], Parameter(help="Serve only these queues. Default: all.")] = (),
    password_stdin: Stdin = False,
    config: ConfigFile = None,
) -> None:
    """Add a person."""
    known = read(config).queues
    if unknown := [one for one in queue if one not in known]:
        stop(f"There is no queue {', '.join(unknown)}; known are {', '.join(known) or 'none'}.", 2)
    require_person(email, name)
    put(email, name, role, ask_password(from_stdin=password_stdin), queue=queue, config=config)


def require_person(email: str, name: str) -> None:
    """End the command when nobody could sign in, or be seen, as this. No question is asked of the network."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(email, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        stop(f"{email[:80]!r} is not an e-mail address: {error}", 2)
    if not 1 <= len(name.strip()) <= LONGEST_NAME or not is_plain(name):
        stop(f"A name has 1 to {LONGEST_NAME} characters, all of which can be shown.", 2)


def put(
    email: str, name: str, role: Role, password_hash: str, *, queue: tuple[str, ...] = (), config: ConfigFile = None
) -> None:
    roles: tuple[Role, ...] = ("agent",) if role == "agent" else (role, "agent")

    def change(tx: Tx) -> None:
        if users.user_by_email(tx, email) is not None:
            raise Conflict(f"{email} is a user already.")
        made = User(
            agent_id=AgentId(tx.ids.new()),
            email=email,
            name=name,
            roles=roles,
            queues=tuple(QueueId(one) for one in queue),
            password_hash=password_hash,
        )
        users.put_user(tx, made)

    write(config, change)
    done(f"{email} may sign in as {role}")


@app.command(name="list")
def list_all(*, config: ConfigFile = None) -> None:
    """List everybody."""
    people = with_store(config, lambda store: store.read(users.users))
    # An address that is cut off can't be used in the next command.
    address = Column("e-mail", min_width=max((len(one.email) for one in people), default=0))
    table = Table(address, "name", "roles", "queues", "may sign in")
    for one in people:
        table.add_row(
            one.email, one.name, ", ".join(one.roles), ", ".join(one.queues) or "all", "yes" if one.active else "no"
        )
    out.print(table)


@app.command
def password(email: str, *, password_stdin: Stdin = False, config: ConfigFile = None) -> None:
    """Set a new password; ends every session of the person."""
    password_hash = ask_password(from_stdin=password_stdin)
    change_user(config, email, password_hash=password_hash)
    done(f"{email} has a new password")


@app.command
def disable(email: str, *, config: ConfigFile = None) -> None:
    """Let a person sign in no more; ends every session."""
    change_user(config, email, active=False)
    done(f"{email} may not sign in any more")


@app.command
def enable(email: str, *, config: ConfigFile = None) -> None:
    """Let a person sign in again."""
    change_user(config, email, active=True)
    done(f"{email} may sign in")


def change_user(config: ConfigFile, email: str, **changes: object) -> None:
    def change(tx: Tx) -> None:
        found = users.user_by_email(tx, email)
        if found is None:
            raise NotFound(f"{email} is not a user.")
        users.put_user(tx, msgspec.structs.replace(found, **changes))
        users.end_sessions(tx, found.agent_id)

    write(config, change)


def ask_password(*, from_stdin: bool) -> str:
    from agent_ui.auth import hash_password

    try:
        if from_stdin:
            return hash_password(sys.stdin.readline().rstrip("\n"))
        first = getpass.getpass("Password: ")
        if first != getpass.getpass("Again: "):
            stop("The two differ; nothing was changed.", 2)
        return hash_password(first)
    except HubError as error:
        stop(error.words, 2)
    except EOFError:
        stop("No password came; nothing was changed.", 2)
    except UnicodeError:
        stop("A password is made of characters, in UTF-8; nothing was changed.", 2)


def write(config: ConfigFile, change: Callable[[Tx], T]) -> T:
    return with_store(config, lambda store: store.write(change))


def with_store(config: ConfigFile, use: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store of the settings for one use."""
    from config.clock import SystemClock
    from hub.store import open_store

    url = existing_store(read(config))

    async def run() -> T:
        store = open_store(url, SystemClock(), Ids(), readers=1)
        await store.start()
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())
