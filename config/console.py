"""How the command line speaks: colour on a terminal, plain text in a pipe, faults one per line."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import NoReturn

import msgspec
from rich.console import Console
from rich.text import Text

from config.load import Fault

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def write_line(value: object) -> None:
    """One line of JSON for another program: UTF-8, whatever the terminal knows."""
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")


def say(words: str, style: str = "") -> None:
    out.print(Text(words, style=style))


def step(words: str) -> None:
    """One thing done, of several."""
    out.print(Text.assemble(("==> ", "bold blue"), words))


def done(words: str) -> None:
    out.print(Text.assemble(("ok  ", "bold green"), words))


def warn(words: str) -> None:
    err.print(Text.assemble(("!   ", "bold yellow"), words))


def stop(words: str, code: int = 1) -> NoReturn:
    """End the command with a sentence that says what to do."""
    err.print(Text.assemble(("error ", "bold red"), words))
    sys.exit(code)


def stop_for(faults: Iterable[Fault], files: Iterable[object]) -> NoReturn:
    """Every fault of the settings at once."""
    faults = list(faults)
    read = ", ".join(map(str, files)) or "no file"
    err.print(Text.assemble(("error ", "bold red"), f"{len(faults)} wrong setting(s) (read: {read})"))
    for fault in faults:
        err.print(Text.assemble("  ", (fault.place, "bold"), f"  {fault.words}"))
    sys.exit(2)
