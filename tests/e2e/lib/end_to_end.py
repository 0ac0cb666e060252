"""One sandbox for the tests of a class.

With --mta=sendmail a program of tests runs with Sendmail in place of Postfix."""

import base64
import functools
import json
import os
import re
import signal
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "packaging"))

from sandbox.mailbox import Mail  # noqa: E402
from sandbox.sandbox import Sandbox, missing  # noqa: E402
from sandbox.wait import until  # noqa: E402

from .client import Client  # noqa: E402

SKIPPED = 77  # for ctest
MTA_OPTION = "--mta="
MTA = next((word.removeprefix(MTA_OPTION) for word in sys.argv if word.startswith(MTA_OPTION)), "postfix")

# For what one of the two MTAs cannot do: @postfix_only("Sendmail has no BDAT").
postfix_only = functools.partial(unittest.skipIf, MTA != "postfix")
sendmail_only = functools.partial(unittest.skipIf, MTA != "sendmail")
# The folder with the programs, told by ctest.
PROGRAMS = Path(os.environ.get("SMTPAPI_PROGRAMS", "build/milter"))


class EndToEnd(unittest.TestCase):
    """`box` is the running sandbox, with `settings` in its smtpapi.conf."""

    settings: dict[str, str] = {}
    milter_by_tcp = False
    box: Sandbox

    @classmethod
    def setUpClass(cls) -> None:
        cls.box = Sandbox(PROGRAMS, cls.settings, cls.milter_by_tcp, mta=MTA)
        cls.addClassCleanup(cls.box.close)
        cls.box.configure()
        cls.prepare(cls.box)
        cls.box.start()

    @classmethod
    def prepare(cls, box: Sandbox) -> None:
        """For what must be done before the programs start."""

    def run(self, result=None):
        troubles = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > troubles:
            print(f"--- {self.id()}\n{self.box.logs()}", file=sys.stderr)
        return result

    def connect(self, service: str = "submission", **identity: str) -> Client:
        client = Client(self.box.mta.ports[service], is_told=MTA == "postfix", **identity)
        self.addCleanup(client.close)
        return client

    def submit(self, octets: bytes, recipients=("sink@example.com",), service="submission", **more) -> str:
        """Sends over a new session and returns the queue ID; fails unless the MTA took it."""
        with Client(self.box.mta.ports[service]) as client:
            code, text = client.submit(octets, recipients, **more)
        self.assertEqual(code, 250, text)
        return self.box.mta.queue_id(text)

    def arrivals(self, seconds: float = 60) -> list[Mail]:
        """What came out of everything sent so far, by recipient."""
        self.box.settle(seconds)
        return self.box.mailbox.take()

    def arrived(self) -> dict[str, Mail]:
        """The same by address, where each got one mail."""
        mails = self.arrivals()
        by_address = {mail.recipient: mail for mail in mails}
        self.assertEqual(len(by_address), len(mails), "some recipient got more than one")
        return by_address

    def explain(self, octets: bytes, *recipients: str, sender: str = "app@example.com") -> dict:
        """What `smtpapictl explain --json` says would happen."""
        words = ["explain", "--json", "--from", sender]
        for recipient in recipients or ("sink@example.com",):
            words += ["--rcpt", recipient]
        with tempfile.NamedTemporaryFile() as file:
            file.write(octets)
            file.flush()
            os.chmod(file.name, 0o644)
            # A bad header is an answer too, told by the exit status.
            return json.loads(self.box.control(*words, file.name, check=False).stdout)

    def assert_as_explained(self, mails: dict[str, Mail], explained: dict) -> None:
        """Each copy arrived octet for octet as it was explained."""
        copies = explained["copies"]
        self.assertEqual(sorted(mails), sorted(copy["recipient"] for copy in copies))
        for copy in copies:
            mail = mails[copy["recipient"]]
            self.assertEqual(mail.content, base64.b64decode(copy["message_base64"]))
            self.assertEqual(mail.reverse_path, copy["reverse_path"])

    def wait_for_log(self, pattern: str, seconds: float = 30) -> re.Match:
        """The first place in the MTA's log that matches."""
        return until(lambda: re.search(pattern, self.box.mta.log_text()), f"{pattern!r} in the mail log", seconds)


def main() -> None:
    """Runs the tests of the program that calls it."""
    if reason := missing(MTA):
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    words = [word for word in sys.argv if not word.startswith(MTA_OPTION)]
    unittest.main(argv=words, verbosity=2)
