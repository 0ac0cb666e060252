#!/usr/bin/env python3
"""smtpapictl postfix-setup: a Postfix that knows nothing of us takes a message with the header
afterwards, doctor finds nothing wrong with it, and --undo leaves it as it was."""

import subprocess
from pathlib import Path

from lib import EndToEnd, compose, main

FILES = ("main.cf", "master.cf", "smtpapi_smtp_header_checks")


class PostfixSetup(EndToEnd):
    def setUp(self):
        super().setUp()
        etc = self.box.postfix.etc
        self.as_tried = {name: (etc / name).read_text() for name in FILES}
        # The sandbox's own Postfix, less all that etc/postfix has added.
        self.strip()

    def tearDown(self):
        etc = self.box.postfix.etc
        for name, text in self.as_tried.items():
            (etc / name).write_text(text)
        for left in (*etc.glob("*.before-smtpapi-*"), *etc.glob("*.undo")):
            left.unlink()
        self.box.postfix.reload()
        super().tearDown()

    def strip(self) -> None:
        postfix, etc = self.box.postfix, str(self.box.postfix.etc)
        self.inject = f"127.0.0.1:{postfix.ports['inject']}"
        pool = f"127.0.0.1:{postfix.ports['pool']}"
        pipe = f"127.0.0.1:{postfix.ports['pipe']}"
        for service in (f"{self.inject}/inet", f"{pipe}/inet", "cleanup-smtpapi-pipe/unix", "smtpapi/unix"):
            subprocess.run(["postconf", "-c", etc, "-MX", service], check=True)
        subprocess.run(["postconf", "-c", etc, "-MX", "cleanup-smtpapi/unix"], check=True)
        # The pool's listener stays as something that the administrator has made.
        postfix.set_service(f"{pool}/inet", "cleanup_service_name=cleanup")
        submission = f"127.0.0.1:{postfix.ports['submission']}/inet/smtpd_milters"
        subprocess.run(["postconf", "-c", etc, "-PX", submission], check=True)
        subprocess.run(
            ["postconf", "-c", etc, "-X", "smtpapi_milter", "non_smtpd_milters", "smtp_header_checks"]
            + ["enable_long_queue_ids", "message_size_limit", "smtpapi_destination_recipient_limit"],
            check=True,
        )
        (Path(etc) / "smtpapi_smtp_header_checks").unlink()

    def setup(self, *words: str) -> tuple[int, str]:
        # As root: main.cf is not for the programs' own user to write.
        command = [str(self.box.program("smtpapictl")), "--config", str(self.box.config), "postfix-setup", *words]
        done = subprocess.run([*command, "--postfix-config", str(self.box.postfix.etc)], capture_output=True)
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def postconf(self, *words: str) -> str:
        command = ["postconf", "-c", str(self.box.postfix.etc), *words]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def state(self) -> tuple[str, str]:
        return self.postconf("-n"), self.postconf("-M")

    def assert_works(self) -> None:
        self.box.postfix.reload()
        done = self.box.control("doctor", "--postfix-config", str(self.box.postfix.etc), check=False)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        self.submit(compose({"to": ["ann@example.org", "bob@example.net"]}))
        self.assertEqual([mail.recipient for mail in self.arrivals()], ["ann@example.org", "bob@example.net"])

    def test_apply_and_undo(self):
        before = self.state()
        status, said = self.setup()
        self.assertEqual(status, 0, said)
        self.assertEqual(self.state(), before, "showing changes nothing")
        status, said = self.setup("--apply")
        self.assertEqual(status, 0, said)
        self.assert_works()
        changed = self.state()
        status, said = self.setup("--apply")
        self.assertEqual((status, self.state()), (0, changed), said)
        self.assertIn("nothing to do", said)
        status, said = self.setup("--undo")
        self.assertEqual(status, 0, said)
        self.assertEqual(self.state(), before)
        self.assertFalse((self.box.postfix.etc / "smtpapi_smtp_header_checks").exists())
        self.assertEqual(self.setup("--undo")[0], 0, "a second time there is nothing")

    def test_what_is_shown_is_a_script(self):
        status, script = self.setup()
        self.assertEqual(status, 0, script)
        subprocess.run(["sh", "-e"], input=script, text=True, check=True, capture_output=True)
        self.assert_works()
        self.assertIn("nothing to do", self.setup()[1])

    def test_returned_mail(self):
        etc = str(self.box.postfix.etc)
        subprocess.run(["postconf", "-c", etc, "-MX", "smtpapi-bounce/unix"], check=True)
        subprocess.run(["postconf", "-c", etc, "-X", "smtpapi-bounce_destination_recipient_limit"], check=True)
        before = self.state()
        option = "--inject.return-path=bounces@bounce.test"
        status, said = self.setup("--apply", option)
        self.assertEqual(status, 0, said)
        self.assertIn("smtpapi-bounce -- ${recipient}", self.postconf("-M", "smtpapi-bounce/unix"))
        self.assertEqual(self.postconf("-h", "smtpapi-bounce_destination_recipient_limit").strip(), "1")
        self.assertEqual(self.postconf("-h", "relay_domains").strip(), "bounce.test, bulk.test")
        maps = self.postconf("-h", "transport_maps").strip()
        self.assertEqual(maps, "inline:{bounce.test=smtpapi-bounce:}, inline:{ bulk.test=discard: }")
        self.assertIn("nothing to do", self.setup("--apply", option)[1])
        # What has been added since stays.
        self.box.postfix.set("relay_domains=bounce.test, bulk.test, more.test")
        status, said = self.setup("--undo")
        self.assertEqual(status, 0, said)
        self.assertEqual(self.postconf("-h", "relay_domains").strip(), "bulk.test, more.test")
        self.box.postfix.set("relay_domains=bulk.test")
        self.assertEqual(self.state(), before)

    def test_all_or_nothing(self):
        etc = self.box.postfix.etc
        # A folder in the way of the table: nothing may be left half done.
        table = etc / "smtpapi_smtp_header_checks"
        table.mkdir()
        self.addCleanup(lambda: table.is_dir() and table.rmdir())
        before = self.state()
        status, said = self.setup("--apply")
        self.assertNotEqual(status, 0, said)
        self.assertEqual(self.state(), before, said)
        self.assertFalse((etc / "smtpapi_setup.undo").exists())
        table.rmdir()


if __name__ == "__main__":
    main()
