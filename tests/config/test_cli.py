"""The command line in real processes: what it says, what it writes, and its exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from channels import kinds

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "tests" / "channels" / "fixtures"
PASSWORD = "correct horse battery staple"
pytestmark = pytest.mark.timeout(90)


def continuo(*words: str, at: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config", *words],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=at,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"},
        timeout=60,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """After ``continuo init`` with an administrator."""
    done = continuo(
        "init", "--email", "ada@x.example", "--name", "Ada", "--password-stdin", at=tmp_path, stdin=PASSWORD
    )
    assert done.returncode == 0, done.stderr
    return tmp_path


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """Quick: neither the store nor the web server is loaded to show the help."""
    program = """
import sys
from config.cli import app
app(["--help"], result_action="return_value")
print([name for name in ("sqlalchemy", "aiohttp", "alembic", "structlog") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=30, check=True
    )
    assert "Run the hub" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_init_writes_secrets_of_its_own_and_never_overwrites(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Readable by its owner only; a second run changes nothing; two installations share no secret."""
    file = folder / "continuo.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    again = continuo("init", at=folder)
    assert (again.returncode, file.read_text()) == (2, before)
    other = tmp_path_factory.mktemp("other")
    assert continuo("init", at=other).returncode == 0
    assert (other / "continuo.toml").read_text() != before


def test_what_init_made_is_right(folder: Path) -> None:
    """Check and doctor find nothing wrong; migrating again changes nothing; the administrator is listed."""
    assert continuo("migrate", at=folder).returncode == 0
    check = continuo("check", at=folder)
    assert check.returncode == 0, check.stdout + check.stderr
    listed = continuo("user", "list", at=folder)
    assert "ada@x.example" in listed.stdout
    rebuild = continuo("doctor", "rebuild", at=folder)
    assert rebuild.returncode == 0, rebuild.stderr


def test_every_wrong_setting_is_listed(tmp_path: Path) -> None:
    """Wrong in four places: four lines, each with its place, exit code 2."""
    (tmp_path / "continuo.toml").write_text(
        "[store]\nurk = 1\n[server]\nport = 'x'\n[queues.a]\n[channels.c]\nkind = 'webchat'\nqueue = 'b'\n"
    )
    done = continuo("check", at=tmp_path)
    assert done.returncode == 2
    for place in ("store.urk", "server.port", "channels.c.secret"):
        assert place in done.stderr


def test_no_settings_file(tmp_path: Path) -> None:
    done = continuo("serve", at=tmp_path)
    assert done.returncode == 2
    assert "continuo init" in done.stderr


def test_a_store_without_tables_is_refused(folder: Path) -> None:
    """Too old: the hub says what to run instead of starting."""
    for name in ("continuo.db", "continuo.db-wal", "continuo.db-shm"):
        (folder / "data" / name).unlink(missing_ok=True)
    done = continuo("serve", at=folder)
    assert done.returncode == 1
    assert "continuo migrate" in done.stderr


def test_users_are_added_changed_and_refused(folder: Path) -> None:
    """A short password and a taken address are refused; disabling and enabling show in the list."""
    add = ("user", "add", "bob@x.example", "--name", "Bob", "--password-stdin")
    assert continuo(*add, at=folder, stdin="short").returncode == 2
    assert continuo(*add, at=folder, stdin=PASSWORD).returncode == 0
    assert continuo(*add, at=folder, stdin=PASSWORD).returncode == 1
    assert continuo("user", "disable", "bob@x.example", at=folder).returncode == 0
    assert "no" in next(line for line in continuo("user", "list", at=folder).stdout.splitlines() if "bob" in line)
    assert continuo("user", "enable", "bob@x.example", at=folder).returncode == 0
    assert continuo("user", "disable", "nobody@x.example", at=folder).returncode == 1


@pytest.mark.parametrize("kind", kinds())
def test_recorded_payloads_are_parsed(kind: str, tmp_path: Path) -> None:
    """Every kind: fixtures give events in the envelope's form; garbage is one unreadable event; exit code 0."""
    files = [str(one) for one in sorted((FIXTURES / kind).iterdir()) if one.suffix in (".json", ".eml")]
    assert files
    done = continuo("parse", kind, *files, at=tmp_path)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(events) >= len(files) - 2
    assert all({"type", "external_id", "actor", "data"} <= event.keys() for event in events)
    garbage = tmp_path / "garbage"
    garbage.write_bytes(b"\xff\xfe\x00{[")
    done = continuo("parse", kind, str(garbage), at=tmp_path)
    (line,) = done.stdout.splitlines()
    assert (done.returncode, json.loads(line)["type"]) == (0, "payload.unreadable")


def test_parse_knows_what_it_cannot_do(tmp_path: Path) -> None:
    assert continuo("parse", "pigeon", "x", at=tmp_path).returncode == 2
    assert continuo("parse", "email", "missing.eml", at=tmp_path).returncode == 2


@pytest.mark.timeout(120)
def test_the_demo_runs_by_itself(tmp_path: Path) -> None:
    """The whole product with simulated customers, for three seconds: says where it is, ends with 0."""
    words = ("demo", "--no-browser", "--seconds", "3", "--per-minute", "600", "--port", "18080")
    done = continuo(*words, at=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/console/" in done.stdout
    assert "0 lost" in done.stdout
