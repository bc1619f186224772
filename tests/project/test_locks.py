"""The lock files name versions and hashes, never a host, and hold nothing the design refuses."""

import json
import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON_LOCKS = ["requirements.lock", "requirements-test.lock"]
NPM_FOLDERS = [path.parent for path in sorted((ROOT / "agent_ui").glob("*/package-lock.json"))]
REFUSED = {"aiosqlite", "asyncpg", "greenlet", "hiredis", "orjson", "pydantic", "pydantic-core", "pyyaml", "typer"}
OUR_NAMES = {"hub", "channels", "routing", "agent_ui", "config"}


def locked_names(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9][a-z0-9._-]*)==", (ROOT / lock).read_text(), re.MULTILINE))


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_a_lock_names_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert "--index" not in text


@pytest.mark.parametrize("lock", PYTHON_LOCKS)
def test_every_locked_package_has_a_hash(lock: str) -> None:
    entries = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE)
    assert [entry.splitlines()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry] == []


def test_the_runtime_lock_holds_no_refused_package() -> None:
    assert locked_names("requirements.lock") & REFUSED == set()


def test_the_test_lock_contains_the_runtime_lock() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ \\]*==[^ \\]+", (ROOT / lock).read_text(), re.MULTILINE))

    assert pins("requirements.lock") - pins("requirements-test.lock") == set()


def test_no_runtime_package_owns_a_file_under_our_names() -> None:
    intruders = {
        f"{name}: {file}"
        for name in sorted(locked_names("requirements.lock"))
        for file in installed_files(name)
        if file.parts[0] in OUR_NAMES or file.name in {f"{ours}.py" for ours in OUR_NAMES if len(file.parts) == 1}
    }
    assert intruders == set()


def installed_files(name: str) -> list[metadata.PackagePath]:
    try:
        return metadata.distribution(name).files or []
    except metadata.PackageNotFoundError:  # locked for another platform
        return []


@pytest.mark.parametrize("name", ["uv.lock", "pylock.toml"])
def test_locks_that_name_hosts_stay_out(name: str) -> None:
    assert name in (ROOT / ".gitignore").read_text().splitlines()


@pytest.mark.parametrize("folder", NPM_FOLDERS, ids=lambda folder: folder.name)
def test_an_npm_lock_names_no_host(folder: Path) -> None:
    text = (folder / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "://" not in text, "run: make locks"
    assert "omit-lockfile-registry-resolved=true" in (folder / ".npmrc").read_text().splitlines()


@pytest.mark.parametrize("folder", NPM_FOLDERS, ids=lambda folder: folder.name)
def test_every_npm_package_has_a_hash(folder: Path) -> None:
    packages = json.loads((folder / "package-lock.json").read_text())["packages"]
    unhashed = [path for path, entry in packages.items() if path and "integrity" not in entry]
    bundled = {path for path, entry in packages.items() if entry.get("inBundle")}
    assert set(unhashed) - bundled == set()


def test_all_mantine_packages_have_one_version() -> None:
    packages = json.loads((ROOT / "agent_ui/web/package-lock.json").read_text())["packages"]
    versions = {entry["version"] for path, entry in packages.items() if "node_modules/@mantine/" in path}
    assert len(versions) == 1
