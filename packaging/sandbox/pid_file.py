"""Processes known by a file that they keep locked, as Postfix's master does with master.pid: a
number left behind by a process that is gone is never taken for one that lives."""

import fcntl
import os
import signal
from pathlib import Path

from .wait import until


def running(pid_file: Path) -> int:
    """The process id in the file while that process lives, else 0."""
    try:
        with pid_file.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return 0
    except BlockingIOError:
        return int(pid_file.read_text() or 0)
    except FileNotFoundError:
        return 0


def end(pid_file: Path, seconds: float = 60) -> None:
    """Asks the process to end and waits for that. Harmless when there is none."""
    pid = running(pid_file)
    if not pid:
        return
    os.kill(pid, signal.SIGTERM)
    try:
        until(lambda: running(pid_file) != pid, "", seconds)
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise TimeoutError(f"{pid_file.stem} did not end within {seconds:g} s of SIGTERM") from None
