"""Which settings file a command reads, and what it says when that goes wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from config.console import stop, stop_for
from config.load import WrongSettings, load
from config.settings import Settings

NAME = "continuo.toml"
ConfigFile = Annotated[
    Path | None,
    Parameter(
        name=("--config", "-c"),
        help=f"Settings file. Default: the one that CONTINUO_CONFIG names, else {NAME} here.",
    ),
]


def find(config: Path | None) -> Path:
    chosen = config or Path(os.environ.get("CONTINUO_CONFIG", NAME))
    if chosen.is_dir():
        stop(f"{chosen} is no file. Name the settings file itself, such as {chosen / NAME}", 2)
    if not chosen.is_file():
        stop(f"There is no {chosen}. Make one with: continuo init", 2)
    return chosen


def read(config: Path | None) -> Settings:
    """The settings, or an end with every fault listed."""
    from channels import load_channel

    file = find(config)
    try:
        return load([file], os.environ, load_channel)
    except WrongSettings as wrong:
        stop_for(wrong.faults, [file])
