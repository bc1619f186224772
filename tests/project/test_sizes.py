"""What stays small: source files for readers, first loads for browsers."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.peers.missing import skip_without

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "agent_ui" / "static"
PYTHON_FOLDERS = ["hub", "channels", "routing", "agent_ui", "config", "tests", "bench"]
KB = 1000
MOST_LINES = 400


def python_files() -> list[Path]:
    found = (path for folder in PYTHON_FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return [path for path in found if "node_modules" not in path.parts]


def test_every_python_file_stays_readable() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in python_files()}
    assert {path: count for path, count in lines.items() if count > MOST_LINES} == {}


def built(folder: str) -> Path:
    if not (STATIC / folder / ".vite" / "manifest.json").exists():
        skip_without(f"the built {folder}", "run make test, which builds it")
    return STATIC / folder


def manifest(folder: Path) -> dict[str, dict[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads((folder / ".vite" / "manifest.json").read_text())
    return read


def first_load(folder: Path) -> set[Path]:
    """The entry, what it imports statically, and their styles."""
    chunks = manifest(folder)
    waiting = [name for name, chunk in chunks.items() if chunk.get("isEntry")]
    seen: set[str] = set()
    files: set[Path] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting.extend(chunks[name].get("imports", []))
        files.update(folder / file for file in [chunks[name]["file"], *chunks[name].get("css", [])])
    return files


def gzipped(*files: Path) -> float:
    return sum(len(gzip.compress(file.read_bytes(), 9)) for file in files) / KB


def assert_within(what: str, size: float, limit: float) -> None:
    print(f"{what}: {size:.1f} KB gz of {limit:.0f}")
    assert size <= limit, f"{what} is {size:.1f} KB gz, the limit is {limit} KB"


@pytest.mark.parametrize(("kind", "limit"), [(".js", 300), (".css", 45)])
def test_the_consoles_first_load_stays_small(kind: str, limit: float) -> None:
    files = first_load(built("console"))
    assert_within(f"console first load, {kind}", gzipped(*(file for file in files if file.suffix == kind)), limit)


def test_the_widgets_loader_stays_small() -> None:
    assert_within("widget loader", gzipped(built("widget") / "loader.js"), 3)


def test_the_widgets_panel_stays_small() -> None:
    folder = built("widget")
    assert_within("widget panel", gzipped(folder / "panel.html", *first_load(folder)), 25)
