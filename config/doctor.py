"""``continuo doctor``: what is wrong with this installation, and projections made anew from the events."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from config.console import done, say, step, stop, warn
from config.files import ConfigFile, read
from config.migrate import existing_store
from hub.store.schema import sqlite_words

app = App(name="doctor", help="Look for what is wrong with this installation.")
OUR_NAMES = ("hub", "channels", "routing", "agent_ui", "config")


@app.default
def doctor(*, config: ConfigFile = None) -> None:
    """Check Python, SQLite, packages, front end, settings, store and channels."""
    from config.check import look

    found = list(problems())
    for words in found:
        warn(words)
    settings = read(config)
    done("the settings are right")
    count = len(found) + asyncio.run(look(settings))
    if count:
        stop(f"{count} problem(s)")
    done("nothing is wrong")


@app.command
def rebuild(
    *,
    write: Annotated[
        bool, Parameter(help="Put what the events say in place of what differs. Stop the hub first.")
    ] = False,
    config: ConfigFile = None,
) -> None:
    """Make every projection anew from the events and report each difference. Exit code 1: there is one."""
    from hub.store.rebuild import differences
    from hub.store.rebuild import rebuild as put_right

    url = existing_store(read(config))
    step("reading every event")
    found = differences(url)
    for words in found:
        warn(words)
    if found and write:
        put_right(url)
        done(f"{len(found)} difference(s) put right")
    elif found:
        stop(f"{len(found)} difference(s). To put them right: continuo doctor rebuild --write")
    else:
        done("the projections are what the events say")


def problems() -> Iterator[str]:
    """Each in a sentence that says what to do."""
    done(f"Python {sys.version.split()[0]}")
    is_new, words = sqlite_words()
    if is_new:
        done(words)
    else:
        yield words
    yield from intruders()
    if find_spec("uvloop") is None:
        say("    uvloop is not here: everything works, somewhat slower")
    built = Path(str(find_spec("agent_ui").origin)).parent / "static" / "console" / "index.html"  # type: ignore[union-attr]  # it is ours
    if built.exists():
        done("the console is built")
    else:
        yield "The console is not built: install without CONTINUO_SKIP_WEB=1."


def intruders() -> Iterator[str]:
    """Another distribution that owns one of our top-level names would overwrite us without a word."""
    owners = metadata.packages_distributions()
    for name in OUR_NAMES:
        others = {owner for owner in owners.get(name, ()) if owner != "continuo-hub"}
        if others:
            yield f"The package {', '.join(sorted(others))} also brings a folder {name}: use an environment of its own."
