"""``continuo init``: a settings file with secrets of its own, the tables, and the first administrator."""

from __future__ import annotations

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
    from config.users import add

    file = folder / NAME
    if file.exists():
        stop(f"{file} is there already; nothing was changed.", 2)
    folder.mkdir(parents=True, exist_ok=True)
    step(f"writing {file}")
    template = files("config").joinpath("default.toml").read_text(encoding="utf-8")
    file.touch(mode=0o600)
    file.write_text(template.replace("{secret}", secrets.token_urlsafe(32)), encoding="utf-8")
    migrate(config=file)
    if email:
        add(email, name=name or email.partition("@")[0], role="admin", password_stdin=password_stdin, config=file)
    done("ready")
    say(f"Next: {'' if email else f'continuo user add YOU@EXAMPLE --role admin -c {file}; '}continuo serve -c {file}")
