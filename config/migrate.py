"""``continuo migrate``: the store's tables as this version needs them."""

from __future__ import annotations

from pathlib import Path

from config.console import done, step
from config.files import ConfigFile, read
from config.settings import Settings


def migrate(*, config: ConfigFile = None) -> None:
    """Bring the tables up to this version. Running it again changes nothing; a newer database is refused."""
    from hub.store import migrate as bring_up

    settings = read(config)
    step("bringing the tables up to date")
    bring_up(store_url(settings))
    done("the tables are up to date")


def store_url(settings: Settings) -> str:
    """A relative SQLite path lies in the data folder."""
    scheme, _, path = settings.store.url.partition(":///")
    if scheme != "sqlite" or Path(path).is_absolute():
        return settings.store.url
    folder = Path(settings.data)
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / path}"
