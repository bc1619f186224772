"""An installation made by the command itself."""

import shutil
from pathlib import Path

import pytest

from tests.config.command import PASSWORD, continuo


@pytest.fixture(scope="package")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """After ``continuo init`` with an administrator."""
    folder = tmp_path_factory.mktemp("installation")
    words = ("init", "--email", "ada@x.example", "--name", "Ada", "--password-stdin")
    done = continuo(*words, at=folder, stdin=PASSWORD)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(installation: Path, tmp_path: Path) -> Path:
    """A copy of the installation for one test."""
    return shutil.copytree(installation, tmp_path / "copy")
