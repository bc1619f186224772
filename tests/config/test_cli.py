"""The command line in real processes: what it says, what it writes, and its exit codes."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from channels import kinds
from tests.config.command import PASSWORD, continuo, together

FIXTURES = Path(__file__).parents[1] / "channels" / "fixtures"
pytestmark = pytest.mark.timeout(90)


def test_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """Quick: neither the store nor the web server is loaded to show the help."""
    program = """
import sys
from config.cli import app
app(["--help"], result_action="return_value")
print([name for name in ("sqlalchemy", "aiohttp", "alembic", "structlog") if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=30, check=True
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
    (one,) = {*before.splitlines()} - {*(other / "continuo.toml").read_text().splitlines()}
    assert one.startswith("secret = ")


def test_a_refused_password_leaves_nothing_behind(tmp_path: Path) -> None:
    """Too short for the first administrator: no file is there that would refuse the second try."""
    words = ("init", "--email", "ada@x.example", "--password-stdin")
    done = continuo(*words, at=tmp_path, stdin="short")
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "at least" in done.stderr


def test_init_in_another_folder_keeps_its_data_there(tmp_path: Path) -> None:
    """The settings are used from two places: both find one store, beside the file."""
    assert continuo("init", "hub", at=tmp_path).returncode == 0
    assert (tmp_path / "hub" / "data" / "continuo.db").is_file()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    done = continuo("check", "--config", "../hub/continuo.toml", at=elsewhere)
    assert (done.returncode, list(elsewhere.iterdir())) == (0, []), done.stderr


def test_init_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A file stands where the folder should be: words, no traceback."""
    (tmp_path / "hub").touch()
    done = continuo("init", "hub/inner", at=tmp_path)
    assert done.returncode == 2
    assert "can't be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_init_made_is_right(folder: Path) -> None:
    """Check and doctor find nothing wrong; migrating again changes nothing; the administrator is listed."""
    assert continuo("migrate", at=folder).returncode == 0
    check, listed, rebuild, doctor = together("check", "user list", "doctor rebuild", "doctor", at=folder)
    assert check.returncode == 0, check.stdout + check.stderr
    assert "ada@x.example" in listed.stdout
    assert rebuild.returncode == 0, rebuild.stderr
    # A checkout without a front end is the one thing it may find.
    assert all("console is not built" in line for line in doctor.stderr.splitlines() if line.startswith("!"))


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
    """The words say which command makes one."""
    done = continuo("serve", at=tmp_path)
    assert done.returncode == 2
    assert "continuo init" in done.stderr


def test_a_store_without_tables_is_refused(folder: Path) -> None:
    """Too old: the hub says what to run instead of starting."""
    for name in ("continuo.db", "continuo.db-wal", "continuo.db-shm"):
        (folder / "data" / name).unlink(missing_ok=True)
    (folder / "data" / "continuo.db").touch()
    for done in together("serve", "check", "export", "doctor rebuild", at=folder):
        assert done.returncode == 1, done.args
        assert "continuo migrate" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_missing_database_is_told_and_not_made(folder: Path) -> None:
    """The folder of the data is gone, or was named wrongly: each command says what to do and makes nothing."""
    shutil.rmtree(folder / "data")
    before = sorted(folder.iterdir())
    commands = ("serve", "check", "export", "doctor", "doctor rebuild", "doctor rebuild --write", "user list")
    for done in together(*commands, at=folder):
        assert done.returncode == 1, done.args
        assert "There is no database at data/continuo.db" in done.stderr
        assert "continuo migrate" in done.stderr
        assert "Traceback" not in done.stderr
    assert sorted(folder.iterdir()) == before
    assert continuo("migrate", at=folder).returncode == 0
    assert (folder / "data" / "continuo.db").is_file()
    assert continuo("check", at=folder, CONTINUO_STORE__URL="sqlite:///continuo.db?timeout=3").returncode == 0


def test_a_store_that_is_none(tmp_path: Path, folder: Path) -> None:
    """Garbage where the database should be: every command ends in words."""
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"no database at all " * 100)
    for done in together("migrate", "export", at=folder, CONTINUO_STORE__URL=f"sqlite:///{garbage}"):
        assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.args
        assert "not a database" in done.stderr


def test_users_are_added_changed_and_refused(folder: Path) -> None:
    """A short password and a taken address are refused; disabling and enabling show in the list."""
    add = ("user", "add", "bob@x.example", "--name", "Bob", "--password-stdin")
    assert continuo(*add, at=folder, stdin="short").returncode == 2
    assert continuo(*add, at=folder, stdin=PASSWORD).returncode == 0
    again = continuo(*(word.replace("bob", "BOB") for word in add), at=folder, stdin=PASSWORD)
    assert again.returncode == 1
    assert "is a user already" in again.stderr
    assert continuo(*add, "--queue", "suport", at=folder, stdin=PASSWORD).returncode == 2
    assert continuo("user", "disable", "bob@x.example", at=folder).returncode == 0
    assert "no" in next(line for line in continuo("user", "list", at=folder).stdout.splitlines() if "bob" in line)
    assert continuo("user", "enable", "bob@x.example", at=folder).returncode == 0
    stranger = continuo("user", "disable", "nobody@x.example", at=folder)
    assert (stranger.returncode, "nobody@x.example is not a user" in stranger.stderr) == (1, True)


@pytest.mark.parametrize(
    "email", ["ada", "", "ada@", "@x.example", "a@b@c.example", "Ada <ada@x.example>", "a\nb@x.example"]
)
def test_what_is_no_address_cannot_sign_in(email: str, folder: Path, tmp_path: Path) -> None:
    """Without a domain, empty, with a name around it, over two lines: refused in words before a password is asked."""
    done = continuo("user", "add", email, "--name", "Bob", "--password-stdin", at=folder)
    assert (done.returncode, "is not an e-mail address" in done.stderr) == (2, True), done.stderr
    assert continuo("user", "list", at=folder).stdout.count("@") == 1
    if email:
        done = continuo("init", "--email", email, "--password-stdin", at=tmp_path)
        assert (done.returncode, "is not an e-mail address" in done.stderr) == (2, True), done.stderr
        assert not (tmp_path / "continuo.toml").exists()


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_person_has_a_name(name: str, folder: Path) -> None:
    """Empty, blank, longer than a screen shows: refused before a password is asked."""
    done = continuo("user", "add", "bob@x.example", "--name", name, "--password-stdin", at=folder)
    assert (done.returncode, "A name has 1 to 120 characters" in done.stderr) == (2, True), done.stderr


def test_a_new_password_takes_the_place_of_the_old_one(folder: Path) -> None:
    """A short one changes nothing; a good one changes the hash that is kept, and no password is kept itself."""

    def kept() -> str:
        with closing(sqlite3.connect(folder / "data" / "continuo.db")) as database:
            ((found,),) = database.execute("SELECT password_hash FROM users").fetchall()
            return str(found)

    before = kept()
    change = ("user", "password", "ada@x.example", "--password-stdin")
    assert continuo(*change, at=folder, stdin="short").returncode == 2
    assert kept() == before
    assert continuo(*change, at=folder, stdin="another long password").returncode == 0
    assert kept() != before
    assert "another long password" not in kept()


def test_a_long_address_is_listed_whole(folder: Path) -> None:
    """In a pipe of 80 columns, too: the next command needs it."""
    address = f"{'a' * 60}@a-long-name-of-a-domain.example"
    add = ("user", "add", address, "--name", "A name of some length", "--password-stdin")
    assert continuo(*add, at=folder, stdin=PASSWORD).returncode == 0
    assert address in continuo("user", "list", at=folder).stdout


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
    """An unknown kind, a missing file, a folder: exit code 2 and words; the kinds there are stand in them."""
    done = continuo("parse", "pigeon", "x", at=tmp_path)
    assert (done.returncode, ", ".join(kinds()) in done.stderr) == (2, True), done.stderr
    assert continuo("parse", "email", "missing.eml", at=tmp_path).returncode == 2
    done = continuo("parse", "email", str(tmp_path), at=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "can't be read" in done.stderr


@pytest.mark.parametrize("kind", kinds())
def test_each_unreadable_payload_is_one_line(kind: str, tmp_path: Path) -> None:
    """Empty, no UTF-8, deep, 50 MB of nothing: for each file exactly one event, in the order of the files."""
    contents = (b"", b"\xff\xfe", b"[" * 2_000_000, bytes(50_000_000))
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    done = continuo("parse", kind, *(str(number) for number in range(len(contents))), at=tmp_path)
    assert done.returncode == 0, done.stderr
    types = [json.loads(line)["type"] for line in done.stdout.splitlines()]
    assert types == ["payload.unreadable"] * len(contents)


def test_a_payload_recorded_with_its_headers(tmp_path: Path) -> None:
    """{headers, query, body} around a body gives the same event as the body alone."""
    body = json.loads((FIXTURES / "api" / "text.json").read_text())
    (tmp_path / "whole.json").write_text(json.dumps({"headers": {}, "query": {}, "body": body}))
    (tmp_path / "bare.json").write_text(json.dumps(body))
    done = continuo("parse", "api", "whole.json", "bare.json", at=tmp_path)
    whole, bare = map(json.loads, done.stdout.splitlines())
    assert whole == bare
    assert (bare["type"], bare["v"], bare["actor"]) == ("message.received", 1, "customer")
    assert (bare["external_id"], bare["data"]["text"]) == (body["external_id"], body["text"])


@pytest.mark.timeout(120)
def test_the_demo_runs_by_itself(tmp_path: Path) -> None:
    """The whole product with simulated customers, for three seconds: says where it is, ends with 0."""
    words = ("demo", "--no-browser", "--seconds", "3", "--per-minute", "600", "--port", "18080")
    done = continuo(*words, at=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/console/" in done.stdout
    assert "0 lost" in done.stdout
