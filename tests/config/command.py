"""The command in a process of its own."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

PASSWORD = "correct horse battery staple"


def continuo(*words: str, at: Path, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "config", *words],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=at,
        env=environment(**settings),
        timeout=60,
        check=False,
    )


def together(*commands: str, at: Path, **settings: str) -> list[subprocess.CompletedProcess[str]]:
    """Commands that don't disturb one another, at the same time."""
    with ThreadPoolExecutor(len(commands)) as threads:
        return list(threads.map(lambda words: continuo(*words.split(), at=at, **settings), commands))


def environment(**settings: str) -> dict[str, str]:
    """No setting of whoever runs the tests. The folder of the sources is not on the path."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith(("CONTINUO_", "PYTHONPATH"))}
    return rest | settings
