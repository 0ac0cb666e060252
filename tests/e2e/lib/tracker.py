"""smtpapi-track alone below a temporary folder, with tokens made by its key."""

import http.client
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "packaging"))

from sandbox.daemon import Daemon  # noqa: E402
from sandbox.ports import PortBlock  # noqa: E402
from sandbox.wait import until  # noqa: E402

PROGRAMS = Path(os.environ.get("SMTPAPI_PROGRAMS", "build/milter"))
LINK_TOKEN = Path(os.environ.get("SMTPAPI_LINK_TOKEN", PROGRAMS.parent / "tests/e2e/link_token"))
PAGES = Path(__file__).resolve().parents[3] / "etc" / "pages"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SUBMISSION = "SGVsbG8sIHdvcmxkISAxMg"
CLICK, OPEN, UNSUBSCRIBE, GROUP_UNSUBSCRIBE, PREFERENCES, TRAP = range(1, 7)
# Numbers of EventKind and SuppressionList, as the store keeps them.
EVENTS = {5: "open", 6: "click", 8: "unsubscribe", 9: "group_unsubscribe", 10: "group_resubscribe"}
LISTS = {3: "global", 4: "group"}


class Tracker:
    def __init__(self, **settings: str):
        self.folder = Path(tempfile.mkdtemp(prefix="smtpapi-track-"))
        for name in ("log", "run"):
            (self.folder / name).mkdir()
        shutil.copytree(PAGES, self.folder / "pages")
        self._block = PortBlock()
        self.port = self._block.ports[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self.key = self.folder / "tracking.key"
        self.key.write_text("0123456789abcdef" * 4 + "\n")
        options = {
            "log.to": "stderr",
            "store.url": f"sqlite://{self.folder}/store.db",
            "tracking.url": self.url,
            "tracking.listen": f"127.0.0.1:{self.port}",
            "tracking.key-file": str(self.key),
            "tracking.pages": str(self.folder / "pages"),
            **{name.replace("__", ".").replace("_", "-"): value for name, value in settings.items()},
        }
        command = [str(PROGRAMS / "smtpapi-track")] + [f"--{name}={value}" for name, value in options.items()]
        self.daemon = Daemon(self.folder, command, self._answers)

    def close(self) -> None:
        self.daemon.stop()
        self._block.release()
        shutil.rmtree(self.folder, ignore_errors=True)  # a program that ends takes its own files away

    def link(self, kind: int, index: int = 0, recipient: str = "ann@example.org", *more: object) -> str:
        """A URL of ours; `more`: target and place of a click, else group and groups to display."""
        words = [str(LINK_TOKEN), str(self.key), str(kind), SUBMISSION, str(index), recipient, *map(str, more)]
        return self.url + subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()

    def ask(self, url: str, method: str = "GET", body: str = "", **headers: str) -> http.client.HTTPResponse:
        """Its answer, read whole into `octets`, redirects not followed."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        fields = {"User-Agent": BROWSER} | {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            fields.setdefault("Content-Type", "application/x-www-form-urlencoded")
        line.request(method, url.removeprefix(self.url), body or None, fields)
        answer = line.getresponse()
        answer.octets = answer.read()
        line.close()
        return answer

    def database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.folder / "store.db", isolation_level=None)

    def add_group(self, number: int, name: str) -> None:
        with self.database() as store:
            store.execute("INSERT INTO unsubscribe_group VALUES (?, ?, ?, 1)", (number, name.encode(), b"Twice a month"))

    def events(self) -> list[dict]:
        with self.database() as store:
            store.row_factory = sqlite3.Row
            rows = [dict(row) for row in store.execute("SELECT * FROM event ORDER BY id")]
        return [{**row, "kind": EVENTS[row["kind"]]} for row in rows]

    def wait_for_events(self, count: int) -> list[dict]:
        return until(lambda: len(found := self.events()) >= count and found, f"{count} events; {self.folder}")

    def suppressions(self) -> list[tuple]:
        with self.database() as store:
            rows = store.execute("SELECT list, group_id, address FROM suppression ORDER BY list, group_id")
            return [(LISTS[row[0]], row[1], bytes(row[2]).decode()) for row in rows]

    def _answers(self) -> bool:
        try:
            return self.ask(self.url + "/robots.txt").status == 200
        except OSError:
            return False


class TrackTest(unittest.TestCase):
    settings: dict[str, str] = {}

    def setUp(self) -> None:
        self.track = Tracker(**self.settings)
        self.addCleanup(self.track.close)
        self.track.daemon.start()


def track_main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    unittest.main(verbosity=2)
