"""``continuo migrate``: the store's tables as this version needs them; and where the store of the settings is."""

from __future__ import annotations

from pathlib import Path

from config.console import done, step, stop
from config.files import ConfigFile, read
from config.settings import Settings
from hub.errors import HubError


class NoDatabase(HubError):
    """There is no database. Run: continuo migrate."""

    code = "no_database"


def migrate(*, config: ConfigFile = None) -> None:
    """Bring the tables up to this version. Running it again changes nothing; a newer database is refused."""
    from hub.store import migrate as bring_up

    settings = read(config)
    step("bringing the tables up to date")
    if file := sqlite_file(settings):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            stop(f"{file.parent} can't be made: {error.strerror}")
    bring_up(store_url(settings))
    done("the tables are up to date")


def store_url(settings: Settings) -> str:
    """A relative SQLite path lies in the data folder."""
    file = sqlite_file(settings)
    return settings.store.url if file is None else f"sqlite:///{file}"


def existing_store(settings: Settings) -> str:
    """Its URL, for whoever only uses it: opening a missing SQLite file would make an empty one. Raises NoDatabase."""
    file = sqlite_file(settings)
    if file is not None and not Path(str(file).partition("?")[0]).exists():
        raise NoDatabase(
            f"There is no database at {file}. Make one with: continuo migrate; or name the right one in store.url."
        )
    return store_url(settings)


def sqlite_file(settings: Settings) -> Path | None:
    """Where the store is kept when it is a file."""
    scheme, _, path = settings.store.url.partition(":///")
    return Path(settings.data) / path if scheme == "sqlite" else None
