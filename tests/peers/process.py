"""A server program that a test starts, kills and waits for."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder with a path short enough for a Unix socket (107 bytes)."""
    folder = Path(tempfile.mkdtemp(prefix="cto-", dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Process:
    """Runs one program in the foreground; its output goes to a file that is shown when it does not come up."""

    def __init__(self, command: Sequence[str | Path], *, log: Path, user: str | None = None) -> None:
        self._command = [str(part) for part in command]
        self._log = log
        self._user = user
        self._running: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._running is not None, "not started"
        return self._running.pid

    def start(self, is_ready: Callable[[], bool], *, within: float = 20) -> None:
        with self._log.open("ab") as log:
            self._running = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=self._user, start_new_session=True
            )
        deadline = time.monotonic() + within
        while not is_ready():
            if self._running.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self._command[0]} did not come up:\n{self._log.read_text(errors='replace')}")
            time.sleep(0.005)

    def stop(self, how: signal.Signals = signal.SIGTERM, *, within: float = 10) -> None:
        if self._running is None:
            return
        self._running.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            self._running.wait(within)
        self.kill()

    def kill(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.wait()
            self._running = None
