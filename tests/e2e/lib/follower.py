"""smtpapi-events behind a sandbox, and what it told."""

import json
import signal
import subprocess

from .end_to_end import PROGRAMS, until


class Follower:
    """Follows the log of the sandbox's MTA. As root, for that log is private."""

    def __init__(self, box, *options: str):
        self._box = box
        self._options = options
        self._program: subprocess.Popen | None = None

    def begin(self) -> None:
        self._program = subprocess.Popen(
            [PROGRAMS / "smtpapi-events", "--config", self._box.config, "--daemon.user=",
             f"--events.log={self._box.folder}/log/mail.log", *self._options],
            stderr=subprocess.DEVNULL,
        )

    def end(self, how: int = signal.SIGTERM) -> None:
        """Harmless when it does not run."""
        if self._program:
            self._program.send_signal(how)
            self._program.wait(30)
            self._program = None

    def told(self, *filters: str) -> list[dict]:
        done = self._box.control("events", "--json", "--all", *filters)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def kinds(self, recipient: str) -> list[str]:
        """"bounceexpired" and the like."""
        return sorted(one["event"] + one.get("type", "") for one in self.told("--recipient", recipient))

    def expect(self, recipient: str, *kinds: str, seconds: float = 30) -> None:
        until(lambda: self.kinds(recipient) == sorted(kinds), f"{kinds} of {recipient}", seconds, every=0.1)

    def expect_each(self, recipients, *kinds: str, seconds: float = 60) -> None:
        """All of them, asked in one go."""
        wanted = sorted(kinds)
        others: dict[str, list[str]] = {}

        def found() -> bool:
            got = {recipient: [] for recipient in recipients}
            for one in self.told():
                if one["email"] in got:
                    got[one["email"]].append(one["event"] + one.get("type", ""))
            others.clear()
            others.update((recipient, words) for recipient, words in got.items() if sorted(words) != wanted)
            return not others

        try:
            until(found, f"{kinds} of each", seconds, every=0.2)
        except TimeoutError as error:
            raise AssertionError(f"{error}, but {others}") from None
