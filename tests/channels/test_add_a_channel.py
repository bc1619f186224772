"""docs/add-a-channel.md is typed in and run: the page can't go out of date."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "add-a-channel.md").read_text()
MOST_LINES = 80


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def typed_in(tmp_path: Path) -> Path:
    """A folder in which somebody followed the page: links to the project, and the new files."""
    (tmp_path / "hub").symlink_to(ROOT / "hub")
    for name in ("channels", "tests", "tests/channels"):
        (tmp_path / name).mkdir()
        for path in (ROOT / name).iterdir():
            if path.name not in ("channels", "fixtures", "__pycache__"):
                (tmp_path / name / path.name).symlink_to(path)
    code, test = blocks("python")
    (tmp_path / "channels" / "pigeon.py").write_text(code)
    (tmp_path / "tests" / "channels" / "test_pigeon.py").write_text(test)
    fixtures = tmp_path / "tests" / "channels" / "fixtures" / "pigeon"
    fixtures.mkdir(parents=True)
    (fixtures / "text.json").write_text(blocks("json")[0])
    # The harness finds its fixtures beside itself.
    cases = tmp_path / "tests" / "channels" / "cases.py"
    cases.unlink()
    cases.write_text((ROOT / "tests" / "channels" / "cases.py").read_text())
    return tmp_path


def test_the_channel_of_the_page_is_short() -> None:
    """A reader types it in."""
    assert len(blocks("python")[0].splitlines()) <= MOST_LINES


def test_the_page_works_as_it_stands(typed_in: Path) -> None:
    """Its channel is found without a list, its tests pass, and no line of the boring ones is missing."""
    program = (
        f"import sys; sys.path.insert(0, {str(typed_in)!r}); import channels; print(channels.load_channel('pigeon'))"
    )
    found = subprocess.run(
        [sys.executable, "-P", "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert "channels.pigeon.Pigeon" in found.stdout, found.stderr
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--asyncio-mode=auto", "-c", "/dev/null"]
    done = subprocess.run(
        [*command, "--rootdir", ".", "tests/channels/test_pigeon.py"],
        cwd=typed_in,
        env={"PYTHONPATH": str(typed_in), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    passed = re.search(r"(\d+) passed", done.stdout)
    assert passed is not None
    assert int(passed.group(1)) >= 40


def test_every_file_the_page_names_exists() -> None:
    """But those it tells to make."""
    named = set(re.findall(r"`((?:hub|channels|tests|docs)/[\w/.]+\.(?:py|md))`", PAGE))
    assert named
    assert {name for name in named if "pigeon" not in name and not (ROOT / name).exists()} == set()
    assert importlib.util.find_spec("channels.pigeon") is None
