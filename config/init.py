"""``continuo init``: a settings file with secrets of its own, the tables, and the first administrator."""

from __future__ import annotations

import json
import os
import secrets
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from config.console import done, say, step, stop
from config.files import NAME


def init(
    folder: Annotated[Path, Parameter(help="Where the settings file goes.")] = Path(),
    *,
    email: Annotated[str, Parameter(help="The first administrator; without it, add one later.")] = "",
    name: Annotated[str, Parameter(help="What customers and colleagues call the administrator.")] = "",
    password_stdin: Annotated[bool, Parameter(help="Read the password from standard input, without a prompt.")] = False,
) -> None:
    """Write continuo.toml, make the tables, add the first administrator. Never overwrites a file."""
    from config.migrate import migrate
    from config.users import ask_password, put, require_person

    file = folder / NAME
    if file.exists():
        stop(f"{file} is there already; nothing was changed.", 2)
    # First what a person may get wrong: a second try finds nothing written.
    password_hash = ""
    if email:
        name = name or email.partition("@")[0]
        require_person(email, name)
        password_hash = ask_password(from_stdin=password_stdin)
    step(f"writing {file}")
    write(file)
    migrate(config=file)
    if email:
        put(email, name, "admin", password_hash, config=file)
    done("ready")
    say(f"Next: {'' if email else f'continuo user add YOU@EXAMPLE --role admin -c {file}; '}continuo serve -c {file}")


def write(file: Path) -> None:
    """Nobody else may read it. In another folder than this one, its data stays beside it wherever it is used."""
    text = files("config").joinpath("default.toml").read_text(encoding="utf-8")
    text = text.replace("{secret}", secrets.token_urlsafe(32))
    if file.parent != Path():
        beside = json.dumps(str(file.parent.absolute() / "data"), ensure_ascii=False)
        text = text.replace('data = "data"', f"data = {beside}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        stop(f"{file} can't be written: {error.strerror}", 2)
