"""A program of ours in the background."""

import fcntl
import os
import signal
import subprocess
from pathlib import Path
from typing import Callable

from . import pid_file
from .wait import until


class Daemon:
    """Its output is appended to FOLDER/log/NAME.log, its process id stands in FOLDER/run/NAME.pid.
    `ready` says when it can be used."""

    def __init__(self, folder: Path, command: list[str], ready: Callable[[], bool] = lambda: True):
        name = Path(command[0]).name
        self.command = command
        self.log = folder / "log" / f"{name}.log"
        self.pid_file = folder / "run" / f"{name}.pid"
        self._ready = ready
        self._process: subprocess.Popen | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def start(self) -> None:
        with self.log.open("ab") as log, self.pid_file.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                umask=0o007,
                start_new_session=True,
                pass_fds=[lock.fileno()],  # the lock is the child's from here on
            )
            lock.write(str(self.pid))
        until(self._has_started, f"start of {self.command[0]}; see {self.log}")

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it as a power cut would. Harmless when it does not run."""
        if self._process:
            self.signal(signal.SIGKILL)
            self.wait()

    def stop(self) -> None:
        """Asks it to end. Harmless when it does not run."""
        if self._process:
            self.signal(signal.SIGTERM)
            self.wait()

    def wait(self, seconds: float = 60) -> int:
        """Exit status, once it has ended; negative: the signal that ended it."""
        status = self._process.wait(seconds)
        self._process = None
        return status

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def _has_started(self) -> bool:
        status = self._process.poll()
        if status is not None:
            raise RuntimeError(
                f"{' '.join(self.command)} ended with status {status}:\n{self.log_text()[-2000:]}"
            )
        return self._ready()
