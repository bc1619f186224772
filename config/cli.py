"""The command ``continuo``. Commands are imported when they run, so that ``--help`` is quick."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path

from cyclopts import App

from hub.errors import HubError

app = App(
    name="continuo",
    help="Continuo: every channel in one durable stream, one timeline per customer.",
    version=lambda: version("continuo-hub"),
    help_epilogue="Start with `continuo demo`. Shell completion: `continuo --install-completion`.",
)
app.register_install_completion_command()
app.command("config.demo:demo", name="demo", help="Run a hub with simulated customers on this machine.")
app.command("config.init:init", name="init", help="Write a settings file with secrets and make the first user.")
app.command("config.check:check", name="check", help="Check the settings and try what they lead to.")
app.command("config.migrate:migrate", name="migrate", help="Bring the store's tables up to this version.")
app.command("config.serve:serve", name="serve", help="Run the hub.")
app.command("config.parse:parse", name="parse", help="Print the events of recorded payloads.")
app.command("config.simulate:simulate", name="simulate", help="Let simulated customers write to a running hub.")
app.command("config.export:export", name="export", help="Write every event as JSON lines.")
app.command("config.users:app", name="user", help="Add, list and change the people who sign in.")
app.command("config.doctor:app", name="doctor", help="Look for what is wrong with this installation.")


def main() -> None:
    open_streams()
    try:
        app()
        sys.stdout.flush()
    except HubError as error:
        from config.console import stop

        stop(error.words)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        drop_output()
        sys.exit(141)
    except OSError as error:
        from config.console import stop

        drop_output()
        stop(str(error))


def open_streams() -> None:
    """A stream that whoever started us has closed is an empty one; a letter that a terminal lacks is no fault."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """What is still buffered would be tried again at the interpreter's end, with an ugly word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
