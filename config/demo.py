"""``continuo demo``: a whole hub with simulated customers on this machine. It is the product itself."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import tomllib
import webbrowser
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter
from cyclopts.validators import Number

from config.console import say, step, stop, stop_for
from config.load import Fault, Reader, merge
from config.settings import Settings
from hub.people import Role

PASSWORD: Final = "continuo-demo"  # noqa: S105 - said on the screen
PEOPLE: Final[tuple[tuple[str, str, tuple[Role, ...]], ...]] = (
    ("joana@demo.example", "Joana Reis", ("agent",)),
    ("rui@demo.example", "Rui Barros", ("agent",)),
    ("carla@demo.example", "Carla Nunes", ("supervisor", "agent")),
    ("admin@demo.example", "Ada Lopes", ("admin", "supervisor", "agent")),
)


def demo(
    *,
    port: Annotated[
        int,
        Parameter(help="Where the console listens; taken ports are passed over.", validator=Number(gte=0, lte=65_535)),
    ] = 8080,
    per_minute: Annotated[float, Parameter(help="New customers a minute.", validator=Number(gt=0))] = 6.0,
    seconds: Annotated[
        float | None, Parameter(help="Stop by itself after so many seconds.", validator=Number(gt=0))
    ] = None,
    keep: Annotated[bool, Parameter(help="Go on with the data of the last demo.")] = False,
    browser: Annotated[bool, Parameter(help="Open the console in a browser.")] = True,
) -> None:
    """Run a hub with simulated customers who write by chat, mail and API. Nothing leaves this machine."""
    from config.logs import secrets_in, set_up
    from config.serve import run_to_the_end

    folder = Path(".continuo") / "demo"
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    settings = settings_of(folder, port)
    set_up(settings.log, secrets_in(settings))
    run_to_the_end(play(settings, per_minute=per_minute, seconds=seconds, browser=browser))


async def play(settings: Settings, *, per_minute: float, seconds: float | None, browser: bool) -> None:
    from config.crowd import crowd_of
    from config.migrate import store_url
    from config.serve import told_to_stop
    from config.wiring import serving
    from hub.runtime import running
    from hub.store import migrate

    step("making the tables")
    await asyncio.to_thread(migrate, store_url(settings))
    step("starting the hub")
    async with told_to_stop() as stopped, serving(settings) as (hub, address):
        step("adding people")
        await add_people(hub)
        crowd = crowd_of(settings, per_minute=per_minute, customers=12, patience=600)
        async with running([crowd_run(crowd)]):
            await crowd.ready.wait()
            introduce(address)
            if browser:
                await asyncio.to_thread(webbrowser.open, f"{address}/console/")
            try:
                async with asyncio.timeout(seconds):
                    await stopped.wait()
            except TimeoutError:
                pass
            say(crowd.statistics.words())


async def crowd_run(crowd: Any) -> None:
    await crowd.run()


async def add_people(hub: Any) -> None:
    """Through the store's own functions, as ``continuo user add`` does."""
    from agent_ui.auth import hash_password
    from hub.ids import AgentId
    from hub.store import Tx, users
    from hub.store.users import User

    password_hash = await asyncio.to_thread(hash_password, PASSWORD)

    def add(tx: Tx) -> None:
        for email, name, roles in PEOPLE:
            if users.user_by_email(tx, email) is None:
                one = User(
                    agent_id=AgentId(tx.ids.new()), email=email, name=name, roles=roles, password_hash=password_hash
                )
                users.put_user(tx, one)

    await hub.store.write(add)


def introduce(address: str) -> None:
    say("")
    say(f"  Console     {address}/console/", "bold")
    for email, _, roles in PEOPLE:
        say(f"              {email:<22} {PASSWORD}   {roles[0]}")
    say(f"  Demo shop   {address}/demo/        be a customer yourself", "bold")
    say("")
    say("  Customers write by chat, mail and API. Sign in as joana in one browser and as carla in another,")
    say("  set yourself Available, accept an offer (F2), answer. Ctrl+C ends the demo.")
    say("")


def settings_of(folder: Path, port: int) -> Settings:
    """The demo's own settings with free ports and fresh secrets."""
    from channels import load_channel

    raw: dict[str, Any] = tomllib.loads(files("config").joinpath("demo.toml").read_text(encoding="utf-8"))
    merge(raw, {"data": str(folder), "server": {"port": free_port(port)}, "log": {"level": "warning"}})
    receiver, sink = free_port(0), free_port(0)
    own: dict[str, Any] = {
        "chat": {"secret": kept(folder, "chat")},
        "mail": {"secret": kept(folder, "mail"), "listen_port": free_port(2525), "relay_port": sink},
        "shop": {"secret": kept(folder, "shop"), "url": f"http://127.0.0.1:{receiver}/messages"},
    }
    merge(raw, {"channels": own})
    faults: list[Fault] = []
    settings = Reader(faults, load_channel).settings(raw)
    if settings is None or faults:
        stop_for(faults, ["config/demo.toml"])
    return settings


def kept(folder: Path, name: str) -> str:
    """A secret that lasts as long as the demo's data."""
    file = folder / f"{name}.secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(32))
    return file.read_text()


def free_port(wanted: int) -> int:
    """The port, or the next free one; 0 is any."""
    for port in range(wanted, min(wanted + 50, 65_536)) if wanted else (0,):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return stop(f"No port between {wanted} and {wanted + 49} is free.")
