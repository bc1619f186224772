"""Whatever is typed, set or piped wrongly: the command says it in words and ends with its exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.command import PASSWORD, continuo, environment, together

pytestmark = pytest.mark.timeout(90)
EMAIL = Path(__file__).parents[1] / "channels" / "fixtures" / "email"


@pytest.mark.parametrize(
    "words",
    [
        "simulate --customers 0",
        "simulate --customers -5",
        "simulate --seconds -1",
        "simulate --seconds nan",
        "simulate --per-minute 0",
        "simulate --per-minute nan",
        "demo --port 99999 --no-browser",
        "demo --port -1 --no-browser",
        "demo --per-minute -4 --no-browser",
        "demo --seconds -1 --no-browser",
        "export --after -5",
        "export --after 99999999999999999999999",
    ],
)
def test_a_number_that_makes_no_sense(words: str, tmp_path: Path) -> None:
    """Negative, nothing, not a number, too large: refused before anything is done, with the name of the option."""
    done = continuo(*words.split(), at=tmp_path)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
    assert words.split()[1] in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_customers_without_a_hub(folder: Path) -> None:
    """Nobody listens: said at once, not after the patience of the customers."""
    done = continuo("simulate", "--seconds", "1", at=folder, CONTINUO_SERVER__PORT="1")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False), done.stderr
    assert "No hub answers at http://127.0.0.1:1. Start it with: continuo serve" in done.stderr


def test_a_settings_file_that_is_none(folder: Path) -> None:
    """A folder, a name longer than a file system takes, a file that can't be read: words and no traceback."""
    (folder / "loop.toml").symlink_to("loop.toml")
    for done in together("check -c data", f"check -c {'x' * 300}", "check -c loop.toml", at=folder):
        assert (done.returncode in (1, 2), "Traceback" in done.stderr) == (True, False), done.stderr
        assert done.stderr.startswith("error "), done.stderr
    assert "data is no file" in continuo("check", "-c", "data", at=folder).stderr
    assert continuo("init", "x" * 300, at=folder).stderr.startswith("error ")


def test_a_table_that_is_also_a_value(folder: Path) -> None:
    """The environment sets store and store.url: one fault with its place."""
    done = continuo("check", at=folder, CONTINUO_STORE="x", CONTINUO_STORE__URL="sqlite:///x.db")
    assert (done.returncode, "store  must be a table" in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("url", ["127.0.0.1:5x/db", "u:pass/word@127.0.0.1/db", "[::1/db", "127.0.0.1:99999/db"])
def test_an_address_of_the_store_that_is_none(url: str, folder: Path) -> None:
    """A port that is no number, a slash in a password (which the log would not know), an open bracket."""
    done = continuo("check", at=folder, CONTINUO_STORE__URL=f"postgresql+psycopg://{url}")
    assert (done.returncode, "store.url" in done.stderr, "Traceback" in done.stderr) == (2, True, False), done.stderr
    assert "word" not in done.stderr.replace("password", "")


@pytest.mark.parametrize("words", [("check",), ("parse", "email", str(EMAIL / "list.eml")), ("--help",)])
def test_the_disk_is_full(words: tuple[str, ...], folder: Path) -> None:
    """What is printed can't be written: words and an exit code that is not 0."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "config", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
            env=environment(),
            timeout=60,
            check=False,
        )
    assert (done.returncode, "No space left" in done.stderr, "Traceback" in done.stderr) == (1, True, False)


@pytest.mark.parametrize(
    "password", [b"", b"x" * 20 + b"\xff\xfe", b"x" * 100_000], ids=["ended", "no UTF-8", "endless"]
)
def test_a_password_that_is_none(password: bytes, folder: Path) -> None:
    """Nothing comes, bytes that are no text, more than a sign-in takes: refused in words."""
    for form in (["--password-stdin"], []):
        done = subprocess.run(
            [sys.executable, "-m", "config", "user", "add", "bob@x.example", "--name", "Bob", *form],
            input=password,
            capture_output=True,
            cwd=folder,
            env=environment(),
            timeout=60,
            check=False,
            start_new_session=True,
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (2, False), done.stderr


def test_a_terminal_that_knows_few_letters(folder: Path) -> None:
    """ASCII only: JSON lines are UTF-8 all the same, and a name is shown as well as can be."""
    add = ("user", "add", "zoe@x.example", "--name", "Zoë", "--password-stdin")
    assert continuo(*add, at=folder, stdin=PASSWORD).returncode == 0
    mail = str(EMAIL / "iso2022jp.eml")
    listed, parsed, right = (
        continuo("user", "list", at=folder, PYTHONIOENCODING="ascii"),
        continuo("parse", "email", mail, at=folder, PYTHONIOENCODING="ascii"),
        continuo("parse", "email", mail, at=folder),
    )
    assert (listed.returncode, "Zo\\xeb" in listed.stdout) == (0, True), listed.stderr
    assert (parsed.returncode, parsed.stdout) == (0, right.stdout), parsed.stderr


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["check", "export", "user add bob@x.example --name Bob --password-stdin"])
def test_a_stream_that_is_closed(words: str, closed: str, folder: Path) -> None:
    """As some supervisors start their programs: what there is to say goes nowhere, and nothing breaks."""
    done = subprocess.run(
        ["sh", "-c", f"exec {sys.executable} -m config {words} {closed}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment(),
        timeout=60,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (2 if "stdin" in words else 0, False), done.stderr


def test_a_name_of_what_cannot_be_shown(folder: Path) -> None:
    """Bytes that are no text, and commands to a terminal."""
    for name in (b"B\xffb", b"B\x1b[31mb"):
        words = ("user", "add", "bob@x.example", "--name", os.fsdecode(name), "--password-stdin")
        done = continuo(*words, at=folder, stdin=PASSWORD)
        assert (done.returncode, "characters" in done.stderr, "Traceback" in done.stderr) == (2, True, False)
