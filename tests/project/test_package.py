"""The wheel and the sdist hold what an installation needs, and nothing else."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {"hub", "channels", "routing", "agent_ui", "config"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(folder)],
        cwd=ROOT,
        env={**os.environ, "CONTINUO_SKIP_WEB": "1"},
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> set[str]:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def sdist(built: Path) -> set[str]:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


def front_end_files() -> set[str]:
    static = ROOT / "agent_ui" / "static"
    return {path.relative_to(ROOT).as_posix() for path in static.rglob("*") if path.is_file()}


def test_the_wheel_holds_our_packages_typed_and_no_front_end_source(wheel: set[str]) -> None:
    folders = {name.partition("/")[0] for name in wheel if not name.partition("/")[0].endswith(".dist-info")}
    assert folders == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= wheel
    assert [name for name in wheel if name.startswith(("agent_ui/web/", "agent_ui/widget/", "agent_ui/tools/"))] == []


def test_the_wheel_holds_the_built_front_end(wheel: set[str]) -> None:
    assert front_end_files() <= wheel


def test_the_sdist_can_build_the_wheel_without_node(sdist: set[str]) -> None:
    assert front_end_files() <= sdist
    assert {"hatch_build.py", "pyproject.toml", "PKG-INFO", "LICENSE", "NOTICE"} <= sdist
    assert [name for name in sdist if "node_modules" in name] == []


def test_the_wheel_names_its_licence_files(wheel: set[str]) -> None:
    licences = {name.rpartition("/")[2] for name in wheel if ".dist-info/licenses/" in name}
    assert licences == {"LICENSE", "NOTICE"}
